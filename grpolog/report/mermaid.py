"""One small chart in the words of Mermaid, which GitHub and GitLab draw: how the total reward and the task moved.

At most POINTS points a line and LIMIT characters: hosts draw nothing where a page has too many of them. Mermaid knows
neither distances nor gaps, so the points are means over equal spans of steps, as many as leave none of them empty.
"""

import re
from typing import Final

import numpy as np

from grpolog.report.charts.palette import LIGHT
from grpolog.report.curves import Floats
from grpolog.report.model import Curve, Report, Series

POINTS: Final = 24
LIMIT: Final = 1_500
"""Characters of the chart at most."""

_NAME = 40
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_ .-]+")  # anything else could end a text of Mermaid
_HEAD: Final = (
    "---\nconfig:\n  xyChart:\n    showLegend: true\n  themeVariables:\n    xyChart:\n"
    f'      plotColorPalette: "{LIGHT[0]}, {LIGHT[1]}"\n---\n'
)
_PREFIX, _SUFFIX = "rewards/", "/mean"


def chart(report: Report) -> str:
    """The chart without its fence; empty where there are no two points to draw."""
    lines = _lines(report)
    points = next((found for n in range(POINTS, 1, -1) if (found := _means(list(lines.values()), n))), None)
    if points is None:
        return ""
    first, last, values = points
    lowest, highest = min(map(min, values)), max(map(max, values))
    room = (highest - lowest or abs(highest) or 1.0) / 20
    drawn = "\n".join(
        f'    line "{name}" [{", ".join(f"{value:.4g}" for value in line)}]'
        for name, line in zip(lines, values, strict=True)
    )
    text = (
        f"{_HEAD}xychart-beta\n"
        f'    title "{" and ".join(lines)} by step"\n'
        f'    x-axis "step" {first:.0f} --> {last:.0f}\n'
        f'    y-axis "mean" {lowest - room:.4g} --> {highest + room:.4g}\n{drawn}\n'
    )
    return text if len(text) <= LIMIT else ""


def _lines(report: Report) -> dict[str, Series]:
    """By name the total reward and the task, of what is there."""
    panels = {panel.key: panel for question in report.questions for panel in question.panels}
    found = {}
    for key in ("panel-reward", "panel-primary"):
        series = panels[key].series[0] if key in panels and panels[key].series else None
        if series is not None and "eval_" not in series.metric[:5]:
            name = (
                "total reward" if key == "panel-reward" else series.metric.removeprefix(_PREFIX).removesuffix(_SUFFIX)
            )
            plain = " ".join(_NOT_PLAIN.sub(" ", name[:_NAME]).split())
            found[plain or "the task"] = series
    return found


def _means(lines: list[Series], points: int) -> tuple[float, float, list[list[float]]] | None:
    """Steps of the first and the last point, and by line the means over equal spans; None where one would be empty."""
    if not lines:
        return None
    left = max(line.curve.x[0] for line in lines)
    width = (min(line.curve.x[-1] for line in lines) - left) / points
    if width <= 0:
        return None
    means = [_of_spans(line.curve, left, width, points) for line in lines]
    values = [mean.tolist() for mean in means if np.isfinite(mean).all()]
    return (left + width / 2, left + width * (points - 0.5), values) if len(values) == len(lines) else None


def _of_spans(curve: Curve, left: float, width: float, points: int) -> Floats:
    x, y = np.array(curve.x), np.array(curve.y)
    weight = np.array(curve.count, dtype=np.float64) if curve.count else np.ones(len(x))
    weight = np.where(np.isfinite(y) & (x >= left) & (x <= left + width * points), weight, 0.0)
    place = np.clip(((x - left) / width).astype(np.int64), 0, points - 1)
    total = np.bincount(place, weight, points)
    summed = np.bincount(place, weight * np.nan_to_num(y), points)
    means: Floats = np.divide(summed, total, out=np.full(points, np.nan), where=total > 0)
    return means
