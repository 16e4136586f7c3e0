"""One panel as SVG.

Everything is said by presentation attributes, so that the chart reads the same without a style sheet; classes let
the page recolour it when dark. Lines are means of at most 180 buckets, bands have at most 90. Where several noisy
lines share a panel, fewer and wider buckets keep them apart.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup, escape

from grpolog.report.charts.frame import HEIGHT, TOP, WIDTH, Frame, box, escaped, frame_of, grid, marks
from grpolog.report.charts.palette import INK, LIGHT, SIGNS, SOFT, dash, hue
from grpolog.report.charts.paths import path, polygon, runs
from grpolog.report.curves import reduce
from grpolog.report.model import Curve, Panel, Series
from grpolog.report.numbers import number, place

LINE_POINTS, BAND_POINTS, CROWDED_POINTS, DOTTED = 180, 90, 60, 24
_BUCKET = 4  # values that a bucket should at least average, once there are more than CROWDED_POINTS
_CROSSES = 6.0  # pixels between two signs of non-finite values


def chart(panel: Panel) -> Markup:
    """The panel's drawing; empty text when it has no value to draw."""
    if not any(line.logged for line in panel.series):
        return Markup("")
    bands, full = banded(panel), crowded(panel)
    curves = [reduce(line.curve, points(line, crowded=full), line.band) for line in panel.series]
    frame = frame_of(panel, curves, bands=bands)
    key = escape(panel.key)
    head = (
        f'<svg class="chart" role="img" aria-labelledby="{key}-t {key}-d" width="{WIDTH:g}" height="{HEIGHT:g}" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" data-left="{frame.left:g}" font-family="system-ui, sans-serif" '
        f'font-size="11"><title id="{key}-t">{escaped(panel.title)}</title>'
        f'<desc id="{key}-d">{escaped(describe(panel))}</desc><g class="frame">'
    )
    parts = [
        head,
        *grid(frame, panel, pace(panel)),
        "</g>",
        *marks(frame, panel.marks),
        f'<svg class="lines" {box(frame)}>',
        *(_areas(frame, panel, curves) if panel.stacked else _curves(frame, panel, curves, bands=bands)),
        '</svg><g class="beyond">',
    ]
    if not panel.stacked:
        for line, curve in zip(panel.series, curves, strict=True):
            parts += _outside(frame, panel, line.label, curve, bands=bands)
    parts.append("</g>")
    for line in panel.series:
        parts += _non_finite(frame, panel, line)
    return Markup("".join(parts) + "</svg>")


def crowded(panel: Panel) -> bool:
    """Whether so many lines share the panel that they need wider buckets to be told apart."""
    return sum(1 for line in panel.series if line.logged) > 2


def banded(panel: Panel) -> bool:
    """Whether bands are drawn: more than two would cover each other, and their extremes stand in the table."""
    return not crowded(panel) if panel.bands is None else panel.bands


