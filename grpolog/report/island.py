"""The curves of a page as data for its script: some ten bits a value instead of twenty characters.

A value is a whole number of steps of its curve's own scale, linear or, where a curve has heavy tails or spans
decades, the inverse hyperbolic sine of the distance from its middle. What is read differs from the curve by less than
half a pixel of a chart, and by less than 0.5 % of the value, of its distance from the middle, or of the width of the
central 96 % (of fewer than 32: of all), whichever is largest; first, last, lowest and highest values are exact. 0
stands for what is not finite.

Layout of the bytes, before deflate and base64: the step arrays, each as the differences of unsigned 32 bit numbers in
four planes of bytes, lowest first; then the low bytes of all curves, then their high bytes. A curve is `y` as
differences modulo 65,536, zigzag (0, -1, 1, -2 ... are 0, 1, 2, 3), then, with a band, `y - low` and `high - y`.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grpolog.report.charts.draw import banded
from grpolog.report.curves import BUCKETS, reduce
from grpolog.report.model import Panel, Series
from grpolog.report.page import packed

Floats = NDArray[np.float64]
Words = NDArray[np.uint16]

LEVELS: Final = 4094
"""Levels of a linear scale: 12 bits without the one that says that a value is not finite."""

_MOST = 65_534
_ERROR = 0.002  # largest relative error of a bent scale, and of the distance from its middle
_HEAVY = 0.05  # a scale is bent where the central 96 % of the values lie within this share of their range
_ENOUGH = 32  # ... and where there are so many of them: of fewer, none is a tail
_DECADES = 100.0  # ... or where none is negative and the largest is this many times the smallest
_FINEST = 2.0**24  # parts of a range of steps that are no whole numbers
_NARROWEST = 1e-30  # of a range: below this a bent scale is straight


@dataclass(frozen=True, slots=True)
class Island:
    """What stands in a page for its script."""

    head: dict[str, Any]
    """Names, scales and exact values, as JSON."""

    body: str
    """The bytes, deflated, base64."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to its level, counted from 1, and back."""

    low: float
    step: float
    middle: float = 0.0
    bend: float = 0.0
    """Distance from the middle within which a bent scale is nearly straight; 0 for a linear one."""

    def bent(self, values: Floats) -> Floats:
        """The values on a scale whose steps are equal."""
        return np.arcsinh((values - self.middle) / self.bend) if self.bend else values

    def levels(self, values: Floats) -> Words:
        """The level of each value; 0 of what is not finite."""
        finite = np.isfinite(values)
        found = np.rint((self.bent(np.where(finite, values, self.middle)) - self.low) / self.step) + 1
        return np.where(finite, np.clip(found, 1, _MOST), 0).astype(np.uint16)

    def values(self, levels: Words) -> Floats:
        """The value of each level, as the script reads it."""
        even = self.low + (levels.astype(np.float64) - 1) * self.step
        known = self.middle + self.bend * np.sinh(even) if self.bend else even
        return np.where(levels == 0, np.nan, known)


def island(panels: Iterable[Panel], buckets: int = BUCKETS) -> Island:
    """The curves of these panels, those that share their steps sharing them here too.

    Args:
        panels: the panels, in the order of the page.
        buckets: points of a curve, where it is not to be taken as it is: longer ones become so many means.
    """
    steps: dict[tuple[float, ...], int] = {}
    words: list[Words] = []
    head = [_panel(panel, buckets, steps, words) for panel in panels]
    scales, deltas = [], []
    for x in steps:
        first, unit, delta = _steps(np.array(x))
        scales.append([len(x), first, unit])
        deltas.append(np.ascontiguousarray(delta.astype("<u4")).view(np.uint8).reshape(-1, 4).T.tobytes())
    both = np.concatenate(words) if words else np.empty(0, np.uint16)
    raw = b"".join((*deltas, (both & 255).astype(np.uint8).tobytes(), (both >> 8).astype(np.uint8).tobytes()))
    return Island({"x": scales, "panels": [panel for panel in head if panel["series"]]}, packed(raw))


