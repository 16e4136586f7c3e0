"""The numbers behind a chart, as a table that can be read instead of it."""

import math
from dataclasses import dataclass

from grpolog.report.model import Panel, Series
from grpolog.report.numbers import number, place

_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Table:
    """Texts of a table; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(panel: Panel) -> Table:
    """One row per series: how many values, their extremes, and the course in at most eight means."""
    drawn = [line for line in panel.series if line.logged]
    if not drawn:
        return Table((), ())
    low = min(line.curve.x[0] for line in drawn)
    width = (max(line.curve.x[-1] for line in drawn) - low) / _COLUMNS or 1.0
    ends = [low + width * (column + 1) for column in range(_COLUMNS)]
    head = ("series", "values", "not finite", "lowest", "highest", *(f"to {place(end, panel.across)}" for end in ends))
    return Table(head, tuple(_row(line, low, width) for line in drawn))


def _row(line: Series, low: float, width: float) -> tuple[str, ...]:
    places: list[list[tuple[float, int]]] = [[] for _ in range(_COLUMNS)]
    counts = line.curve.count or (1,) * len(line.curve.x)
    for x, y, count in zip(line.curve.x, line.curve.y, counts, strict=True):
        if math.isfinite(y):
            places[min(int((x - low) / width), _COLUMNS - 1)].append((y, count))
    course = [sum(y * n for y, n in place) / sum(n for _, n in place) if place else None for place in places]
    return (
        line.label,
        f"{line.logged:,}",
        f"{line.non_finite:,}",
        _at(line.lowest),
        _at(line.highest),
        *(number(value) for value in course),
    )


def _at(point: tuple[float, float] | None) -> str:
    return number(None) if point is None else f"{number(point[1])} at {point[0]:,.0f}"