def points(line: Series, *, crowded: bool) -> int:
    """How many points the line of a series has at most."""
    if crowded:
        return CROWDED_POINTS
    return min(max(len(line.curve.x) // _BUCKET, CROWDED_POINTS), LINE_POINTS)


def pace(panel: Panel) -> int:
    """How many values a point of the panel's longest line averages."""
    drawn = [line for line in panel.series if line.logged]
    if not drawn:
        return 1
    longest = max(drawn, key=lambda line: line.logged)
    shown = reduce(longest.curve, points(longest, crowded=crowded(panel)))
    return max(1, round(longest.logged / len(shown.x)))


def describe(panel: Panel) -> str:
    """What a reader who cannot see the chart is told."""
    said = []
    for line in panel.series:
        if line.lowest and line.highest:
            said.append(
                f"{line.label}: {number(line.first)} at first, {number(line.end)} in the end, "
                f"lowest {number(line.lowest[1])} at {place(line.lowest[0], panel.across)}, "
                f"highest {number(line.highest[1])} at {place(line.highest[0], panel.across)}."
            )
        else:
            said.append(f"{line.label}: no finite value.")
    return " ".join(said)


def swatch(index: int, *, area: bool = False) -> Markup:
    """The sign of series `index` in a legend."""
    color = LIGHT[hue(index)]
    shape = (
        f'<rect class="f{hue(index)}" width="22" height="10" fill="{color}" fill-opacity="0.75"/>'
        if area
        else f'<line class="s{hue(index)}" x1="0" y1="5" x2="22" y2="5" stroke="{color}" stroke-width="2" '
        f'stroke-dasharray="{dash(index)}"/>'
    )
    return Markup(f'<svg class="swatch" width="22" height="10" viewBox="0 0 22 10" aria-hidden="true">{shape}</svg>')


def _curves(frame: Frame, panel: Panel, curves: Sequence[Curve], *, bands: bool) -> Iterator[str]:
    """All ghosts and bands, then all lines, each with its dots: the script draws every zoom with these elements."""
    for index, line in enumerate(panel.series):
        for ghost in line.ghosts:
            drawn, _ = path(frame, reduce(ghost, CROWDED_POINTS), joined=line.sparse)
            yield (
                f'<path class="ghost" d="{drawn}" fill="none" stroke="{SOFT}" stroke-width="1.2" stroke-opacity="0.6" '
                'stroke-dasharray="1 2"><title>superseded by a later attempt</title></path>'
            )
        if bands and line.logged:
            yield _area(index, "".join(_band(frame, line)), opacity=0.14)
    for index, (line, curve) in enumerate(zip(panel.series, curves, strict=True)):
        if line.logged:
            yield from _line(frame, index, curve, sparse=line.sparse)


def _line(frame: Frame, index: int, curve: Curve, *, sparse: bool) -> Iterator[str]:
    stroke = f'class="s{hue(index)}" fill="none" stroke="{LIGHT[hue(index)]}"'
    line, dots = path(frame, curve, joined=sparse)
    if sparse or len(curve.x) <= DOTTED:
        dots = [frame.at(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y)]
    dotted = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in dots)
    yield f'<path {stroke} d="{line}" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="{dash(index)}"/>'
    yield f'<path {stroke} d="{dotted}" stroke-width="4.8" stroke-linecap="round"/>'


def _band(frame: Frame, line: Series) -> Iterator[str]:
    limit = min(points(line, crowded=False), BAND_POINTS)
    if not line.curve.low and len(line.curve.x) <= limit:
        return
    curve = reduce(line.curve, limit, line.band)
    for run in runs(curve, joined=False):
        upper = [frame.at(curve.x[i], curve.high[i]) for i in run]
        lower = [frame.at(curve.x[i], curve.low[i]) for i in reversed(run)]
        yield polygon(upper + lower)


def _areas(frame: Frame, panel: Panel, curves: Sequence[Curve]) -> Iterator[str]:
    """Areas on top of each other; unknown values count as 0."""
    xs = curves[0].x
    floor = np.zeros(len(xs))
    for index, (line, curve) in enumerate(zip(panel.series, curves, strict=True)):
        roof = floor + np.nan_to_num(np.array(curve.y))
        upper = [frame.at(x, y) for x, y in zip(xs, roof, strict=True)]
        lower = [frame.at(x, y) for x, y in zip(reversed(xs), reversed(floor), strict=True)]
        if line.logged:
            yield _area(index, polygon(upper + lower), opacity=0.75)
        floor = roof


def _area(index: int, outline: str, opacity: float) -> str:
    color = LIGHT[hue(index)]
    return f'<path class="f{hue(index)}" d="{outline}" fill="{color}" fill-opacity="{opacity}"/>'


def _outside(frame: Frame, panel: Panel, label: str, curve: Curve, *, bands: bool) -> Iterator[str]:
    """Arrows where a series leaves the scale."""
    high = curve.high if bands and curve.high else curve.y
    low = curve.low if bands and curve.low else curve.y
    for x, top, bottom in zip(curve.x, high, low, strict=True):
        for value, turn, edge in ((top, "", frame.y.high), (bottom, " rotate(180)", frame.y.low)):
            beyond = value < frame.y.low if turn else value > frame.y.high
            if beyond and not frame.y.shows(value):
                px, py = frame.at(x, edge)
                yield (
                    f'<path class="ink" transform="translate({px:.1f} {py:.1f}){turn}" d="M0-6L4 0L-4 0Z" '
                    f'fill="{INK}"><title>'
                    f"{escaped(f'{label}: {number(value)} near {place(x, panel.across)}')}</title></path>"
                )


def _non_finite(frame: Frame, panel: Panel, line: Series) -> Iterator[str]:
    taken = -math.inf
    for step in line.non_finite_steps:
        x = frame.across(step)
        if x < taken + _CROSSES:
            continue
        taken = x
        yield (
            f'<g data-x="{step}" transform="translate({x:.1f})"><path class="error" '
            f'd="M-3 {TOP + 1:g}l6 6m0-6l-6 6" stroke="{SIGNS["error"]}" stroke-width="1.5">'
            f"<title>{escaped(f'{line.label} is not finite at {place(step, panel.across)}')}</title></path></g>"
        )
