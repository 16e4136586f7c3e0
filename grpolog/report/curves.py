"""From the values of a history to a curve of bounded size.

Up to 2,048 values a curve is exact. Longer ones become 1,080 buckets of equal width in steps, each with mean,
lowest and highest value; every sixth edge is an edge of the 180 buckets that the static chart draws, so that
nothing is averaged twice askew.
"""

import numpy as np
from numpy.typing import NDArray

from grpolog.report.model import Band, Curve, Series

EXACT = 2048
BUCKETS = 1080
_LISTED = 8  # steps with non-finite values that are named one by one

Floats = NDArray[np.float64]


def series(
    label: str,
    metric: str,
    x: Floats,
    y: Floats,
    *,
    spread: Floats | None = None,
    within: tuple[Floats, Floats] | None = None,
    ghosts: tuple[tuple[Floats, Floats], ...] = (),
    sparse: bool = False,
) -> Series:
    """A series with its curve and the figures that are taken from all of its values.

    Args:
        label: its name in the legend.
        metric: its canonical name.
        x: steps, ascending.
        y: values at these steps; NaN and infinities are gaps and counted.
        spread: standard deviation at these steps; the band is then mean ± spread.
        within: lowest and highest single value at these steps, which the band does not pass.
        ghosts: (x, y) of superseded tails.
        sparse: draw points.
    """
    finite = np.isfinite(y)
    known, steps = y[finite], x[finite]
    tenth = max(1, len(known) // 10)
    band: Band = "std" if spread is not None else "range" if len(x) > EXACT else "none"
    low, high = (y - spread, y + spread) if spread is not None else (y, y)
    if within is not None:
        low, high = np.fmax(low, np.fmin(within[0], y)), np.fmin(high, np.fmax(within[1], y))
    return Series(
        label=label,
        metric=metric,
        curve=_curve(x, y, low, high, band),
        band=band,
        sparse=sparse,
        ghosts=tuple(_curve(gx, gy, gy, gy, "none") for gx, gy in ghosts if len(gx)),
        logged=len(y),
        non_finite=int((~finite).sum()),
        non_finite_steps=tuple(int(step) for step in x[~finite][:_LISTED]),
        first=float(known[:tenth].mean()) if len(known) else None,
        last=float(known[-1]) if len(known) else None,
        end=float(known[-tenth:].mean()) if len(known) else None,
        lowest=_at(steps, known, int(known.argmin())) if len(known) else None,
        highest=_at(steps, known, int(known.argmax())) if len(known) else None,
    )


def reduce(curve: Curve, buckets: int, band: Band = "range") -> Curve:
    """`curve` as at most `buckets` buckets of equal width in x; as it is when it has no more points than that.

    A bucket's mean weighs its points by their counts. Its band is the smallest `low` and the largest `high`, or
    their means where the band is a standard deviation. Buckets without a finite value are gaps if they hold a
    point at all, and are left out otherwise.
    """
    if len(curve.x) <= buckets:
        return curve
    x, y = np.array(curve.x), np.array(curve.y)
    low = np.array(curve.low) if curve.low else y
    high = np.array(curve.high) if curve.high else y
    count = np.array(curve.count, dtype=np.float64) if curve.count else np.ones(len(x))
    return _bucketed(x, y, low, high, count, buckets, band)


def means(curve: Curve, buckets: int) -> Curve:
    """`curve` as at most `buckets` means, without its band."""
    fewer = reduce(curve, buckets)
    return Curve(fewer.x, fewer.y, count=fewer.count)


def mean_points(x: Floats, y: Floats, points: int) -> tuple[float, ...]:
    """At most `points` bucket means of the finite values, for a sparkline."""
    finite = np.isfinite(y)
    curve = _curve(x[finite], y[finite], y[finite], y[finite], "none")
    return reduce(curve, points).y


def _curve(x: Floats, y: Floats, low: Floats, high: Floats, band: Band) -> Curve:
    y = np.where(np.isfinite(y), y, np.nan)
    if len(x) > EXACT:
        return _bucketed(x, y, low, high, np.ones(len(x)), BUCKETS, band if band != "none" else "range")
    if band == "none":
        return Curve(tuple(x.tolist()), tuple(y.tolist()))
    return Curve(tuple(x.tolist()), tuple(y.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _bucketed(x: Floats, y: Floats, low: Floats, high: Floats, count: Floats, buckets: int, band: Band) -> Curve:
    left, width = x[0], (x[-1] - x[0]) or 1.0
    place = np.minimum(((x - left) * (buckets / width)).astype(np.int64), buckets - 1)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    finite = np.isfinite(y)
    weight = np.where(finite, count, 0.0)
    total = np.add.reduceat(weight, starts)

    def weighted(values: Floats) -> Floats:
        summed = np.add.reduceat(np.where(finite, values, 0.0) * weight, starts)
        mean: Floats = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
        return mean

    if band == "std":
        edges = weighted(low), weighted(high)
    else:
        lowest = np.minimum.reduceat(np.where(finite, low, np.inf), starts)
        highest = np.maximum.reduceat(np.where(finite, high, -np.inf), starts)
        edges = np.where(total > 0, lowest, np.nan), np.where(total > 0, highest, np.nan)
    points = np.add.reduceat(np.ones(len(x)), starts)
    return Curve(
        tuple((np.add.reduceat(x, starts) / points).tolist()),
        tuple(weighted(y).tolist()),
        tuple(edges[0].tolist()),
        tuple(edges[1].tolist()),
        tuple(int(n) for n in total),
    )


def _at(steps: Floats, values: Floats, index: int) -> tuple[float, float]:
    return float(steps[index]), float(values[index])
