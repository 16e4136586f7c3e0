"""The numbers of one rank's lines: which are missing, stand twice, or stand in another place than they were written.

A recorder numbers the events of an attempt 0, 1, 2, ... and writes them in this order; one that could not be written
takes its number with it. One line is looked ahead, so that a single line in the wrong place, or with a wrong number,
is named itself, and not everything after it.
"""

from bisect import bisect_right, insort
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from grpolog.analysis.integrity.marks import Marks

Number = tuple[int, int]
"""Attempt and number in it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that no line carries, in front of a line."""

    attempt: int
    first: int
    last: int
    path: Path
    line: int
    unreadable: int
    """Damaged lines that stand there."""

    @property
    def count(self) -> int:
        """Numbers."""
        return self.last - self.first + 1

    @property
    def missing(self) -> int:
        """Numbers for which no line is there, not even a damaged one."""
        return self.count - self.unreadable

    def __str__(self) -> str:
        which = f"number {self.first}" if self.count == 1 else f"numbers {self.first} to {self.last}"
        return f"{which} of attempt {self.attempt}"


@dataclass(slots=True)
class Numbering:
    """Takes the lines of a rank in the order in which they stand."""

    marks: Marks

    gaps: list[Gap] = field(default_factory=list)
    """In ascending order."""

    unreadable: Counter[int] = field(default_factory=Counter)
    """By attempt lines whose number cannot be read, or is not their own."""

    _attempt: int = 0
    _next: int = 0
    """The number that is expected next."""

    _ends: dict[int, int] = field(default_factory=dict)
    """The number that was expected next when another attempt began."""

    _early: dict[Number, tuple[Path, int]] = field(default_factory=dict)
    """Numbers of lines that stood too early, and where."""

    _waiting: tuple[Path, int, Number] | None = None
    """A line that does not fit, until the one after it is known."""

    _behind: int = 0
    """Unreadable lines since the last one that was placed, or since the one that waits."""

    _before: int = 0
    """Unreadable lines in front of the one that waits."""

    def take(self, path: Path, line: int, attempt: int, seq: int) -> None:
        """Take a line with its number."""
        if seq == self._next and attempt == self._attempt and self._waiting is None and not self._behind:
            self._next += 1
            if self._early:
                self._skip_early()
            return
        number = (attempt, seq)
        if self._waiting is not None:
            self._settle(number)
        if number == (self._attempt, self._next):
            self._accept(number)
        else:
            self._waiting = (path, line, number)
            self._before, self._behind = self._behind, 0

    def take_unreadable(self) -> None:
        """Take a line without a number."""
        self._behind += 1

    def finish(self) -> None:
        """There are no more lines."""
        if self._waiting is not None:
            self._settle(None)
        self.unreadable[self._attempt] += self._behind
        self._behind = 0
        self._ends[self._attempt] = self._next
        for (attempt, seq), (path, line) in self._early.items():
            if seq >= self._ends.get(attempt, 0):  # the number was never reached: it is not the line's own
                self.marks.displaced[path].discard(line)
                self.marks.unfit[path].add(line)
                self.unreadable[attempt] += 1

    def _settle(self, after: Number | None) -> None:
        """Place the line that waits, as the number after it is known, None at the end of the log."""
        assert self._waiting is not None
        (path, line, number), self._waiting = self._waiting, None
        since, self._behind = self._behind, self._before
        self._place(path, line, number, after)
        self._behind += since

    @property
    def absent(self) -> Counter[int]:
        """By attempt how many numbers no line carries below the highest one."""
        found: Counter[int] = Counter()
        for gap in self.gaps:
            found[gap.attempt] += gap.count
        return found

    def _place(self, path: Path, line: int, number: Number, after: Number | None) -> None:
        expected = (self._attempt, self._next)
        if number in self._early:
            self._repeated(path, line, number)
        elif after == expected and number > expected:
            self._early[number] = (path, line)
            self._displaced(path, line, number, f"before number {self._next}")
        elif after == (self._attempt, self._next + 1):
            what = f"carries number {number[1]} of attempt {number[0]} where number {self._next} belongs"
            self.marks.damaged("wrong number", path, line, what)
            self.marks.unfit[path].add(line)
            self.gaps.append(Gap(self._attempt, self._next, self._next, path, line, unreadable=1))
            self._next += 1
            self._skip_early()
        elif number > expected:
            self._jump(path, line, number)
        elif self._fill(path, line, number):
            self._displaced(path, line, number, f"behind number {self._next - 1}")
        else:
            self._repeated(path, line, number)

    def _accept(self, number: Number) -> None:
        self._attempt, seq = number
        self.unreadable[self._attempt] += self._behind
        self._behind = 0
        self._next = seq + 1
        if self._early:
            self._skip_early()

    def _skip_early(self) -> None:
        while (self._attempt, self._next) in self._early:
            self._next += 1

    def _jump(self, path: Path, line: int, number: Number) -> None:
        attempt, seq = number
        first = self._next if attempt == self._attempt else 0
        if attempt != self._attempt:
            self._ends[self._attempt] = self._next
        while (attempt, first) in self._early:
            first += 1
        if first < seq:
            self.gaps.append(Gap(attempt, first, seq - 1, path, line, min(self._behind, seq - first)))
        self._accept(number)

    def _fill(self, path: Path, line: int, number: Number) -> bool:
        """Whether the number was missing until now."""
        attempt, seq = number
        if attempt != self._attempt and seq >= (end := self._ends.get(attempt, 0)):
            if seq > end:
                insort(self.gaps, Gap(attempt, end, seq - 1, path, line, 0), key=_place_of)
            self._ends[attempt] = seq + 1
            return True
        place = bisect_right(self.gaps, number, key=_place_of) - 1
        gap = self.gaps[place] if place >= 0 else None
        if gap is None or gap.attempt != attempt or not gap.first <= seq <= gap.last:
            return False
        rest = [(gap.first, seq - 1), (seq + 1, gap.last)]
        left, pieces = gap.unreadable, []
        for first, last in rest:
            if first <= last:
                told = min(left, last - first + 1)
                pieces.append(Gap(attempt, first, last, gap.path, gap.line, told))
                left -= told
        self.gaps[place : place + 1] = pieces
        return True

    def _displaced(self, path: Path, line: int, number: Number, where: str) -> None:
        what = f"number {number[1]} of attempt {number[0]} stands {where}: the order was changed"
        self.marks.damaged("unordered line", path, line, what)
        self.marks.displaced[path].add(line)

    def _repeated(self, path: Path, line: int, number: Number) -> None:
        self.marks.damaged(
            "repeated line", path, line, f"number {number[1]} of attempt {number[0]} stands here a second time"
        )
        self.marks.unfit[path].add(line)


def _place_of(gap: Gap) -> Number:
    return gap.attempt, gap.first
