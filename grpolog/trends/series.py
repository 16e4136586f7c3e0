"""One metric over cycles: window means, the best level so far, the noise."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grpolog.trends.stack import Memory, Stack, smooth_log
from grpolog.trends.table import Floats, Mask

_ROUNDING = 1e-6

SIGNIFICANCE = 4.0
"""Standard errors that a change must exceed. Results hardly depend on it between 3 and 6."""


@dataclass(slots=True)
class Series:
    """A metric's values by cycle (or by evaluation); every method returns one value per new entry."""

    name: str
    stack: Stack
    row: int
    """Its place in the stack."""

    logs: "Series | None" = None
    """Its logarithm, where it stands in a stack already."""

    _made: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def alone(cls, name: str, values: Floats, first: int, before: int, memory: Memory) -> "Series":
        """A series in a stack of its own."""
        return cls(name, Stack(name, values[np.newaxis], first, before, memory), 0)

    def __len__(self) -> int:
        return len(self.stack)

    @property
    def values(self) -> Floats:
        """All values at hand, those before the new ones included."""
        found: Floats = self.stack.values[self.row]
        return found

    @property
    def now(self) -> Floats:
        """The new values."""
        return self._ago(self.stack.values, 0)

    @property
    def count(self) -> Floats:
        """Entries so far, each new one included."""
        return self.stack.count()

    def like(self, kind: str, values: Floats) -> "Series":
        """A series made of this one entry by entry."""
        stack = self.stack
        return Series.alone(f"{self.name}|{kind}", values, stack.first, stack.before, stack.memory)

    def map(self, kind: str, function: Callable[[Floats], Floats]) -> "Series":
        """The series of `function(values)`, made once."""
        if kind not in self._made:
            self._made[kind] = self.like(kind, function(self.values))
        found: Series = self._made[kind]
        return found

    def log(self) -> "Series":
        """Median of three neighbours of the logarithm: for heavy tails. Values that are not positive are missing."""
        return self.logs or self.map("log", lambda values: smooth_log(values[np.newaxis])[0])

    def mean(self, window: int) -> Floats:
        """Mean of the `window` values up to each new entry."""
        return self._ago(self.stack.means(window), 0)

    def past(self, window: int, lag: int) -> Floats:
        """Mean of `window` values, `lag` entries ago."""
        return self._ago(self.stack.means(window), lag)

    def noise(self, lag: int = 0) -> Floats:
        """Standard deviation of one value, `lag` entries ago: from differences of neighbours and, where neighbours
        hang together, of means of 8. Few differences make it larger. NaN before there are 3.
        """
        return self._ago(self.stack.noises(), lag)

    def _ago(self, values: Floats, lag: int) -> Floats:
        start, stop = self.stack.first - lag, values.shape[1] - lag
        if start >= 0:
            found: Floats = values[self.row, start:stop]
            return found
        return np.concatenate((np.full(min(-start, stop - start), np.nan), values[self.row, : max(0, stop)]))

    def highest(self, window: int) -> Floats:
        """The highest mean of `window` values before the window that ends now; NaN before there is one."""
        found: Floats = self.stack.extremes(np.fmax, window)[self.row]
        return found

    def lowest(self, window: int) -> Floats:
        """The lowest mean of `window` values before the window that ends now."""
        found: Floats = self.stack.extremes(np.fmin, window)[self.row]
        return found

    def extremes(self) -> tuple[Floats, Floats]:
        """The lowest and the highest value so far."""
        return np.fmin(self.lowest(1), self.now), np.fmax(self.highest(1), self.now)

    def bounded(self) -> Mask:
        """Whether all values so far lie between 0 and 1, as nearly as float32 can tell: a rate, most likely."""
        low, high = self.extremes()
        return (low >= -_ROUNDING) & (high <= 1.0 + _ROUNDING)

    def beginning(self, window: int) -> Floats:
        """The first full window's mean; NaN before it."""
        mark = (self.name, "beginning", window)
        if mark not in self._made:
            memory = self.stack.memory
            found = np.full(len(self), memory.get(mark, math.nan))
            if mark not in memory:
                levels = self.mean(window)
                there = np.flatnonzero(np.isfinite(levels))
                if len(there):
                    found[there[0] :] = memory[mark] = float(levels[there[0]])
            self._made[mark] = found
        made: Floats = self._made[mark]
        return made

    def trend(self) -> tuple[Floats, Floats]:
        """Rise over the whole history so far by least squares, and its standard error."""
        mark = (self.name, "sums", 0)
        there = np.isfinite(self.now)
        values = np.where(there, self.now, 0.0)
        sums = []
        old = self.stack.memory.get(mark, (0.0, 0.0, 0.0))
        number = np.cumsum(np.concatenate(([old[0]], there.astype(np.float64))))[1:]
        for carried, terms in zip(old[1:], (values, values * number), strict=True):
            sums.append(np.cumsum(np.concatenate(([carried], terms)))[1:])
        if len(self):
            self.stack.memory[mark] = (float(number[-1]), float(sums[0][-1]), float(sums[1][-1]))
        slope = (sums[1] - 0.5 * (number + 1.0) * sums[0]) / (number * (number * number - 1.0) / 12.0)
        return slope * number, self.noise() * np.sqrt(12.0 / np.maximum(number, 1.0))

    def drop(self, window: int) -> "Change":
        """How far the window that ends now lies below the best level before it."""
        before, after = self.highest(window), self.mean(window)
        return self._change(window, before, after, before - after)

    def rise(self, window: int) -> "Change":
        """How far the window that ends now lies above the lowest level before it."""
        before, after = self.lowest(window), self.mean(window)
        return self._change(window, before, after, after - before)

    def beyond(self, window: int, limit: float) -> Callable[[int], float]:
        """How many standard errors the window that ends at an entry lies above a limit."""
        return lambda i: float((self.mean(window)[i] - limit) / (self.noise()[i] * math.sqrt(1.0 / window)))

    def _change(self, window: int, before: Floats, after: Floats, size: Floats) -> "Change":
        noise = self.noise(window)
        return Change(before, after, size, noise * math.sqrt(2.0 / window), noise * self.stack.luck(window))


@dataclass(frozen=True, slots=True)
class Change:
    """A window against a level before it."""

    before: Floats
    after: Floats
    size: Floats
    """In the bad direction."""

    error: Floats
    """Standard error of the difference."""

    luck: Floats
    """What the choice of the best of many windows adds by chance."""

    def effect(self, i: int) -> float:
        """Standard errors of the change at an entry."""
        return float(self.size[i] / self.error[i])

    def significant(self, times: float = SIGNIFICANCE) -> NDArray[np.bool_]:
        """Whether it is more than noise."""
        return self.size - self.luck > times * self.error
