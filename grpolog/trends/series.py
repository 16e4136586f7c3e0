"""One metric over cycles: window means, the best level so far, the noise.

All is made of elementwise operations (sums by doubling, running extremes), so that a value depends on the cycles it
looks back on and never on how the rows were handed over.
"""

import math
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grpolog.trends.table import Floats

Memory = MutableMapping[tuple[str, str, int], Any]
"""What is carried beyond the tail: extremes and first levels by series, kind and window."""

_ROWS = 64
"""Differences of neighbours behind the noise of a cycle."""

_BLOCKS = 256
"""Differences of means of 8 behind the noise that neighbours share."""

_NORMAL = math.sqrt(math.pi) / 2
"""Standard deviation over the mean absolute difference of two normal values."""

SIGNIFICANCE = 4.0
"""Standard errors that a change must exceed. Results hardly depend on it between 3 and 6."""


@dataclass(slots=True)
class Series:
    """A metric's values by cycle (or by evaluation), of which those from `first` on are to be judged.

    Every method but `means` returns one value per new entry.
    """

    name: str
    values: Floats
    first: int
    before: int
    """Entries before index 0."""

    memory: Memory
    _made: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values) - self.first

    @property
    def now(self) -> Floats:
        """The new values."""
        return self.values[self.first :]

    @property
    def count(self) -> Floats:
        """Entries so far, each new one included."""
        return self.before + self.first + np.arange(1, len(self) + 1, dtype=np.float64)

    def like(self, kind: str, values: Floats) -> "Series":
        """A series made of this one entry by entry."""
        return Series(f"{self.name}|{kind}", values, self.first, self.before, self.memory)

    def map(self, kind: str, function: Callable[[Floats], Floats]) -> "Series":
        """The series of `function(values)`, made once."""
        key = ("map", kind)
        if key not in self._made:
            self._made[key] = self.like(kind, function(self.values))
        found: Series = self._made[key]
        return found

    def log(self) -> "Series":
        """Median of three neighbours of the logarithm: for heavy tails. Values that are not positive are missing."""
        return self.map("log", lambda values: _middle(_logarithm(values)))

    def means(self, window: int) -> Floats:
        """Mean of the `window` (a power of two) values up to each entry, tail included; NaN where it is not full."""
        key = ("means", window)
        if key not in self._made:
            if window == 1:
                self._made[key] = self.values
            else:
                half = self.means(window // 2)
                self._made[key] = 0.5 * (half + _shifted(half, window // 2))
        found: Floats = self._made[key]
        return found

    def mean(self, window: int) -> Floats:
        """Mean of the `window` values up to each new entry."""
        return self.means(window)[self.first :]

    def past(self, window: int, lag: int) -> Floats:
        """Mean of `window` values, `lag` entries ago."""
        return _shifted(self.means(window), lag)[self.first :]

    def highest(self, window: int) -> Floats:
        """The highest mean of `window` values before the window that ends now; NaN before there is one."""
        return self._extreme("highest", window, np.fmax)

    def lowest(self, window: int) -> Floats:
        """The lowest mean of `window` values before the window that ends now."""
        return self._extreme("lowest", window, np.fmin)

    def beginning(self, window: int) -> Floats:
        """The first full window's mean; NaN before it."""
        key = ("beginning", window)
        if key not in self._made:
            mark = (self.name, "beginning", window)
            old = self.memory.get(mark, math.nan)
            found = self.mean(window)
            if not math.isfinite(old):
                there = np.flatnonzero(np.isfinite(found))
                result = np.full(len(self), np.nan)
                if len(there):
                    result[there[0] :] = found[there[0]]
                    self.memory[mark] = float(found[there[0]])
            else:
                result = np.full(len(self), old)
            self._made[key] = result
        made: Floats = self._made[key]
        return made

    def trend(self) -> tuple[Floats, Floats]:
        """Rise over the whole history so far by least squares, and its standard error."""
        mark = (self.name, "sums", 0)
        there = np.isfinite(self.now)
        values = np.where(there, self.now, 0.0)
        sums = []
        old = self.memory.get(mark, (0.0, 0.0, 0.0))
        number = np.cumsum(np.concatenate(([old[0]], there.astype(np.float64))))[1:]
        for carried, terms in zip(old[1:], (values, values * number), strict=True):
            sums.append(np.cumsum(np.concatenate(([carried], terms)))[1:])
        if len(self):
            self.memory[mark] = (float(number[-1]), float(sums[0][-1]), float(sums[1][-1]))
        slope = (sums[1] - 0.5 * (number + 1.0) * sums[0]) / (number * (number * number - 1.0) / 12.0)
        return slope * number, self.noise() * np.sqrt(12.0 / np.maximum(number, 1.0))

    def noise(self, lag: int = 0) -> Floats:
        """Standard deviation of one value, `lag` entries ago: from differences of neighbours and, where neighbours
        hang together, of means of 8. Few differences make it larger. NaN before there are 3.
        """
        key = ("noise", lag)
        if key not in self._made:
            self._made[key] = _shifted(self._noises(), lag)[self.first :]
        found: Floats = self._made[key]
        return found

    def drop(self, window: int) -> "Change":
        """How far the window that ends now lies below the best level before it."""
        return self._change(window, self.highest(window), sign=1.0)

    def rise(self, window: int) -> "Change":
        """How far the window that ends now lies above the lowest level before it."""
        return self._change(window, self.lowest(window), sign=-1.0)

    def _change(self, window: int, reference: Floats, *, sign: float) -> "Change":
        now = self.mean(window)
        noise = self.noise(window)
        error = noise * math.sqrt(2.0 / window)
        windows = np.maximum(self.count / window, 1.0)
        luck = noise * np.sqrt(2.0 * np.log(windows) / window)  # the best of many windows is best by luck too
        return Change(reference, now, sign * (reference - now), error, luck)

    def _noises(self) -> Floats:
        key = "noises"
        if key in self._made:
            made: Floats = self._made[key]
            return made
        near = _averaged(np.abs(self.values - _shifted(self.values, 1)), _ROWS, least=3)
        eights = self.means(8)
        bends = eights - 2.0 * _shifted(eights, 8) + _shifted(eights, 16)  # a steady rise is no noise
        far = _averaged(np.abs(bends), _BLOCKS, least=24) * math.sqrt(8.0 / 3.0)
        noises = _NORMAL * np.fmax(near, far)
        self._made[key] = noises
        return noises

    def _extreme(self, kind: str, window: int, pick: Any) -> Floats:
        key = (kind, window)
        if key not in self._made:
            mark = (self.name, kind, window)
            earlier = _shifted(self.means(window), window)[self.first :]
            found = pick.accumulate(np.concatenate(([self.memory.get(mark, math.nan)], earlier)))[1:]
            if len(found):
                self.memory[mark] = float(found[-1])
            self._made[key] = found
        made: Floats = self._made[key]
        return made


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

    def significant(self, times: float = SIGNIFICANCE) -> NDArray[np.bool_]:
        """Whether it is more than noise."""
        return self.size - self.luck > times * self.error


def _shifted(values: Floats, lag: int) -> Floats:
    if not lag:
        return values
    found = np.full(len(values), np.nan)
    if lag < len(values):
        found[lag:] = values[:-lag]
    return found


def _averaged(values: Floats, window: int, least: int) -> Floats:
    """Mean of what is there of the last `window` values, somewhat larger the fewer they are; NaN below `least`."""
    there = np.isfinite(values)
    whole = there.all()
    sums = values if whole else np.where(there, values, 0.0)
    counts = np.minimum(np.arange(1.0, len(values) + 1.0), window) if whole else _summed(there.astype(float), window)
    sums = _summed(sums, window)
    return np.where(counts >= least, sums / np.maximum(counts, 1.0) * (1.0 + 1.0 / np.maximum(counts, 1.0)), np.nan)


def _summed(values: Floats, window: int) -> Floats:
    """Sum of the last `window` values (a power of two), of those there are at the beginning."""
    width = 1
    while width < window and width < len(values):
        longer = values.copy()
        longer[width:] += values[:-width]
        values, width = longer, 2 * width
    return values


def _logarithm(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def _middle(values: Floats) -> Floats:
    """Median of each value and the two before it; at the beginning, and beside missing ones, the value itself."""
    one, two = _shifted(values, 1), _shifted(values, 2)
    middle = np.maximum(np.minimum(values, one), np.minimum(np.maximum(values, one), two))
    return np.where(np.isnan(middle), values, middle)
