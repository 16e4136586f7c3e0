"""What happened in each run as lanes below each other, as wide as there is room: places are shares of the width."""

from collections import Counter

from markupsafe import Markup

from grpolog.report.charts.axis import step_axis
from grpolog.report.charts.frame import SHAPES, escaped
from grpolog.report.charts.palette import LIGHT, SIGNS, SOFT, hue
from grpolog.report.model import Lane, Span
from grpolog.report.numbers import axis_title, count, place

_HEIGHT, _MIDDLE = 24, 12


def lane(lane: Lane, extent: float, across: str) -> Markup:
    """One run: a line as far as it got, a bar with a sign for each finding, a dashed line for each resume.

    Args:
        lane: the run.
        extent: end of the axis.
        across: what the axis shows.
    """
    counts = Counter(span.severity for span in lane.spans)
    said = ", ".join(count(n, severity) for severity, n in counts.items()) or "nothing found"
    color = hue(lane.place)
    head = (
        f'<svg class="lane" role="img" aria-label="{escaped(f"{lane.name}: {said}")}" width="100%" '
        f'height="{_HEIGHT}" overflow="visible">'
        f'<rect class="f{color}" y="{_MIDDLE - 1}" width="{_share(lane.end, extent)}" height="2" '
        f'fill="{LIGHT[color]}"/>'
    )
    resumes = (_resume(x, extent, across) for x in lane.resumes)
    return Markup("".join((head, *resumes, *(_span(span, extent, across) for span in lane.spans), "</svg>")))


def _resume(x: float, extent: float, across: str) -> str:
    at = _share(x, extent)
    return (
        f"<g><title>{escaped(f'resumed from {place(x, across)}')}</title>"
        f'<line class="axis" x1="{at}" x2="{at}" y1="2" y2="{_HEIGHT - 2}" stroke="{SOFT}" stroke-dasharray="3 2"/></g>'
    )


def _span(span: Span, extent: float, across: str) -> str:
    at, sign = _share(span.begin, extent), SIGNS[span.severity]
    return (
        f"<g><title>{escaped(f'{place(span.begin, across)}: {span.title}')}</title>"
        f'<rect class="{span.severity}" x="{at}" y="{_MIDDLE - 4}" width="{_share(span.end - span.begin, extent)}" '
        f'height="8" fill="{sign}" fill-opacity="0.25"/>'
        f'<svg x="{at}" y="{_MIDDLE}" overflow="visible">'
        f'<path class="{span.severity} sign" d="{SHAPES[span.severity]}" fill="{sign}"/></svg></g>'
    )


def _share(x: float, extent: float) -> str:
    return f"{100 * min(max(x / (extent or 1.0), 0.0), 1.0):.2f}%"


def lane_axis(extent: float, across: str) -> Markup:
    """The axis below the lanes."""
    axis = step_axis(0.0, extent)
    words = "".join(
        f'<text x="{100 * axis.place(tick):.2f}%" y="12" text-anchor="{_anchor(axis.place(tick))}">{label}</text>'
        for tick, label in zip(axis.ticks, axis.labels, strict=True)
    )
    return Markup(
        f'<svg class="lane" width="100%" height="16" overflow="visible" role="img" aria-label="{axis_title(across)}" '
        f'font-family="system-ui, sans-serif" font-size="11"><g class="soft" fill="{SOFT}">{words}</g></svg>'
    )


def _anchor(share: float) -> str:
    return "start" if share < 0.02 else "end" if share > 0.98 else "middle"
