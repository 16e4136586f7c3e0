"""Parts, attempts and ranks that ought to be there, and the checksums that tie parts together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grpolog import jsonl
from grpolog.analysis.absence import EVERY_RANK, part_number
from grpolog.analysis.integrity.losses import MISSING_ATTEMPTS, MISSING_RANKS, repaired
from grpolog.analysis.integrity.marks import Marks
from grpolog.analysis.integrity.rank import Rank

_MOST_RANKS: Final = 2**16
"""Ranks beyond this are no number of ranks but a damaged one."""


def note_checksums(log: Path, rank: Rank) -> None:
    """Closed parts that are missing, or are not what the part after them says of them."""
    closed = {part.number: part for part in rank.parts if part.number is not None}
    missing = set(range(1, max(closed, default=0))) - closed.keys()
    vouched: set[int] = set()
    for voucher in rank.vouchers:
        number = part_number(voucher.name)
        if number is None:
            what = f"what stood here before was removed while the run was recorded ({voucher.path.name}:{voucher.line})"
            rank.marks.damaged("missing part", jsonl.live_part(log, rank.rank), None, what)
            continue
        part = closed.get(number)
        vouched.add(number)
        if part is None:
            missing.add(number)
        elif part.sha256 is not None:
            part.checksum = "matches" if part.sha256 == voucher.sha256 and part.checksum != "differs" else "differs"
            if part.sha256 != voucher.sha256:
                what = f"its bytes are not those that {voucher.path.name}:{voucher.line} vouches for (SHA-256)"
                rank.marks.damaged("changed part", part.path, None, what)
    for number in sorted(missing):
        rank.marks.damaged("missing part", jsonl.closed_part(log, number, rank.rank), None, "the part is missing")
    _note_ends(log, rank, closed.keys() - vouched)


def _note_ends(log: Path, rank: Rank, unvouched: set[int]) -> None:
    """Closed parts that no later one vouches for, and a live part that is not there."""
    last = rank.parts[-1]
    newest = last.number if last.number is not None else rank.parts[-2].number if len(rank.parts) > 1 else None
    for part in rank.parts:
        if part.number not in unvouched or part.number is None:
            continue
        if part.number != newest or (last.number is None and last.lines > 0):
            rank.marks.damaged("missing checksum", part.path, None, "no run event after it vouches for its bytes")
        else:
            what = "has no checksum yet: the part after it does not hold the run event that would vouch for it"
            rank.marks.note("no checksum", part.path, None, what)
    live = jsonl.live_part(log, rank.rank)
    if last.number is not None and _died_between(rank):
        rank.marks.note("no live part", live, None, "is not there: the run died between two parts, or it was removed")
    elif last.number is not None:
        rank.marks.damaged("missing part", live, None, "the last part is missing")


def _died_between(rank: Rank) -> bool:
    """Whether the process may have died after it closed the last part and before it opened the next one.

    A recorder that lives on compresses a closed part at once, unless it was told to compress none.
    """
    plain = [part.path.suffix == jsonl.SUFFIX for part in rank.parts]
    return plain[-1] and (len(plain) == 1 or not all(plain))


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is not there and not told either."""

    ranks: int
    attempts: dict[int, int]
    """By rank, how many."""


def note_attempts(log: Path, ranks: Mapping[int, Rank], marks: Marks) -> Lacking:
    """Attempts that a rank ought to have and lacks, and ranks that lack altogether.

    Rank 0 has every attempt. Another rank has those that rank 0 came to a row or a generation in, as all ranks have
    begun by then.
    """
    first = ranks.get(0)
    wanted: dict[int, set[int]] = {0: set()}
    for attempt, run in first.runs.items() if first is not None else ():
        if run.capture in EVERY_RANK and attempt in first.trained:  # type: ignore[union-attr]
            for number in range(1, min(run.world_size or 0, _MOST_RANKS)):
                wanted.setdefault(number, set()).add(attempt)
    absent = sorted(wanted.keys() - ranks.keys())
    spared = sum(repaired(rank.runs, MISSING_RANKS) for rank in ranks.values())
    for number in absent if len(absent) > spared else ():
        marks.damaged("missing rank", jsonl.live_part(log, number), None, f"nothing of rank {number} is there")
    attempts: dict[int, int] = {}
    for number, rank in ranks.items():
        lacking = _before_last(rank) if number == 0 else sorted(wanted.get(number, set()) - rank.lines.keys())
        untold = len(lacking) - repaired(rank.runs, MISSING_ATTEMPTS)
        if untold > 0:
            attempts[number] = untold
            some = ", ".join(map(str, lacking[:5])) + (", ..." if len(lacking) > 5 else "")
            what = f"nothing of {_attempts(len(lacking))} {some} is there"
            marks.damaged("missing attempt", jsonl.live_part(log, number), None, what)
    return Lacking(max(0, len(absent) - spared), attempts)


def _before_last(rank: Rank) -> range | list[int]:
    """Attempts before the last one that have no line; a range where there are none at all."""
    newest = max(rank.lines, default=0)
    if newest > _MOST_RANKS:  # a number that high is damage itself, and most of the others cannot be named
        return range(newest + 1 - len(rank.lines))
    return [attempt for attempt in range(newest) if attempt not in rank.lines]


def _attempts(count: int) -> str:
    return "attempt" if count == 1 else f"{count:,} attempts:"
