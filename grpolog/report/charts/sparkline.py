"""Sparklines: a series in the space of a word, as SVG or as block characters."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from grpolog.report.charts.palette import LIGHT, hue

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH, _HEIGHT, _PAD = 120.0, 28.0, 3.0
_ROUNDING = 1e-12


def sparkline(values: Sequence[float], index: int = 0) -> Markup:
    """A line in the colour of series `index`, without axes over its own range; a constant is drawn at half height,
    nothing as an empty box.
    """
    known = [value for value in values if math.isfinite(value)]
    head = (
        f'<svg class="spark" width="{_WIDTH:g}" height="{_HEIGHT:g}" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        'preserveAspectRatio="none" aria-hidden="true">'
    )
    if not known:
        return Markup(head + "</svg>")
    low, span = _range(known)
    step = (_WIDTH - 2 * _PAD) / max(1, len(values) - 1)
    points = []
    for number, value in enumerate(values):
        if math.isfinite(value):
            height = (value - low) / span if span > 0 else 0.5
            points.append(f"{_PAD + number * step:.1f},{_HEIGHT - _PAD - height * (_HEIGHT - 2 * _PAD):.1f}")
    color = hue(index)
    last_x, last_y = points[-1].split(",")
    line = (
        f'<polyline class="s{color}" fill="none" stroke="{LIGHT[color]}" stroke-width="1.5" stroke-linejoin="round" '
        f'vector-effect="non-scaling-stroke" points="{" ".join(points)}"/>'
        if len(points) > 1
        else ""
    )
    dot = f'<circle class="f{color}" cx="{last_x}" cy="{last_y}" r="2" fill="{LIGHT[color]}"/>'
    return Markup(head + line + dot + "</svg>")


def blocks(values: Sequence[float]) -> str:
    """The same as eight heights of block characters; a gap is a blank."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return ""
    low, span = _range(known)
    top = len(_BLOCKS) - 1
    return "".join(
        " " if not math.isfinite(value) else _BLOCKS[round((value - low) / span * top) if span > 0 else top // 2]
        for value in values
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The lowest value and the distance to the highest; 0 where that is but the rounding of means of a constant."""
    low, high = min(values), max(values)
    span = high - low
    return low, span if span > _ROUNDING * max(abs(low), abs(high)) else 0.0
