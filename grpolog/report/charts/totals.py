"""The totals of a group in the space of a word: one bar an answer, the highest first."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from grpolog.report.charts.palette import LIGHT

BARS = 64
"""Bars at most; of more values every second, third, ... is drawn."""

_STEP, _HEIGHT, _LEAST = 5, 18.0, 1.5


def strip(values: Sequence[float], low: float, high: float) -> Markup:
    """Bars of `values`, which fall, between `low` (a line) and `high` (full height). Empty without a value."""
    known = [value for value in values if math.isfinite(value)]
    known = known[:: math.ceil(len(known) / BARS) or 1]
    if not known:
        return Markup("")
    span = high - low if high > low else 1.0
    heights = [_LEAST + min(max((value - low) / span, 0.0), 1.0) * (_HEIGHT - _LEAST) for value in known]
    width = _STEP * len(known)
    bars = "".join(f"M{_STEP * i} {_HEIGHT:g}v-{height:.1f}h4v{height:.1f}z" for i, height in enumerate(heights))
    return Markup(
        f'<svg class="strip" width="{width}" height="{_HEIGHT:g}" viewBox="0 0 {width} {_HEIGHT:g}" '
        f'aria-hidden="true"><path class="f0" d="{bars}" fill="{LIGHT[0]}"/></svg>'
    )
