"""A signed number as a bar from a middle line."""

from markupsafe import Markup

from grpolog.report.charts.palette import LIGHT, SOFT

_HALF, _HEIGHT = 30.0, 9.0


def bar(value: float | None, scale: float) -> Markup:
    """Right and blue above 0, left and orange below; `scale` is the value of a full half. Empty when unknown."""
    if value is None or not scale > 0:
        return Markup("")
    width = min(abs(value) / scale, 1.0) * _HALF
    left = _HALF if value >= 0 else _HALF - width
    index = 0 if value >= 0 else 1
    return Markup(
        f'<svg class="bar" width="{2 * _HALF:g}" height="{_HEIGHT:g}" aria-hidden="true">'
        f'<rect class="f{index}" x="{left:.1f}" width="{width:.1f}" height="{_HEIGHT:g}" fill="{LIGHT[index]}"/>'
        f'<path class="axis" d="M{_HALF:g} 0v{_HEIGHT:g}" stroke="{SOFT}" stroke-width="1"/></svg>'
    )
