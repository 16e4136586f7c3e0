"""The frame of a chart: where values stand, axes, grid, and what happened at which step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import escape

from grpolog.report.charts.axis import Axis, step_axis, value_axis
from grpolog.report.charts.palette import RULE, SIGNS, SOFT
from grpolog.report.model import Curve, Mark, Panel
from grpolog.report.numbers import axis_title
from grpolog.report.text import visible

WIDTH, HEIGHT = 420.0, 208.0
TOP, RIGHT, BOTTOM = 18.0, 10.0, 34.0
_DIGIT = 6.2  # width of a digit at 11 px, wide enough for every system font
SHAPES = {"info": "M0-4L4 0L0 4L-4 0Z", "warning": "M0-5L5 4L-5 4Z", "error": "M-4-4L4-4L4 4L-4 4Z"}


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values stand on the drawing."""

    x: Axis
    y: Axis
    left: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point; values off the scale are put on its edge."""
        return self.across(x), HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - BOTTOM - TOP)

    def across(self, x: float) -> float:
        """Pixels of a step from the left."""
        return self.left + self.x.place(x) * (WIDTH - RIGHT - self.left)


def frame_of(panel: Panel, curves: Sequence[Curve], *, bands: bool) -> Frame:
    """The frame that fits `curves` and ghosts, with the bands where these are drawn too."""
    drawn = [curve for curve in curves if curve.x]
    whole = [curve for line in panel.series for curve in (line.curve, *line.ghosts) if curve.x]
    xs = [x for curve in whole for x in (curve.x[0], curve.x[-1])]
    if panel.stacked:
        values = np.append(np.nansum([curve.y for curve in curves], axis=0), 0.0)
    else:
        rows = [row for curve in drawn for row in ((curve.y, curve.low, curve.high) if bands else (curve.y,))]
        values = np.array([value for row in rows for value in row])
        values = values[np.isfinite(values)]
    y = value_axis(values, panel.bounds)
    return Frame(step_axis(min(xs), max(xs)), y, 12 + _DIGIT * max(4, *(len(label) for label in y.labels)))


def grid(frame: Frame, panel: Panel, averaged: int) -> Iterator[str]:
    """Lines at the y ticks, the x axis, and all words; `averaged`: how many values a point stands for."""
    left, right, floor = _short(frame.left), _short(WIDTH - RIGHT), _short(HEIGHT - BOTTOM)
    edge = frame.left - 6
    heights = [frame.at(frame.x.low, tick)[1] for tick in frame.y.ticks]
    places = [frame.across(tick) for tick in frame.x.ticks]
    rules = "".join(f"M{left} {_short(y)}H{right}" for y in heights)
    ticks = "".join(f"M{_short(x)} {floor}v4" for x in places)
    yield f'<path class="rule" d="{rules}" stroke="{RULE}"/>'
    yield f'<path class="axis" d="M{left} {floor}H{right}{ticks}" stroke="{SOFT}"/>'
    yield f'<g class="soft" fill="{SOFT}"><g text-anchor="end">'
    for y, label in zip(heights, frame.y.labels, strict=True):
        yield f'<text x="{_short(edge)}" y="{_short(y + 4)}">{label}</text>'
    yield '</g><g text-anchor="middle">'
    for x, label in zip(places, frame.x.labels, strict=True):
        half = len(label) * _DIGIT / 2
        x = min(max(x, edge + half), WIDTH - 2 - half)
        yield f'<text x="{_short(x)}" y="{_short(HEIGHT - BOTTOM + 15)}">{label}</text>'
    middle = (frame.left + WIDTH - RIGHT) / 2
    per_point = f" · a point is the mean of about {averaged:,} values" if averaged > 1 else ""
    title = axis_title(panel.across) + per_point
    yield (
        f'<text x="{_short(middle)}" y="{_short(HEIGHT - 4)}" font-size="10">{title}</text></g>'
        f'<text x="{left}" y="10" font-size="10">{escaped(panel.unit)}</text></g>'
    )


def marks(frame: Frame, happened: tuple[Mark, ...]) -> Iterator[str]:
    """A dotted line and a sign on the x axis for each alert, a dashed line with a word for each resume.

    Each hangs on its step (`data-x`), so that the script has nothing to do but move it.
    """
    floor = HEIGHT - BOTTOM
    for mark in happened:
        if not frame.x.shows(mark.x):
            continue
        x, color = frame.across(mark.x), SIGNS[mark.kind]
        pattern = "1 3" if mark.kind != "resume" else "6 3"
        shape = SHAPES.get(mark.kind)
        target = f' data-to="{escaped(mark.target)}"' if mark.target else ""
        yield (
            f'<g data-x="{mark.x}"{target} transform="translate({x:.1f})"><title>{escaped(mark.title)}</title>'
            f'<path class="{mark.kind}" d="M0 {TOP}V{floor}" stroke="{color}" stroke-dasharray="{pattern}"/>'
        )
        if shape:
            yield f'<path class="{mark.kind} sign" transform="translate(0 {floor})" d="{shape}" fill="{color}"/>'
        else:
            side, offset = ("end", -4) if x > WIDTH - 70 else ("start", 4)
            yield (
                f'<text class="soft" x="{offset}" y="{TOP + 8}" font-size="9" text-anchor="{side}" '
                f'fill="{color}">resumed</text>'
            )
        yield "</g>"


def box(frame: Frame) -> str:
    """Attributes of the inner drawing that lets nothing stand out of the frame but a dot on its edge."""
    x, y = f"{frame.left - 3:g}", f"{TOP - 3:g}"
    width, height = f"{WIDTH - RIGHT - frame.left + 6:g}", f"{HEIGHT - BOTTOM - TOP + 6:g}"
    return f'x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{x} {y} {width} {height}"'


def _short(number: float) -> str:
    return f"{round(number, 1):g}"


def escaped(raw: str) -> str:
    """Text of unknown origin for the inside of an element."""
    return str(escape(visible(raw)))
