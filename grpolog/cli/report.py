"""`grpolog report SRC...`: one report per log."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grpolog.cli import destination
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.report import Report


@click.command(short_help="Render the report of a log as HTML and Markdown.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", help="A folder, a .html, .md or .json file, or - for stdout.")
@click.option("--format", "formats", metavar="html,md,json", help="What to write.  [default: html,md]")
@click.option("--json", "formats", flag_value="json", help="The same as --format json.")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@click.option("--open", "open_page", is_flag=True, help="Open the HTML report in the browser.")
def report(
    sources: tuple[Path, ...], out: str | None, formats: str | None, pairs: tuple[str, ...], open_page: bool
) -> None:
    """Render the report of each log SRC, beside the log unless told otherwise.

    \b
    grpolog report runs/exp1.jsonl                 runs/exp1.html and runs/exp1.md
    grpolog report runs/*.jsonl -o reports/        a report for each
    grpolog report runs/exp1.jsonl -o - --format md | less
    grpolog report history.csv --map reward=avg_return --map step=update
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.errors import UsageError
    from grpolog.sources.renaming import parsed

    mapping = parsed(pairs)
    outputs = destination.plan(list(map(log_of, sources)), out, destination.parse_formats(formats))
    pages = [o.path for group in outputs for o in group if o.format == "html" and o.path is not None]
    if open_page and not pages:
        raise UsageError("--open shows the HTML report, which is not written: add html to --format")
    for number, (source, group) in enumerate(zip(sources, outputs, strict=True), start=1):
        count = f"[{number}/{len(sources)}] " if len(sources) > 1 else ""
        write_report(source, group, count, mapping)
    if open_page:
        for page in pages:
            click.launch(page.resolve().as_uri())


def log_of(source: Path) -> Path:
    """What the report of a source is named after: the log's first name where it is one of ours."""
    from grpolog.analysis.location import holds_log, locate
    from grpolog.errors import LogError

    try:
        if not source.exists() or holds_log(source):
            return locate(source).log
    except LogError:
        pass  # reading it says what is wrong
    return source


def write_report(
    source: Path,
    outputs: Sequence[destination.Output],
    count: str = "",
    mapping: Mapping[str, str] | None = None,
) -> None:
    """Render the report of one log in every wanted form, and say on stderr what was written."""
    with working(f"reading {count}{source}", shown=all(output.path is not None for output in outputs)):
        from grpolog.analysis import read
        from grpolog.report import build_report

        found = build_report(read(source, mapping=mapping))
        texts = [render(found, output.format) for output in outputs]
    for output, text in zip(outputs, texts, strict=True):
        if output.path is None:
            click.echo(text.encode(), nl=not text.endswith("\n"))
        else:
            destination.write(output.path, text)
            click.echo(f"Wrote {output.path}", err=True)


def render(found: "Report", form: destination.Format) -> str:
    """The report as text of a format."""
    if form == "html":
        return found.to_html()
    return found.to_markdown() if form == "md" else found.to_json()
