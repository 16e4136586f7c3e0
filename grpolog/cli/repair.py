"""`grpolog repair SRC -o OUT`: a clean copy of a damaged log."""

from pathlib import Path

import click

from grpolog.cli import destination, screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working


@click.command(short_help="Write a clean copy of a damaged log, and say what could not be saved.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", required=True, type=click.Path(path_type=Path), help="The copy to write.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@allowed
def repair(source: Path, out: Path, as_json: bool) -> None:
    """Write a clean copy of the log SRC, whose every line can be read, and say what could not be saved.

    Lines that are whole are copied as they are, each once and in order; checksums are made anew; the run events of the
    copy count what is missing, so that `grpolog verify` takes it for repaired and every report says so. SRC is only
    read.

    \b
    grpolog verify runs/exp1.jsonl                         what is wrong
    grpolog repair runs/exp1.jsonl -o runs/clean.jsonl
    """  # noqa: D301 - click wants the character \b itself
    with working(f"repairing {source}", shown=not as_json):
        from grpolog.analysis.integrity import repair as repaired
        from grpolog.report.numbers import count
        from grpolog.report.text import one_line

        with destination.writing(out):
            done = repaired(source, out)
    if as_json:
        content = {
            "log": str(done.log),
            "events": done.after.events,
            "parts": len(done.after.parts),
            "lost": done.lost,
            "damage": [str(mark) for mark in done.before.damage],
        }
        click.echo(screen.json_of(content))
        return
    lost = ", ".join(f"{kind} ({n:,})" for kind, n in sorted(done.lost.items()))
    click.echo(f"Not saved: {lost}." if lost else "All of it could be saved.")
    for mark in done.before.damage:
        click.echo(f"  {one_line(str(mark), 600)}")
    extent = f"{count(done.after.events, 'event')} in {count(len(done.after.parts), 'part')}"
    click.echo(f"Wrote {screen.safe(done.log)}: {extent}", err=True)
