"""`grpolog report SRC...`: the report of a log; several are compared unless each is to have its own."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from grpolog.cli import destination, screen, watching
from grpolog.cli.allowing import allowed
from grpolog.cli.compare import planned, write_comparison
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.analysis import Run
    from grpolog.report import Report


@click.command(short_help="Render the report of a log as HTML and Markdown.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", help="A folder, a .html, .md or .json file, or - for stdout.")
@click.option("--format", "formats", metavar="html,md,json", help="What to write.  [default: html,md]")
@click.option("--json", "formats", flag_value="json", help="The same as --format json.")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@allowed
@click.option("--mermaid", is_flag=True, help="Add a small chart to the Markdown that GitHub and GitLab draw.")
@click.option(
    "--assets",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the charts as SVG files; the Markdown shows them.",
)
@click.option(
    "--max-size",
    metavar="1MB",
    default="1MB",
    show_default=True,
    help="Largest page, and largest JSON: groups go first, then points.",
)
@click.option("--each", is_flag=True, help="A report for each of several logs instead of one page that compares them.")
@click.option("--watch", is_flag=True, help="Render again whenever the log has grown, until the run ends or Ctrl-C.")
@click.option("--interval", metavar="10s", default="10s", show_default=True, help="Time between two looks of --watch.")
@click.option(
    "--redact", metavar="KINDS", help="Leave out prompts, completions, config (comma-separated); all numbers stay."
)
@click.option("--open", "open_page", is_flag=True, help="Open the HTML report in the browser.")
def report(
    sources: tuple[Path, ...],
    out: str | None,
    formats: str | None,
    pairs: tuple[str, ...],
    mermaid: bool,
    assets: Path | None,
    max_size: str,
    each: bool,
    watch: bool,
    interval: str,
    redact: str | None,
    open_page: bool,
) -> None:
    """Render the report of a log SRC, beside the log unless told otherwise; several are compared on one page.

    \b
    grpolog report runs/exp1.jsonl                 runs/exp1.html and runs/exp1.md
    grpolog report runs/a.jsonl runs/b.jsonl       runs/compare.html and .md; see `grpolog compare` for its options
    grpolog report runs/*.jsonl --each -o reports/ a report for each
    grpolog report runs/exp1.jsonl -o - --format md | less
    grpolog report runs/exp1.jsonl -o docs/exp1.md --assets docs/exp1
    grpolog report runs/exp1.jsonl --watch         again whenever the log has grown, until the run ends
    grpolog report history.csv --map reward=avg_return --map step=update
    grpolog report runs/exp1.jsonl --redact prompts,completions,config -o to-share.html
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.analysis.redaction import parsed as kinds_of
    from grpolog.cli.spans import seconds, size
    from grpolog.errors import UsageError
    from grpolog.sources.renaming import parsed

    mapping, kinds = parsed(pairs), kinds_of(redact) if redact is not None else ()
    if len(sources) > 1 and not each:
        alone = {"--watch": watch, "--assets": assets, "--mermaid": mermaid, "--redact": bool(kinds)}
        for name in (name for name, given in alone.items() if given):
            raise UsageError(f"{name} takes one log: several are compared on one page unless --each is given")
        where = planned(sources, out, formats, open_page=open_page)
        write_comparison(sources, where, mapping, size(max_size), open_page=open_page)
        return
    outputs = destination.plan(list(map(log_of, sources)), out, destination.parse_formats(formats))
    files = {output.path: output.format for group in outputs for output in group if output.path is not None}
    to_open = [path for path, form in files.items() if form == "html"] if open_page else []
    if open_page and not to_open:
        raise UsageError("--open shows the HTML report, which is not written: add html to --format")
    if watch and (len(sources) > 1 or not files):
        raise UsageError("--watch takes one log and writes files")
    if assets is not None and len(sources) > 1:
        raise UsageError("--assets takes one log: the charts of several would have the same names")
    pictures = Pictures(mermaid, assets)
    max_bytes = size(max_size)

    def show() -> None:
        while to_open:
            click.launch(to_open.pop(0).resolve().as_uri())

    def look() -> "Run":
        run = write_report(
            sources[0], outputs[0], mapping=mapping, pictures=pictures, max_bytes=max_bytes, redact=kinds
        )
        show()
        return run

    if watch:
        watching.watch(sources[0], look, seconds(interval), ours=files)
        return
    for number, (source, group) in enumerate(zip(sources, outputs, strict=True), start=1):
        count = f"[{number}/{len(sources)}] " if len(sources) > 1 else ""
        write_report(source, group, count, mapping, pictures, max_bytes, kinds)
    show()


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the Markdown shows of the charts."""

    mermaid: bool = False
    folder: Path | None = None
    """Where they are written as files."""

    def address(self, text: Path | None) -> str | None:
        """The folder as seen from the Markdown file `text`, from the working directory where it goes to stdout."""
        if self.folder is None:
            return None
        return quote(Path(os.path.relpath(self.folder, text.parent if text else ".")).as_posix()) + "/"


def log_of(source: Path) -> Path:
    """What the report of a source is named after: the log's first name where it is one of ours."""
    from grpolog.analysis.location import holds_log, locate
    from grpolog.archive.recognition import is_archive
    from grpolog.errors import LogError

    if is_archive(source):  # named after the file, which is not unpacked for that
        return source.with_name(source.name.partition(".tar")[0] + ".jsonl")
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
    pictures: Pictures = Pictures(),
    max_bytes: int = 1_000_000,
    redact: Sequence[str] = (),
) -> "Run":
    """Render the report of one log in every wanted form, and say on stderr what was written; the log as it was read."""
    with working(f"reading {count}{source}", shown=all(output.path is not None for output in outputs)):
        from grpolog.analysis import read
        from grpolog.analysis.redaction import Redaction
        from grpolog.report import build_report

        run = read(source, mapping=mapping)
        run = Redaction(redact).run(run) if redact else run
        found = build_report(run)
        texts = [render(found, output, pictures, max_bytes) for output in outputs]
        charts = found.save_charts(pictures.folder) if pictures.folder else []
    for output, text in zip(outputs, texts, strict=True):
        if output.path is None:
            click.echo(text.encode(), nl=not text.endswith("\n"))
        else:
            destination.write(output.path, text)
            size = len(text.encode())
            larger = output.format != "md" and size > max_bytes
            more = f" of {size / 1000:,.0f} KB: no smaller one" * larger
            click.echo(f"Wrote {screen.safe(output.path)}{more}", err=True)
    if charts:
        click.echo(f"Wrote {len(charts)} charts to {screen.safe(pictures.folder)}", err=True)
    return run


def render(found: "Report", output: destination.Output, pictures: Pictures, max_bytes: int) -> str:
    """The report as text of an output's format."""
    if output.format == "html":
        return found.to_html(max_bytes=max_bytes)
    if output.format == "json":
        return found.to_json(max_bytes=max_bytes)
    return found.to_markdown(mermaid=pictures.mermaid, images=pictures.address(output.path))
