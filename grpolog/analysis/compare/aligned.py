"""Two or more series over the part of the axis that all of them reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from grpolog.trends.table import Floats

SHARE: Final = 0.25
"""Last part of the common range that is compared."""

WIDER: Final = 0.5
"""The part where the last quarter holds too few values of a series."""

_BINS: Final = 60
_SHARED = 0.5  # of the smaller series' places: from here on values are paired by place

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Values:
    """Finite values, x ascending."""

    x: Floats
    y: Floats

    def within(self, window: Window) -> "Values":
        """Those in the window, its edges included."""
        inside = (self.x >= window[0]) & (self.x <= window[1])
        return Values(self.x[inside], self.y[inside])


def window_of(series: Sequence[Values], enough: int) -> Window | None:
    """The last part of the range that all series cover, a larger one where a series has fewer than `enough` values
    there; None where there is none.
    """
    if any(not len(values.x) for values in series):
        return None
    begin, end = max(float(v.x[0]) for v in series), min(float(v.x[-1]) for v in series)
    if begin > end:
        return None
    window = (end - SHARE * (end - begin), end)
    if min(len(values.within(window).x) for values in series) < enough:
        window = (end - WIDER * (end - begin), end)
    return window


def paired(one: Values, other: Values, window: Window) -> tuple[Floats, Floats]:
    """Values of both within a window that belong together: of the same place where they share places, else the means
    of bins of equal width. What both have in common, such as the difficulty of a batch, then cancels out.
    """
    one, other = one.within(window), other.within(window)
    _, mine, theirs = np.intersect1d(one.x, other.x, return_indices=True)
    if len(mine) >= _SHARED * min(len(one.x), len(other.x)):
        return one.y[mine], other.y[theirs]
    bins = min(len(one.x), len(other.x), _BINS)
    means = [_means(values, window, bins) for values in (one, other)]
    both = np.isfinite(means[0]) & np.isfinite(means[1])
    return means[0][both], means[1][both]


def reached(values: Values, level: float, *, up: bool = True) -> float | None:
    """Where the running mean of a twentieth of the values first is at `level`; None where it never is."""
    width = max(1, len(values.y) // 20)
    if not len(values.y):
        return None
    sums = np.cumsum(np.insert(values.y, 0, 0.0))
    means = (sums[width:] - sums[:-width]) / width
    there = np.flatnonzero(means >= level if up else means <= level)
    return float(values.x[there[0] + width - 1]) if len(there) else None


def _means(values: Values, window: Window, bins: int) -> Floats:
    """Mean of each bin, NaN of an empty one."""
    span = (window[1] - window[0]) or 1.0
    place = np.minimum(((values.x - window[0]) * (bins / span)).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    sums = np.bincount(place, weights=values.y, minlength=bins)
    means: Floats = np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)
    return means
