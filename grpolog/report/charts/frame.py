"""The frame of a chart: where values stand, axes, grid, and what happened at which step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import escape

from grpolog.report.charts.axis import Axis, step_axis, value_axis
from grpolog.report.charts.palette import RULE, SIGNS, SOFT
from grpolog.report.model import Curve, Mark, Panel
from grpolog.report.text import visible

WIDTH, HEIGHT = 420.0, 208.0
TOP, RIGHT, BOTTOM = 18.0, 10.0, 34.0
_DIGIT = 6.2  # width of a digit at 11 px, wide enough for every system font
_SHAPES = {"info": "M0-4L4 0L0 4L-4 0Z", "warning": "M0-5L5 4L-5 4Z", "error": "M-4-4L4-4L4 4L-4 4Z"}


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


def grid(frame: Frame, unit: str, averaged: int) -> Iterator[str]:
    """Axes with ticks and titles, and the lines at the y ticks; `averaged`: how many values a point stands for."""
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    yield f'<text class="soft" x="{frame.left:.1f}" y="10" font-size="10" fill="{SOFT}">{escaped(unit)}</text>'
    edge = frame.left - 6
    for tick, label in zip(frame.y.ticks, frame.y.labels, strict=True):
        y = frame.at(frame.x.low, tick)[1]
        yield (
            f'<path class="rule" d="M{frame.left:.1f} {y:.1f}H{right:.1f}" stroke="{RULE}" stroke-width="1"/>'
            f'<text class="soft" x="{edge:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="{SOFT}">{label}</text>'
        )
    yield f'<path class="axis" d="M{frame.left:.1f} {floor}H{right:.1f}" stroke="{SOFT}" stroke-width="1"/>'
    for tick, label in zip(frame.x.ticks, frame.x.labels, strict=True):
        x = frame.across(tick)
        half = len(label) * _DIGIT / 2
        x = min(max(x, edge + half), WIDTH - 2 - half)
        yield f'<path class="axis" d="M{frame.across(tick):.1f} {floor}v4" stroke="{SOFT}" stroke-width="1"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{floor + 15}" text-anchor="middle" fill="{SOFT}">{label}</text>'
    middle = (frame.left + right) / 2
    per_point = f" · a point is the mean of about {averaged:,} values" if averaged > 1 else ""
    yield (
        f'<text class="soft" x="{middle:.1f}" y="{HEIGHT - 4}" text-anchor="middle" font-size="10" fill="{SOFT}">'
        f"optimizer step{per_point}</text>"
    )


def marks(frame: Frame, happened: tuple[Mark, ...]) -> Iterator[str]:
    """A dotted line and a sign on the x axis for each alert, a dashed line with a word for each resume."""
    floor = HEIGHT - BOTTOM
    for mark in happened:
        if not frame.x.shows(mark.x):
            continue
        x, color = frame.across(mark.x), SIGNS[mark.kind]
        pattern = "1 3" if mark.kind != "resume" else "6 3"
        shape = _SHAPES.get(mark.kind)
        yield (
            f'<g><title>{escaped(mark.title)}</title><path class="{mark.kind}" d="M{x:.1f} {TOP}V{floor}" '
            f'stroke="{color}" stroke-width="1" stroke-dasharray="{pattern}"/>'
        )
        if shape:
            yield f'<path class="{mark.kind} sign" transform="translate({x:.1f} {floor})" d="{shape}" fill="{color}"/>'
        else:
            side = "end" if x > WIDTH - 70 else "start"
            offset = -4 if side == "end" else 4
            yield (
                f'<text class="soft" x="{x + offset:.1f}" y="{TOP + 8}" font-size="9" text-anchor="{side}" '
                f'fill="{color}">resumed</text>'
            )
        yield "</g>"


def escaped(raw: str) -> str:
    """Text of unknown origin for the inside of an element."""
    return str(escape(visible(raw)))
