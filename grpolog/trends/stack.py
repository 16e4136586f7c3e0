"""Metrics over cycles, several at once: window means, extremes, noise.

All is made of elementwise operations (sums by doubling, running extremes), so that a value depends on the cycles it
looks back on and never on how the rows were handed over.
"""

import math
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grpolog.trends.table import Floats

Memory = MutableMapping[tuple[str, str, int], Any]
"""What is carried beyond the tail: extremes and first levels by series, kind and window."""

_ROWS = 64
"""Differences of neighbours behind the noise of a cycle."""

_BLOCKS = 256
"""Differences of means of 8 behind the noise that neighbours share."""

_NORMAL = math.sqrt(math.pi) / 2
"""Standard deviation over the mean absolute difference of two normal values."""

_NONE = np.empty(0)


@dataclass(slots=True)
class Stack:
    """Series of one clock, worked out together: on short arrays numpy charges by the call, not by the value.

    Arrays are series by entries; those handed out are views and must not be written to. Every level that a rule
    compares with has to be asked for whenever there are new entries: those of skipped entries would not count.
    """

    name: str
    values: Floats
    """Entries from `first` on are to be judged."""

    first: int
    before: int
    """Entries before index 0."""

    memory: Memory
    _means: dict[int, Floats] = field(default_factory=dict)
    _made: dict[Any, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.values.shape[1]) - self.first

    def count(self) -> Floats:
        """Entries so far, each new one included."""
        found = self._made.get("count")
        if found is None:
            start = float(self.before + self.first)
            self._made["count"] = found = np.arange(start + 1.0, start + len(self) + 1.0)
        return found

    def luck(self, window: int) -> Floats:
        """How far the best of all windows so far lies above their mean by chance, in deviations of one value."""
        found = self._made.get(("luck", window))
        if found is None:
            found = np.sqrt(2.0 * np.log(np.maximum(self.count() / window, 1.0)) / window)
            self._made["luck", window] = found
        return found

    def means(self, window: int) -> Floats:
        """Mean of the `window` (a power of two) values up to each entry, old ones too; NaN where it is not full."""
        if window == 1:
            return self.values
        found = self._means.get(window)
        if found is None:
            half = window // 2
            found = _plus_earlier(self.means(half), half)
            found[:, :half] = np.nan
            found *= 0.5
            self._means[window] = found
        return found

    def noises(self) -> Floats:
        """Standard deviation of one value, at each entry, old ones too."""
        found = self._made.get("noises")
        if found is None:
            near = _averaged(np.abs(self.values - _shifted(self.values, 1)), _ROWS, least=3)
            eights = self.means(8)
            bends = eights - 2.0 * _shifted(eights, 8) + _shifted(eights, 16)  # a steady rise is no noise
            far = _averaged(np.abs(bends), _BLOCKS, least=24) * math.sqrt(8.0 / 3.0)
            self._made["noises"] = found = _NORMAL * np.fmax(near, far)
        return found

    def extremes(self, pick: np.ufunc, window: int) -> Floats:
        """The extreme mean of `window` values before the window that ends with each new entry; NaN before there is
        one. `pick` is fmax or fmin.
        """
        mark = (self.name, pick.__name__, window)
        found = self._made.get(mark)
        if found is None:
            levels = np.full((len(self.values), len(self) + 1), np.nan)
            old = self.memory.get(mark, _NONE)
            levels[: len(old), 0] = old
            start = self.first - window
            levels[:, 1 + max(0, -start) :] = self.means(window)[:, max(0, start) : max(0, start + len(self))]
            pick.accumulate(levels, axis=1, out=levels)
            self.memory[mark] = levels[:, -1].copy()
            self._made[mark] = found = levels[:, 1:]
        return found


def _shifted(values: Floats, lag: int) -> Floats:
    """A new array of the values `lag` entries ago."""
    found = np.empty_like(values)
    found[..., :lag] = np.nan
    found[..., lag:] = values[..., : max(0, values.shape[-1] - lag)]
    return found


def _averaged(values: Floats, window: int, least: int) -> Floats:
    """Mean of what is there of the last `window` values, somewhat larger the fewer they are; NaN below `least`."""
    there = np.isfinite(values)
    found = _summed(np.where(there, values, 0.0), window)
    if (there == there[:1]).all():
        there = there[:1]
    counts = there.cumsum(axis=1)
    counts[:, window:] -= counts[:, :-window]
    share = 1.0 / np.maximum(counts, 1)
    found *= np.where(counts < least, np.nan, share * (1.0 + share))
    return found


def _summed(values: Floats, window: int) -> Floats:
    """Sum of the last `window` values (a power of two), of those there are at the beginning."""
    width = 1
    while width < window and width < values.shape[1]:
        longer = _plus_earlier(values, width)
        longer[:, :width] = values[:, :width]
        values, width = longer, 2 * width
    return values


def _plus_earlier(values: Floats, lag: int) -> Floats:
    """A new array of each value plus that of `lag` entries ago; without meaning in the first `lag` of a row.

    The rows are added as one: whole arrays are several times quicker than parts of rows.
    """
    found = np.empty_like(values)
    flat = values.reshape(-1)
    np.add(flat[lag:], flat[: max(0, len(flat) - lag)], out=found.reshape(-1)[lag:])
    return found


def smooth_log(values: Floats) -> Floats:
    """Median of the logarithms of each value and the two before it; at the beginning, and beside missing ones, of the
    value itself. Values that are not positive are missing.
    """
    values = np.log(np.where(values > 0, values, np.nan))
    one, two = _shifted(values, 1), _shifted(values, 2)
    middle = np.maximum(np.minimum(values, one), np.minimum(np.maximum(values, one), two))
    return np.where(np.isnan(middle), values, middle)
