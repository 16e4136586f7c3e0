"""`grpolog import SRC`: a log of another program as a log of ours."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grpolog.cli import destination, screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.analysis.losses import Losses
    from grpolog.events import Event


@click.command("import", short_help="Write a log of another program as a log of grpolog.")
@click.argument("source", metavar="SRC", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="OUT", help="The log to write, or - for stdout.  [default: SRC.grpolog.jsonl]")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of SRC means; repeatable.")
@allowed
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@click.option("--list-formats", is_flag=True, help="Say which formats can be read, and end.")
def import_(source: Path | None, out: str | None, pairs: tuple[str, ...], force: bool, list_formats: bool) -> None:
    """Write the log SRC of another program (TRL, verl, TensorBoard, W&B, ...) as a log of grpolog.

    The format is recognised from the content. `grpolog report SRC` and every other reading verb take SRC as it is;
    this writes it down.

    \b
    grpolog import outputs/checkpoint-500/trainer_state.json -o runs/old.jsonl
    grpolog import history.csv --map reward=avg_return --map step=update
    grpolog import exp1.tar.zst -o runs/exp1.jsonl     the log of an archive, part by part
    grpolog import --list-formats
    """  # noqa: D301 - click wants the character \b itself
    from grpolog import sources
    from grpolog.analysis.foreign import not_a_log
    from grpolog.analysis.losses import Losses
    from grpolog.archive.recognition import is_archive
    from grpolog.errors import LogError, UsageError
    from grpolog.sources.renaming import parsed

    if list_formats:
        width = max(len(form.name) for form in sources.FORMATS)
        for known in sources.FORMATS:
            click.echo(f"{known.name:<{width}}  {known.explanation}")
        return
    if source is None:
        raise UsageError("give a log to import, or --list-formats")
    if not source.exists():
        raise LogError("no such file or folder", source)
    if is_archive(source):
        _restore(source, out, force=force)
        return
    mapping = parsed(pairs)
    form = sources.recognise(source, mapping)
    if form is None:
        if source.is_dir():
            raise LogError(
                "holds nothing that can be imported; grpolog import --list-formats names the formats", source
            )
        raise not_a_log(source)
    losses = Losses()
    events = _with_losses(sources.source_events(source, form, losses.note, mapping), losses)
    if out == "-":
        for line in _lines(events):
            sys.stdout.buffer.write(line)
    else:
        log = Path(out) if out is not None else source.with_name(f"{source.stem}.grpolog.jsonl")
        with working(f"importing {source}"):
            written = _write(log, events, force=force)
        click.echo(f"Wrote {screen.safe(log)}: {written:,} events, read as {form.name}", err=True)
    for loss in losses.named():
        click.echo(screen.safe(loss), err=True)


def _restore(source: Path, out: str | None, *, force: bool) -> None:
    """Write the log of an archive down again, closed parts compressed."""
    import shutil

    from grpolog import jsonl
    from grpolog.analysis.location import locate
    from grpolog.errors import UsageError

    location = locate(source)
    assert location.archive is not None
    paths = [(rank, number, path) for rank, parts in location.parts.items() for number, path in parts]
    if out == "-":
        for _, _, path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, sys.stdout.buffer)
        return
    log = jsonl.log_path(Path(out) if out is not None else source.with_name(location.archive.manifest.log))
    if jsonl.find_parts(log) and not force:
        raise UsageError("is there already; choose another name, or --force", log)
    with working(f"importing {source}"), destination.writing(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        for old in [path for parts in jsonl.find_parts(log).values() for _, path in parts]:
            old.unlink()
        for rank, number, path in paths:
            if number is None:
                shutil.copyfile(path, jsonl.live_part(log, rank))
            else:
                jsonl.compress_part(Path(shutil.copyfile(path, jsonl.closed_part(log, number, rank))))
    click.echo(f"Wrote {screen.safe(log)}: {len(paths)} parts, read as an archive of grpolog", err=True)
    for flaw in location.archive.flaws:
        click.echo(screen.safe(flaw), err=True)


def _with_losses(events: "Iterator[Event]", losses: "Losses") -> "Iterator[Event]":
    """The events, and behind them what was lost, which is known when the last one is read: the run event once more."""
    from grpolog.events import RunEvent

    run, seq = None, 0
    for event in events:
        run, seq = event if isinstance(event, RunEvent) else run, event.seq
        yield event
    if run is not None and losses.counts:
        yield run.model_copy(update={"phase": "part", "seq": seq + 1, "lost": dict(losses.counts)})


def _lines(events: "Iterator[Event]") -> Iterator[bytes]:
    from grpolog import jsonl

    for event in events:
        yield jsonl.encode(event)


def _write(log: Path, events: "Iterator[Event]", *, force: bool) -> int:
    """Write the log so that it is there whole or not at all; how many events it has.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    import os

    from grpolog.errors import UsageError

    if log.exists() and not force:
        raise UsageError("is there already; choose another name, or --force", log)
    half = log.with_name(f".{log.name}.{os.getpid()}.half")
    count = 0
    with destination.writing(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with half.open("wb") as file:
                for line in _lines(events):
                    file.write(line)
                    count += 1
            half.replace(log)
        finally:
            half.unlink(missing_ok=True)
    return count