def scale_of(y: Floats, low: Floats, high: Floats) -> Scale:
    """The scale for a curve and its band, all of them finite.

    Args:
        y: the line.
        low: lower edge of the band, or `y`.
        high: upper edge of the band, or `y`.
    """
    if not len(y):
        return Scale(0.0, 1.0)
    least, most = float(low.min()), float(high.max())
    span = most - least
    if not 0 < span < math.inf:
        return Scale(least, 1.0)
    # as the axis of a chart, values themselves: else one spike among 41 would lie within the central 96 %
    left, right = np.quantile(y, 0.02, method="higher"), np.quantile(y, 0.98, method="lower")
    positive = low[low > 0] if least >= 0 else low[:0]
    if len(y) >= _ENOUGH and right - left < _HEAVY * span:
        middle = float(np.median(y))
        apart = np.abs(np.concatenate((y, low, high)) - middle)
        bend = float(right - left) / 8 or float(apart[apart > 0].min())
    elif len(positive) and most > _DECADES * (smallest := float(np.quantile(positive, 0.01))):
        middle, bend = 0.0, smallest
    else:
        return Scale(least, span / LEVELS)
    bend = max(bend, span * _NARROWEST)
    ends = np.arcsinh((np.array((least, most)) - middle) / bend)
    levels = min(max(LEVELS, math.ceil((ends[1] - ends[0]) / (2 * _ERROR))), _MOST - 1)
    return Scale(float(ends[0]), float(ends[1] - ends[0]) / levels, middle, bend)


def _panel(panel: Panel, buckets: int, steps: dict[tuple[float, ...], int], words: list[Words]) -> dict[str, Any]:
    return {
        "key": panel.key,
        "title": panel.title,
        "unit": panel.unit,
        "bounds": panel.bounds,
        "stacked": panel.stacked,
        "across": panel.across,
        "bands": banded(panel),
        "series": [
            {
                "label": line.label,
                "metric": line.metric,
                "sparse": line.sparse,
                "logged": line.logged,
                "exact": line.exact,
                "curves": list(_curves(line, buckets, steps, words)),
            }
            for line in panel.series
            if line.logged
        ],
    }


def _curves(
    line: Series, buckets: int, steps: dict[tuple[float, ...], int], words: list[Words]
) -> Iterator[dict[str, Any]]:
    for whole in (line.curve, *line.ghosts):
        curve = whole if buckets >= BUCKETS else reduce(whole, buckets, "std" if line.band == "std" else "range")
        y = np.array(curve.y)
        low, high = (np.array(curve.low), np.array(curve.high)) if curve.low else (y, y)
        finite = np.isfinite(y)
        scale = scale_of(y[finite], low[finite], high[finite])
        levels = scale.levels(y)
        delta = np.diff(levels, prepend=np.uint16(0)).view(np.int16)
        words.append(((delta << 1) ^ (delta >> 15)).view(np.uint16))
        if curve.low:
            words.append(np.where(finite, levels - scale.levels(low), 0))
            words.append(np.where(finite, scale.levels(high) - levels, 0))
        yield {
            "x": steps.setdefault(curve.x, len(steps)),
            "band": len(curve.low) > 0,
            "std": line.band == "std",
            "scale": [scale.low, scale.step, scale.middle, scale.bend],
            "exact": sorted(_exact(y, low, high, finite).items()),
        }


def _exact(y: Floats, low: Floats, high: Floats, finite: NDArray[np.bool_]) -> dict[int, float]:
    """Values by their place in `y`, `low` and `high`, one after another."""
    known = np.flatnonzero(finite)
    if not len(known):
        return {}
    n = len(y)
    places = {int(known[0]), int(known[-1]), int(known[y[known].argmin()]), int(known[y[known].argmax()])}
    found = {place: float(y[place]) for place in places}
    if low is not y:
        least, most = int(known[low[known].argmin()]), int(known[high[known].argmax()])
        found |= {n + least: float(low[least]), 2 * n + most: float(high[most])}
    return found


def _steps(x: Floats) -> tuple[float, float, NDArray[np.uint32]]:
    """First step, unit, and differences in units: exact for whole numbers, within 1e-7 of the range for others."""
    first, span = float(x[0]), float(x[-1] - x[0])
    whole = span < 2**32 and bool((x == np.rint(x)).all())
    unit = 1.0 if whole else span / _FINEST
    places = np.rint((x - first) / unit).astype(np.uint64)
    return first, unit, np.diff(places, prepend=np.uint64(0)).astype(np.uint32)
