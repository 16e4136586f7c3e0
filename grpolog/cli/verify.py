"""`grpolog verify SRC...`: whether logs are as they were recorded."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grpolog.cli import screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.analysis.integrity import Mark, Verified


@click.command(short_help="Say whether a log is as it was recorded, and name any damage.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@allowed
@click.pass_context
def verify(context: click.Context, sources: tuple[Path, ...], as_json: bool) -> None:
    """Say whether each log SRC is as it was recorded: no line changed, removed, repeated or moved, no part missing.

    Every line of every part and rank is held against the event models, its number against those around it, and each
    closed part against the checksum that the next one carries. The part that is being written has no checksum yet. What
    a crash leaves, and what the recorder counted as lost, is told and is no damage.

    \b
    grpolog verify runs/exp1.jsonl
    grpolog verify runs/*.jsonl --json | jq '.logs[] | select(.intact | not)'

    Exit code: 0, 1 when a log is damaged, 2 when there is none to be read.
    """  # noqa: D301 - click wants the character \b itself
    found = []
    for source in sources:
        with working(f"verifying {source}", shown=not as_json):
            from grpolog.analysis.integrity import verify as verified

            found.append(verified(source))
    if as_json:
        content = {"intact": all(log.intact for log in found), "logs": list(map(_content, sources, found))}
        click.echo(screen.json_of(content))
    else:
        for source, log in zip(sources, found, strict=True):
            _print(source, log)
    if not all(log.intact for log in found):
        context.exit(1)


def _content(source: Path, log: "Verified") -> dict[str, Any]:
    return {
        "log": str(source),
        "intact": log.intact,
        "events": log.events,
        "parts": [
            {
                "path": str(log.location.shown(part.path)),
                "rank": part.rank,
                "number": part.number,
                "lines": part.lines,
                "bytes": part.bytes,
                "sha256": part.sha256,
                "checksum": part.checksum,
            }
            for part in log.parts
        ],
        "damage": list(map(_mark, log.damage)),
        "notes": list(map(_mark, log.notes)),
        "counts": log.counts,
    }


def _mark(mark: "Mark") -> dict[str, Any]:
    return {"kind": mark.kind, "path": str(mark.path), "line": mark.line, "what": mark.what}


def _print(source: Path, log: "Verified") -> None:
    from grpolog.report.numbers import count
    from grpolog.report.text import one_line

    word = (
        click.style("● intact", fg="green", bold=True) if log.intact else click.style("✖ damaged", fg="red", bold=True)
    )
    size = sum(part.bytes for part in log.parts)
    extent = f"{count(log.events, 'event')} in {count(len(log.parts), 'part')}, {size / 1e6:,.1f} MB"
    click.echo(f"{word}  {screen.safe(source)} ({extent})")
    named = len(log.damage) + len(log.notes)
    for mark in log.damage:
        click.echo(f"  {one_line(str(mark), 600)}")
    for mark in log.notes:
        click.echo(f"  Note: {one_line(str(mark), 600)}")
    if sum(log.counts.values()) > named:
        click.echo(f"  and {sum(log.counts.values()) - named:,} more of the same kinds")
    click.echo(f"  {screen.safe(_covered(log))}")


def _covered(log: "Verified") -> str:
    """How far checksums go."""
    from grpolog.report.numbers import count

    if log.location.archive is not None:
        return f"The manifest has a checksum of each of {len(log.location.archive.manifest.members):,} files."
    matching = sum(part.checksum == "matches" for part in log.parts)
    bare = [part.path.name for part in log.parts if part.checksum == "none"]
    vouched = f"{count(matching, 'closed part')} as the checksums say. " if matching else ""
    names = ", ".join(bare[:3]) + (", ..." if len(bare) > 3 else "")
    return f"{vouched}No checksum covers {names}: only its lines and their numbers were checked." if bare else vouched
