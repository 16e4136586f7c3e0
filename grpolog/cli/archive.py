"""`grpolog archive SRC`: a log as one file, with its report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grpolog.cli import destination, screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.archive.manifest import Manifest


@click.command(short_help="Pack a log with its report into one file that every verb opens.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", type=click.Path(path_type=Path), help="[default: SRC.tar.zst beside it]")
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@click.option(
    "--redact", metavar="KINDS", help="Leave out prompts, completions, config (comma-separated); all numbers stay."
)
@click.option("--json", "as_json", is_flag=True, help="The manifest as JSON.")
@allowed
def archive(source: Path, out: Path | None, force: bool, redact: str | None, as_json: bool) -> None:
    """Pack the log SRC into one file: the parts of all ranks, report, schemas and a manifest with SHA-256.

    The same log gives the same bytes. Every verb that reads logs opens the archive as it is, `grpolog verify` holds it
    against its manifest, `tar` unpacks it, and `grpolog import` makes a log of it again.

    \b
    grpolog archive runs/exp1.jsonl -o exp1.tar.zst
    grpolog archive runs/exp1.jsonl --redact prompts,completions,config -o to-share.tar.zst
    grpolog show exp1.tar.zst
    grpolog import exp1.tar.zst -o runs/again.jsonl
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.analysis.redaction import parsed
    from grpolog.errors import UsageError

    kinds = parsed(redact) if redact is not None else ()
    out = beside(source) if out is None else out
    if out.suffixes[-2:] != [".tar", ".zst"]:
        raise UsageError("an archive ends in .tar.zst", out)
    if out.exists() and not force:
        raise UsageError("is there already; choose another name, or --force", out)
    with working(f"packing {source}"), destination.writing(out):
        manifest = packed(source, out, kinds)
    if as_json:
        click.echo(screen.safe_json(manifest.to_json()), nl=False)
    size, on_disk = sum(member.size for member in manifest.members), out.stat().st_size
    extent = f"{size / 1e6:,.1f} MB in {on_disk / 1e6:,.2f} MB"
    click.echo(f"Wrote {screen.safe(out)}: {len(manifest.members)} files, {extent}", err=True)


def beside(source: Path) -> Path:
    """Where the archive of a log lies if nobody says."""
    from grpolog.cli.report import log_of

    log = log_of(source)
    return log.with_name(f"{log.name.removesuffix('.jsonl')}.tar.zst")


def packed(source: Path, out: Path, redact: Sequence[str] = ()) -> "Manifest":
    """Pack a log as it is now. The report is that of its last event: no clock is in it.

    Raises:
        LogError: it is no log of ours, or cannot be read to its end.
        OSError: the archive cannot be written.
    """
    import tempfile
    from dataclasses import replace
    from datetime import UTC, datetime

    from grpolog.analysis import read
    from grpolog.analysis.location import foreign_format, locate
    from grpolog.analysis.redacted_parts import redact_parts
    from grpolog.analysis.redaction import Redaction
    from grpolog.archive.pack import pack, snapshot
    from grpolog.errors import LogError
    from grpolog.events.json_schema import write_schemas
    from grpolog.report import build_report

    if foreign_format(source) is not None:
        raise LogError("a log of another program: grpolog import makes one of ours of it, which can be packed", source)
    with tempfile.TemporaryDirectory(prefix="grpolog-") as folder:
        (parts := Path(folder) / "parts").mkdir()
        location = locate(source)
        log = snapshot(location.log, location.parts, parts)
        redaction = Redaction(redact) if redact else None
        if redaction is not None:
            redact_parts(log, redaction)
        run = replace(read(log), redaction=redaction)
        last = run.pulse.heard or 0.0
        made = datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds")
        report = build_report(replace(run, now=last), generated_at=made)
        schemas = write_schemas(Path(folder) / "schemas")
        return pack(
            out,
            log.name,
            last,
            [
                *((path.name, "part", path) for path in parts.iterdir()),
                ("report.html", "report", report.to_html().encode()),
                ("report.md", "report", report.to_markdown().encode()),
                *((f"schemas/v1/{path.name}", "schema", path) for path in schemas),
            ],
        )
