"""What a log tells about things that are not in it: parts, ranks, and what the recorder could not write."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from grpolog import jsonl
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses, LossKind
from grpolog.events import RunEvent
from grpolog.events.run import UNSAVED, UNTOLD

_NUMBER: Final = re.compile(r"\.(\d{4,})\.jsonl(?:\.zst|\.gz)?")

EVERY_RANK: Final = ("trainer", "reward_functions")
"""Captures that record on every rank."""

_CORRECTIONS: Final = ("surrogates", "huge_integers", "not_json")
"""Recorder losses that are corrections of a value, as `jsonl.encode` counts them."""


def note_missing_parts(location: Location, runs: Sequence[RunEvent], losses: Losses) -> None:
    """Numbers between parts, parts that a later one names, a live part that ought to be there, ranks without any."""
    missing: dict[Path, str] = {}
    numbers = {rank: {number for number, _ in parts if number is not None} for rank, parts in location.parts.items()}
    for rank, closed in numbers.items():
        for number in sorted(set(range(1, max(closed, default=0))) - closed):
            missing[jsonl.closed_part(location.log, number, rank)] = "a part is missing"
        last = next((run for run in reversed(runs) if run.rank == rank), None)
        if len(closed) == len(location.parts[rank]) and (last is None or last.phase != "end"):
            missing[jsonl.live_part(location.log, rank)] = "the last part is missing"
    for run in runs:
        if run.previous_part is None:
            continue
        before, closed = part_number(run.previous_part), numbers.get(run.rank, set())
        if before is None:
            missing[jsonl.live_part(location.log, run.rank)] = "what stood here was removed while the run was recorded"
        elif before not in closed:
            # the log may have been renamed, but a part alone does not know its log
            own = jsonl.closed_part(location.log, before, run.rank)
            path = own if closed else location.log.with_name(Path(run.previous_part).name)
            missing.setdefault(path, "a part is missing")
    for rank in range(_ranks(runs)):
        if rank not in location.parts:
            missing.setdefault(jsonl.live_part(location.log, rank), f"nothing of rank {rank} is there")
    for path, what in missing.items():
        losses.note("missing part", path, None, what)


def note_changed_parts(
    location: Location, runs: Sequence[RunEvent], hashes: Mapping[Path, str], losses: Losses
) -> None:
    """Closed parts whose bytes are not those that the part after them vouches for."""
    for run in runs:
        before = part_number(run.previous_part)
        for number, path in location.parts.get(run.rank, ()):
            vouched = run.previous_part_sha256 if number is not None and number == before else None
            if vouched is not None and hashes.get(path, vouched) != vouched:
                losses.note("changed part", path, None, "differs from what was recorded (SHA-256)")


def note_recorder_losses(log: Path, runs: Sequence[RunEvent], losses: Losses) -> None:
    """What each attempt and rank said it could not record, and torn lines that were cut off when reopening."""
    last: dict[tuple[int, int], RunEvent] = {}
    for run in runs:
        last[run.attempt, run.rank] = run
        if run.recovered_tail is not None and run.phase == "start":
            size = len(run.recovered_tail)
            what = f"a torn last line ({size} characters) was cut off when attempt {run.attempt} began"
            losses.note("torn line", jsonl.live_part(log, run.rank), None, what)
    for (attempt, rank), run in last.items():
        part = jsonl.live_part(log, rank)
        for kind, count in (run.lost or {}).items():
            if run.capture == "imported":
                what = f"noted when the log was imported: {kind} ({count})"
                losses.note(cast("LossKind", kind), part, None, what, count=count)
                continue
            if kind in UNSAVED:
                what = f"not saved when attempt {attempt}, rank {rank} was repaired: {kind} ({count})"
                losses.note("recorder", part, None, what, count=count)
                continue
            if kind in _CORRECTIONS:
                what = f"attempt {attempt}, rank {rank} recorded with corrections: {kind} ({count})"
                losses.note("corrected value", part, None, what, count=count)
                continue
            reason = f", {run.first_error}" if run.first_error else ""
            untold = kind in UNTOLD
            what = (
                f"attempt {attempt}, rank {rank} could not {'tell' if untold else 'record'}: {kind} ({count}){reason}"
            )
            losses.note("untold alert" if untold else "recorder", part, None, what, count=count)


def part_number(name: str | None) -> int | None:
    """The number of a closed part in its file name; None for any other name."""
    match = _NUMBER.search(name or "")
    return int(match[1]) if match else None


def _ranks(runs: Sequence[RunEvent]) -> int:
    """Ranks that recorded, as far as the run events of rank 0 tell."""
    return max((run.world_size or 0 for run in runs if run.rank == 0 and run.capture in EVERY_RANK), default=0)
