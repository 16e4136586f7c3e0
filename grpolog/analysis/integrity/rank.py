"""The lines of one rank, read once from its first part to its last."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from grpolog.analysis.blocks import Block, blocks
from grpolog.analysis.integrity.lines import Odd, read_line
from grpolog.analysis.integrity.marks import Marks
from grpolog.analysis.integrity.numbering import Numbering
from grpolog.events import RunEvent

Checksum = Literal["matches", "differs", "none"]

_TRAINED: Final = frozenset({"step", "reward", "quality", "group"})
"""Events that come after all ranks have begun."""


@dataclass(slots=True)
class PartSum:
    """A part as it was read."""

    path: Path
    rank: int
    number: int | None
    """None of the one that is being written."""

    lines: int
    """Those that have an end."""

    bytes: int
    """Uncompressed."""

    sha256: str | None
    """Of the uncompressed bytes; None where they could not be read to the end."""

    checksum: Checksum = "none"
    """How that compares with what the part after it says."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """What the run event at the beginning of a part says of the part before."""

    path: Path
    line: int
    name: str
    sha256: str | None


@dataclass(slots=True)
class Rank:
    """What was read of a rank so far."""

    rank: int
    marks: Marks
    numbering: Numbering = field(init=False)
    parts: list[PartSum] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    runs: dict[int, RunEvent] = field(default_factory=dict)
    """By attempt its last run event."""

    lines: Counter[int] = field(default_factory=Counter)
    """By attempt its events."""

    trained: set[int] = field(default_factory=set)
    """Attempts that came to a row or a generation."""

    def __post_init__(self) -> None:
        self.numbering = Numbering(self.marks)

    def read(self, number: int | None, path: Path) -> None:
        """Read a part.

        Raises:
            LogError: it cannot be opened.
        """
        digest = hashlib.sha256()
        part = PartSum(path, self.rank, number, 0, 0, None)
        error, whole = None, True
        for block in blocks(path, digest=digest):
            self._read(part, block)
            whole = whole and not block.cut
            if block.error is not None:
                error = block.error
                self.marks.damaged("cut-off part", path, part.lines + 1, f"cannot be read to its end: {error}")
        if error is None and whole:
            part.sha256 = digest.hexdigest()
        self.parts.append(part)

    def _read(self, part: PartSum, block: Block) -> None:
        whole = block.lines[:-1] if block.torn else block.lines
        for place, line in enumerate(whole, start=block.first):
            event = read_line(line)
            if isinstance(event, Odd):
                self._odd(part.path, place, event, empty=not line.strip())
                continue
            self._take(part.path, place, event.attempt, event.seq, event.rank)
            if isinstance(event, RunEvent):
                self._run(part.path, place, event)
            elif event.event in _TRAINED:
                self.trained.add(event.attempt)
        part.lines += len(whole)
        part.bytes += sum(map(len, block.lines)) + len(whole)
        if block.torn:
            self._torn(part, block)

    def _torn(self, part: PartSum, block: Block) -> None:
        """A last line without an end: the live part may have one, where a write was cut short or goes on."""
        place = part.lines + 1
        self.marks.unfit[part.path].add(place)
        if part.number is None and block.error is None:
            what = (
                f"the last line has no end ({len(block.lines[-1]):,} bytes): a crash leaves that, or it is written now"
            )
            self.marks.note("torn line", part.path, place, what)
        else:
            self.marks.damaged("invalid line", part.path, place, "the last line has no end")
            self.numbering.take_unreadable()

    def _odd(self, path: Path, place: int, odd: Odd, *, empty: bool) -> None:
        if odd.damage is not None:
            what = "is an empty line" if empty else odd.damage
            self.marks.damaged("invalid event" if odd.is_json else "invalid line", path, place, what)
            self.marks.unfit[path].add(place)
            if not empty:
                self.numbering.take_unreadable()
            return
        if odd.unknown is not None:
            self.marks.note("unknown", path, place, f"{odd.unknown}, which this grpolog does not know", once=True)
        if odd.seq >= 0:
            self._take(path, place, odd.attempt, odd.seq, odd.rank)
        if odd.run is not None:
            self._run(path, place, odd.run)

    def _take(self, path: Path, place: int, attempt: int, seq: int, rank: int) -> None:
        if rank == self.rank:
            self.lines[attempt] += 1
            self.numbering.take(path, place, attempt, seq)
        else:
            self.marks.damaged("invalid event", path, place, f"is of rank {rank}, in a part of rank {self.rank}")
            self.marks.unfit[path].add(place)
            self.numbering.take_unreadable()

    def _run(self, path: Path, place: int, run: RunEvent) -> None:
        known = self.runs.get(run.attempt)
        if known is None or known.seq < run.seq:
            self.runs[run.attempt] = run
        if run.previous_part is not None:
            self.vouchers.append(Voucher(path, place, run.previous_part, run.previous_part_sha256))
