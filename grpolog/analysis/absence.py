"""What a log tells about things that are not in it: parts, and what the recorder could not write."""

from collections.abc import Sequence
from pathlib import Path

from grpolog import jsonl
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.events import RunEvent


def note_missing_parts(location: Location, runs: Sequence[RunEvent], losses: Losses) -> None:
    """Numbers between parts, parts that a later one names, and a live part that ought to be there."""
    missing: dict[Path, str] = {}
    for rank, parts in location.parts.items():
        numbers = [number for number, _ in parts if number is not None]
        for number in sorted(set(range(1, max(numbers, default=0))) - set(numbers)):
            missing[jsonl.closed_part(location.log, number, rank)] = "a part is missing"
        ended = any(run.rank == rank and run.phase == "end" for run in runs)
        if len(numbers) == len(parts) and not ended:
            missing[jsonl.live_part(location.log, rank)] = "the last part is missing"
    present = {_plain(path.name) for parts in location.parts.values() for _, path in parts}
    for run in runs:
        name = run.previous_part
        if name is not None and _plain(name) not in present:
            missing.setdefault(location.log.with_name(Path(_plain(name)).name), "a part is missing")
    for path, what in missing.items():
        losses.note("missing part", path, None, what)


def note_recorder_losses(log: Path, runs: Sequence[RunEvent], losses: Losses) -> None:
    """What each attempt and rank said it could not record, and torn lines that were cut off when reopening."""
    last: dict[tuple[int, int], RunEvent] = {}
    for run in runs:
        last[run.attempt, run.rank] = run
        if run.recovered_tail is not None and run.phase == "start":
            size = len(run.recovered_tail)
            what = f"a torn last line ({size} characters) was cut off when attempt {run.attempt} began"
            losses.note("torn line", log, None, what)
    for (attempt, rank), run in last.items():
        for kind, count in (run.lost or {}).items():
            reason = f" ({run.first_error})" if run.first_error else ""
            what = f"attempt {attempt}, rank {rank} could not record: {kind}, {count} times{reason}"
            losses.note("recorder", log, None, what, key=what, count=count)


def _plain(name: str) -> str:
    for ending in jsonl.COMPRESSED:
        name = name.removesuffix(ending)
    return name
