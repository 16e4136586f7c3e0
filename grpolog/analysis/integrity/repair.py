"""`repair`: a clean copy of a damaged log, and what could not be saved.

Whole lines are copied as they are, each once and in the order of their numbers. Run events are written anew where they
have to be: those that begin a part vouch for the part before as it is in the copy, and the last one of each attempt
and rank counts in `lost` what is missing from it, so that `verify` knows the copy as repaired, every reader sees the
loss, and a line that is removed from the copy later is found.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from grpolog import __version__, jsonl
from grpolog.analysis.blocks import blocks
from grpolog.analysis.integrity.copying import Copy
from grpolog.analysis.integrity.lines import run_of
from grpolog.analysis.integrity.losses import (
    CHANGED_PARTS,
    DAMAGED_LINES,
    MISSING_ATTEMPTS,
    MISSING_RANKS,
    TORN_LINES,
    declared_losses,
)
from grpolog.analysis.integrity.rank import Rank
from grpolog.analysis.integrity.verify import Verified, verify
from grpolog.analysis.location import Location
from grpolog.errors import LogError, UsageError
from grpolog.events import RunEvent

_HEAD: Final = 40
"""Bytes of a line that hold the name of its event."""

_Line = tuple[tuple[int, int], bytes]
"""Attempt and number, and the bytes with their end."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A copy that was made."""

    log: Path
    before: Verified
    """The original, with what was wrong with it."""

    after: Verified
    """The copy."""

    lost: Counter[str]
    """What could not be saved, by kind."""


def repair(path: str | Path, out: str | Path) -> Repaired:
    """Write a clean copy of a log.

    Args:
        path: as `read` takes it; it is only read.
        out: first name of the copy, where no log is yet.

    Raises:
        LogError: there is no log of ours, or nothing of it can be saved.
        UsageError: the copy would lie within the original, or something is there already.
        OSError: the copy cannot be written.
    """
    log = jsonl.log_path(Path(out).expanduser())
    before = verify(path)
    _refuse(before.location, Path(path).expanduser(), log)
    if not before.events:
        raise LogError("no line of it can be saved", path)
    lost: Counter[str] = Counter()
    with Copy(log) as copy:
        for rank in before.ranks.values():
            lost += _copy(rank, before, copy)
        copy.flush()
        after = verify(copy.log)
        if not after.intact:
            raise LogError(f"no whole copy can be made: {after.damage[0].what}", path)
        copy.finish()
    return Repaired(log, before, verify(log), lost)


def _refuse(location: Location, path: Path, log: Path) -> None:
    own = {file.resolve() for file in (*location.files, location.log)}
    target = log.resolve()
    inside = path.is_dir() and target.is_relative_to(path.resolve())
    same = target.parent == location.log.resolve().parent and _is_part(target, location.log.resolve())
    if target in own or inside or same:
        raise UsageError("the copy would lie within the original, which is never touched: name another place", log)
    if jsonl.find_parts(log) or log.exists():
        raise UsageError("is there already: name another place for the copy", log)


def _is_part(target: Path, log: Path) -> bool:
    """Whether a log of this name would share parts with another, as `exp1.rank1.jsonl` would with `exp1.jsonl`."""
    stems = sorted((target.name.removesuffix(jsonl.SUFFIX), log.name.removesuffix(jsonl.SUFFIX)), key=len)
    rest = stems[1].removeprefix(stems[0]).split(".")[1:] if stems[1].startswith(stems[0] + ".") else []
    return bool(rest) and all(word.isdigit() or word.startswith("rank") for word in rest)


def _copy(rank: Rank, before: Verified, copy: Copy) -> Counter[str]:
    """Copy the lines of a rank; what is missing from it by kind, which the last run event of each attempt tells."""
    runs: dict[int, RunEvent] = {}
    for _, line in _in_order(rank, before):
        if b'"run"' in line[:_HEAD] and (event := run_of(line)) is not None:
            runs[event.attempt] = event
    told = _losses(rank, runs, before)
    newest: dict[str, Any] = {}
    for _, line in _in_order(rank, before):
        record = orjson.loads(line)
        if newest and newest.get("attempt") != record.get("attempt"):
            _stand_in(newest, runs, told, before, copy)
        newest = record
        if record["event"] == "run" and run_of(line) is not None:
            carrier = runs.get(record["attempt"])
            last = carrier is not None and carrier.seq == record["seq"]
            copy.write_run(rank.rank, record, told[record["attempt"]] if last else {})
        else:
            copy.write(rank.rank, line)
    if newest:
        _stand_in(newest, runs, told, before, copy)
    return sum(told.values(), Counter())


def _losses(rank: Rank, runs: Mapping[int, RunEvent], before: Verified) -> dict[int, Counter[str]]:
    """By attempt what is missing from the copy of a rank and what the log does not say yet."""
    absent = rank.numbering.absent
    told: dict[int, Counter[str]] = defaultdict(Counter)
    for attempt in rank.lines:
        beyond = absent[attempt] - declared_losses(runs.get(attempt))
        told[attempt][DAMAGED_LINES] = max(beyond, rank.numbering.unreadable[attempt])
    newest = told[max(rank.lines, default=0)]
    newest[CHANGED_PARTS] = sum(part.checksum == "differs" for part in rank.parts)
    newest[TORN_LINES] = sum(m.kind == "torn line" and m.path == rank.parts[-1].path for m in before.notes)
    newest[MISSING_ATTEMPTS] = before.lacking.attempts.get(rank.rank, 0)
    saved = [number for number, other in before.ranks.items() if other.lines]
    if rank.rank == saved[0]:
        newest[MISSING_RANKS] = before.lacking.ranks + len(before.ranks) - len(saved)
    return defaultdict(Counter, {attempt: +counts for attempt, counts in told.items()})


def _stand_in(
    last: dict[str, Any],
    runs: Mapping[int, RunEvent],
    told: Mapping[int, Counter[str]],
    before: Verified,
    copy: Copy,
) -> None:
    """A run event behind the last line of an attempt that has none to tell what is missing from it."""
    attempt = last.get("attempt", 0)
    if attempt in runs or not told[attempt]:
        return
    event = RunEvent(
        step=last["step"],
        time=last.get("time", 0.0),
        attempt=attempt,
        seq=last.get("seq", 0) + 1,
        rank=last.get("rank", 0),
        phase="part",
        status="running",
        run_id="",
        name=before.location.name,
        grpolog_version=__version__,
        lost=dict(told[attempt]),
    )
    copy.write(event.rank, jsonl.encode(event))


def _in_order(rank: Rank, before: Verified) -> Iterator[_Line]:
    """The lines that can be saved, by number: those in their place, and between them those that were moved."""
    moved: list[_Line] = []
    for part in rank.parts:
        if before.marks.displaced.get(part.path):
            moved += _lines(part.path, before.marks.displaced[part.path])
    return heapq.merge(_placed(rank, before), sorted(moved), key=lambda line: line[0])


def _placed(rank: Rank, before: Verified) -> Iterator[_Line]:
    for part in rank.parts:
        unfit = before.marks.unfit.get(part.path, set()) | before.marks.displaced.get(part.path, set())
        yield from _lines(part.path, None, unfit)


def _lines(path: Path, wanted: set[int] | None, unwanted: frozenset[int] | set[int] = frozenset()) -> Iterator[_Line]:
    for block in blocks(path):
        for place, line in enumerate(block.lines[: len(block.lines) - block.torn], start=block.first):
            if place in unwanted or (wanted is not None and place not in wanted):
                continue
            record = orjson.loads(line)
            yield (record.get("attempt", 0), record.get("seq", 0)), line + b"\n"
