"""`grpolog compare A B...`: several runs on one page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grpolog.cli import destination, screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.report import Comparison

NAME = "compare"
"""Name of the files without ending, where none is given."""


@click.command(short_help="Hold runs against each other on one page.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", help="A folder, a .html, .md or .json file, or - for stdout.")
@click.option("--format", "formats", metavar="html,md,json", help="What to write.  [default: html,md]")
@click.option("--json", "formats", flag_value="json", help="The same as --format json.")
@click.option("--baseline", metavar="NAME", help="The run or group that the others are held against.  [default: first]")
@click.option(
    "--x",
    type=click.Choice(["step", "tokens", "time"]),
    default="step",
    show_default=True,
    help="By what runs are aligned.",
)
@click.option(
    "--metric", metavar="NAME", help="The metric that decides.  [default: the task in evaluation, or nearest]"
)
@click.option("--group-by", metavar="KEY", help="Take runs in which this setting is the same together, as seeds.")
@click.option(
    "--group-by-name",
    metavar="PATTERN",
    help="The same for runs in whose names this regular expression finds the same.",
)
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@click.option(
    "--max-size", metavar="1MB", default="1MB", show_default=True, help="Largest page: prompts go first, then points."
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@allowed
def compare(
    sources: tuple[Path, ...],
    out: str | None,
    formats: str | None,
    pairs: tuple[str, ...],
    max_size: str,
    open_page: bool,
    **options: Any,
) -> None:
    """Hold two to six runs against each other: is the difference more than noise, and in what do they differ?

    Any log that `report` opens can be compared. More runs than six are taken together as seeds.

    \b
    grpolog compare base.jsonl new.jsonl                  compare.html and compare.md beside the first
    grpolog compare base.jsonl new.jsonl -o - --format md for a pull request
    grpolog compare runs/*.jsonl --group-by learning_rate seeds of each learning rate as mean and interval
    grpolog compare runs/*.jsonl --group-by-name 'rho[0-9.]+' --baseline rho1.0
    grpolog compare a.jsonl b.jsonl --x time              by time spent training instead of steps
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.cli.spans import size
    from grpolog.sources.renaming import parsed

    outputs = planned(sources, out, formats, open_page=open_page)
    write_comparison(sources, outputs, parsed(pairs), size(max_size), open_page=open_page, **options)


def planned(
    sources: Sequence[Path], out: str | None, formats: str | None, *, open_page: bool = False
) -> tuple[destination.Output, ...]:
    """Where the page of these logs goes: beside the first one unless told otherwise.

    Raises:
        UsageError: fewer than two logs, or one of them twice; a place that does not fit, or where a log is.
    """
    from grpolog.cli.report import log_of
    from grpolog.errors import UsageError

    logs = [log_of(source) for source in sources]
    if len(logs) < 2:
        raise UsageError("a comparison takes two logs or more")
    taken: set[Path] = set()
    for log in logs:
        if log.resolve() in taken:
            raise UsageError("is given twice: a run compared with itself shows nothing", log)
        taken.add(log.resolve())
    (outputs,) = destination.plan(logs[:1], out, destination.parse_formats(formats), NAME)
    for output in outputs:
        if output.path is not None and output.path.resolve() in taken:
            raise UsageError("the page would replace a log that it is about: name another place with -o", output.path)
    if open_page and not any(output.format == "html" and output.path for output in outputs):
        raise UsageError("--open shows the HTML page, which is not written: add html to --format")
    return outputs


def write_comparison(
    sources: Sequence[Path],
    outputs: Sequence[destination.Output],
    mapping: Mapping[str, str],
    max_bytes: int,
    *,
    open_page: bool,
    **options: Any,
) -> None:
    """Compare the logs, write every wanted form, and say on stderr what was written.

    Args:
        sources: the logs.
        outputs: what to write.
        mapping: our names by foreign keys.
        max_bytes: of the page.
        open_page: whether to show it in the browser.
        options: of `build_comparison`.
    """
    shown = all(output.path is not None for output in outputs)
    runs = []
    for number, source in enumerate(sources, start=1):
        with working(f"reading [{number}/{len(sources)}] {source}", shown=shown):
            from grpolog.analysis import read

            runs.append(read(source, mapping=mapping))
    with working("comparing", shown=shown):
        from grpolog.report import build_comparison

        found = build_comparison(runs, **options)
        texts = [_render(found, output.format, max_bytes) for output in outputs]
    for output, text in zip(outputs, texts, strict=True):
        if output.path is None:
            click.echo(text.encode(), nl=not text.endswith("\n"))
            continue
        destination.write(output.path, text)
        click.echo(f"Wrote {screen.safe(output.path)}", err=True)
        if open_page and output.format == "html":
            click.launch(output.path.resolve().as_uri())


def _render(found: "Comparison", form: destination.Format, max_bytes: int) -> str:
    if form == "html":
        return found.to_html(max_bytes=max_bytes)
    return found.to_markdown() if form == "md" else found.to_json()
