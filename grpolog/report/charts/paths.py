"""SVG paths through points, with what is not there left open."""

import math

import numpy as np

from grpolog.report.charts.frame import Frame
from grpolog.report.model import Curve

# A hole in the steps this many times the usual spacing is a gap in the log, not a straight line.
_GAP = 8.0


def path(frame: Frame, curve: Curve, *, joined: bool) -> tuple[str, list[tuple[float, float]]]:
    """The path through the finite points, and the points that have no finite neighbour to be joined to."""
    pieces, single = [], []
    for run in runs(curve, joined=joined):
        points = [frame.at(curve.x[i], curve.y[i]) for i in run]
        if len(points) == 1:
            single += points
        else:
            pieces.append(polyline(points))
    return "".join(pieces), single


def runs(curve: Curve, *, joined: bool) -> list[list[int]]:
    """Indices of finite points, split at NaN and at holes in the steps unless `joined`."""
    spacing = np.diff(np.array(curve.x))
    hole = _GAP * float(np.median(spacing)) if len(spacing) and not joined else math.inf
    runs: list[list[int]] = [[]]
    for index, y in enumerate(curve.y):
        if not math.isfinite(y):
            runs.append([])
            continue
        if runs[-1] and curve.x[index] - curve.x[runs[-1][-1]] > hole:
            runs.append([])
        runs[-1].append(index)
    return [run for run in runs if run]


def polyline(points: list[tuple[float, float]]) -> str:
    """Relative path with one decimal; rounding is carried on, so that it does not add up."""
    x, y = round(points[0][0], 1), round(points[0][1], 1)
    text = [f"M{x:g} {y:g}"]
    for px, py in points[1:]:
        dx, dy = round(px - x, 1), round(py - y, 1)
        x, y = x + dx, y + dy
        text.append(f"l{dx:g}{dy:g}" if dy < 0 else f"l{dx:g} {dy:g}")
    return "".join(text)


def polygon(points: list[tuple[float, float]]) -> str:
    """As `polyline`, closed."""
    return polyline(points) + "Z"
