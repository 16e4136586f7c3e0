"""The drawings of a group: its totals as a strip of bars, an advantage as a bar from a middle line."""

import math
from collections.abc import Sequence
from typing import Final

from grpolog.report.charts.palette import LIGHT, SOFT
from grpolog.report.elements import Element, element

BARS: Final = 64
"""Bars of a strip at most; of more values every second, third, ... is drawn."""

_STEP, _HEIGHT, _LEAST = 5, 18.0, 1.5
_HALF, _THICK = 30.0, 9.0


def strip(values: Sequence[float], low: float, high: float) -> Element | None:
    """Bars of `values`, which fall, between `low` (a line) and `high` (full height); None without a finite one."""
    known = [value for value in values if math.isfinite(value)]
    known = known[:: math.ceil(len(known) / BARS) or 1]
    if not known:
        return None
    span = high - low if high > low else 1.0
    heights = [_LEAST + min(max((value - low) / span, 0.0), 1.0) * (_HEIGHT - _LEAST) for value in known]
    width = _STEP * len(known)
    bars = "".join(f"M{_STEP * i} {_HEIGHT:g}v-{height:.1f}h4v{height:.1f}z" for i, height in enumerate(heights))
    path = element("path", class_="f0", d=bars, fill=LIGHT[0])
    box = f"0 0 {width} {_HEIGHT:g}"
    size = {"width": str(width), "height": f"{_HEIGHT:g}", "viewBox": box, "preserveAspectRatio": "none"}
    return element("svg", path, class_="strip", aria_hidden="true", **size)


def bar(value: float | None, scale: float) -> Element | None:
    """Right and blue above 0, left and orange below; `scale` is the value of a full half. None when unknown."""
    if value is None or not math.isfinite(value) or not scale > 0:
        return None
    width = min(abs(value) / scale, 1.0) * _HALF
    left = _HALF if value >= 0 else _HALF - width
    hue = 0 if value >= 0 else 1
    return element(
        "svg",
        element("rect", class_=f"f{hue}", x=f"{left:.1f}", width=f"{width:.1f}", height=f"{_THICK:g}", fill=LIGHT[hue]),
        element("path", class_="axis", d=f"M{_HALF:g} 0v{_THICK:g}", stroke=SOFT, stroke_width="1"),
        class_="bar",
        width=f"{2 * _HALF:g}",
        height=f"{_THICK:g}",
        aria_hidden="true",
    )
