"""What rows and progress bars of one run show, collected as they come."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from grpolog.sources.stdout.bars import Bar, Progress
from grpolog.sources.stdout.rows import Kind

Ints = Sequence[int]


def ints() -> "array[int]":
    """An empty series, eight bytes a number."""
    return array("q")


@dataclass(slots=True)
class Seen:
    """The rows of a run, and its training bar around each of them; all series have one number a row."""

    is_train: Ints
    is_bare: Ints
    """Whether a bar had just been taken away to print the row."""

    repeats: Ints
    """Whether it is the row before once more."""

    twins: Ints
    """Whether it repeats the row before or differs from it by no more than rounding, as when a trainer prints a row
    and a callback of its user prints it, too."""

    shown: Ints
    """What the bar showed before the row; -1 where it had not come yet."""

    behind: Ints
    """What it showed first behind the row; -1 where another row came before."""

    redraws: Ints
    """How often it had been drawn again before the row."""

    redrawn: Ints
    """What it showed each time it was drawn again, one number a time."""


@dataclass(slots=True)
class Clock:
    """Rows and bars of one run so far."""

    stated: int | None = None
    """The number of steps that the trainer stated."""

    progress: Progress = field(default_factory=Progress)
    _votes: Counter[int] = field(default_factory=Counter)
    _undecided: bool = False
    _is_train: "array[int]" = field(default_factory=ints)
    _is_bare: "array[int]" = field(default_factory=ints)
    _repeats: "array[int]" = field(default_factory=ints)
    _twins: "array[int]" = field(default_factory=ints)
    _shown: dict[int, "array[int]"] = field(default_factory=dict)
    _behind: dict[int, "array[int]"] = field(default_factory=dict)
    _redraws: dict[int, "array[int]"] = field(default_factory=dict)
    _since: dict[int, int] = field(default_factory=dict)
    _before: tuple[int, object] = (0, None)

    def __len__(self) -> int:
        return len(self._is_train)

    @property
    def total(self) -> int | None:
        """The total of the training bar: as the trainer stated it, else of the bar that was there when rows came."""
        if self.stated is not None and self.stated in self.progress.last:
            return self.stated
        return max(self._votes, key=lambda total: self._votes[total], default=None)

    def goes_back(self, bar: Bar) -> bool:
        """Whether a bar shows that training was started again."""
        if not bar.total or not len(self) or self.total != bar.total:
            return False
        return bar.n < self.progress.last.get(bar.total, 0)

    def shown_at_last_row(self, total: int) -> int:
        """What a bar showed when the last row came."""
        shown = self._shown.get(total)
        return max(0, shown[-1]) if shown else 0

    def bar(self, bar: Bar) -> None:
        """Take a bar."""
        self.progress.take(bar)
        if bar.total:
            self._since.setdefault(bar.total, bar.n)
            self._votes[bar.total] += self._undecided
            self._undecided = False

    def row(self, kind: Kind, text: int, sign: object, bare: bool) -> None:
        """Take a row.

        Args:
            kind: what it speaks of.
            text: hash of its text.
            sign: equal for rows whose first numbers are the same but for rounding.
            bare: whether a bar had just been taken away to print it.
        """
        place = len(self)
        for total, n in self._since.items():
            _put(self._behind, total, place - 1, n)
        self._since.clear()
        self._is_train.append(kind == "train")
        self._is_bare.append(bare)
        self._repeats.append(text == self._before[0])
        self._twins.append(text == self._before[0] or sign == self._before[1])
        self._before = (text, sign)
        for total, n in self.progress.last.items():
            _put(self._shown, total, place, n)
            _put(self._redraws, total, place, len(self.progress.redrawn.get(total, ())))
        if kind == "train":
            if bare:
                self._undecided = True
            elif self.progress.shown is not None:
                self._votes[self.progress.shown] += 1

    def seen(self, total: int) -> Seen:
        """The rows with the bar of this total."""
        last = len(self) - 1
        if total in self._since:
            _put(self._behind, total, last, self._since[total])
        series = [by_total.get(total, ints()) for by_total in (self._shown, self._behind, self._redraws)]
        shown, behind, redraws = ([*values, *[-1] * (last + 1 - len(values))] for values in series)
        redrawn = self.progress.redrawn.get(total, [])
        return Seen(
            self._is_train, self._is_bare, self._repeats, self._twins, shown, behind, redraws=redraws, redrawn=redrawn
        )

    def counted(self) -> Ints:
        """Rows of training, counted from 1."""
        number = 0
        counted = ints()
        for is_train, repeated in zip(self._is_train, self._repeats, strict=True):
            number += is_train and not repeated
            counted.append(number)
        return counted


def _put(series: dict[int, "array[int]"], total: int, place: int, value: int) -> None:
    """Note the value of a bar at a row; -1 stands for the rows without one."""
    values = series.setdefault(total, ints())
    if place >= len(values):
        values.extend([-1] * (place - len(values)))
        values.append(value)
