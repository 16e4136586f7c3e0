"""Rows of metrics, one at a time and as arrays: what rules read."""

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
_LARGEST_STEP = 2**62


class Row(NamedTuple):
    """The metrics that became known with one optimizer step, by canonical name; NaN and inf are kept."""

    step: int
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of a table. Metrics are sparse: an evaluation may come once in hundreds of rows."""

    rows: Ints
    """Rows that have the metric, ascending."""

    values: Floats
    """Its values there, NaN and inf included."""


@dataclass(frozen=True, slots=True)
class Table:
    """Consecutive rows as arrays."""

    steps: Ints
    """Step of each row. Steps may repeat or go back; the order of rows is the order of time."""

    columns: dict[str, Column] = field(default_factory=dict)
    """Metrics by canonical name; one that no row has is absent."""

    @classmethod
    def of(cls, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Self:
        """A table of (step, metrics); values that are no numbers are left out."""
        rows = list(rows)
        alike = cls._alike(rows)
        if alike is not None:
            return alike
        steps = array("q")
        columns: dict[str, tuple[array[int], array[float]]] = {}
        for place, (step, metrics) in enumerate(rows):
            steps.append(max(-_LARGEST_STEP, min(_LARGEST_STEP, step)))
            for name, value in metrics.items():
                real = value if type(value) is float else number(value)
                if real is None:
                    continue
                if name not in columns:
                    columns[name] = (array("q"), array("d"))
                columns[name][0].append(place)
                columns[name][1].append(real)
        return cls(
            np.array(steps, dtype=np.int64),
            {
                str(name): Column(np.array(at, dtype=np.int64), np.array(values))
                for name, (at, values) in columns.items()
            },
        )

    @classmethod
    def _alike(cls, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> Self | None:
        """The table of rows that all have the same metrics in the same order, as most have; None if they do not."""
        names = list(rows[0][1]) if rows else []
        if any(list(metrics) != names for _, metrics in rows):
            return None
        values = [list(metrics.values()) for _, metrics in rows]
        if {kind for row in values for kind in set(map(type, row))} != {float}:
            return None
        steps = [max(-_LARGEST_STEP, min(_LARGEST_STEP, step)) for step, _ in rows]
        at = np.arange(len(rows))
        curves = np.ascontiguousarray(np.array(values).T)
        return cls(
            np.array(steps, dtype=np.int64),
            {str(name): Column(at, curve) for name, curve in zip(names, curves, strict=True)},
        )

    def __len__(self) -> int:
        return len(self.steps)

    def up_to(self, step: int) -> Self:
        """The rows whose step is at most `step`, in their order."""
        kept = self.steps <= step
        place = np.cumsum(kept) - 1
        columns = {}
        for name, column in self.columns.items():
            mask = kept[column.rows]
            if mask.any():
                columns[name] = Column(place[column.rows[mask]], column.values[mask])
        return type(self)(self.steps[kept], columns)

    def part(self, start: int, stop: int) -> Self:
        """The rows from `start` to before `stop`."""
        columns = {}
        for name, column in self.columns.items() if start < stop else ():
            low, high = np.searchsorted(column.rows, (start, stop)).tolist()
            if low < high:
                columns[name] = Column(column.rows[low:high] - start, column.values[low:high])
        return type(self)(self.steps[start:stop], columns)

    def along(self, name: str, rows: Ints) -> Floats:
        """The values of metric `name` in the given rows (ascending), NaN where it is missing."""
        values = np.full(len(rows), np.nan)
        column = self.columns.get(name)
        if column is not None:
            there = np.minimum(np.searchsorted(column.rows, rows), len(column.rows) - 1)
            here = column.rows[there] == rows
            values[here] = column.values[there[here]]
        return values


def number(value: Any) -> float | None:
    """`value` as a float, or None if it is no number.

    A number is what the log writes as one, so that live and replayed rows agree: int, float, numpy and torch
    scalars; an integer too large for a float is infinite.
    """
    if type(value) is float:  # nearly all are
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return number(plain) if isinstance(plain, (int, float)) else None
    return None
