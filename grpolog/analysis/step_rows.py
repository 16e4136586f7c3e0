"""The rows of foreign logs as a table of step events, by columns from the first row on."""

from array import array
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from grpolog.analysis.columns import LINE, empty, with_defaults
from grpolog.sources.part import Shape, StepRow

_INTEGERS = (LINE, "step", "attempt", "seq")


@dataclass(slots=True)
class _Columns:
    """The rows of one shape."""

    integers: "array[int]" = field(default_factory=lambda: array("q"))
    """Row by row the values of _INTEGERS."""

    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    """Row by row."""


@dataclass(slots=True)
class StepRows:
    """Rows as they are read: eight bytes for each number."""

    _shapes: dict[Shape, _Columns] = field(default_factory=dict)

    def add(self, row: StepRow, line: int) -> None:
        """Take a row.

        Args:
            row: of a foreign log.
            line: its number among all events.
        """
        part, step, attempt, seq, time = row
        columns = self._shapes.get(part.shape)
        if columns is None:
            columns = self._shapes[part.shape] = _Columns()
        columns.integers.extend((line, step, attempt, seq))
        columns.times.append(time)
        columns.values.extend(part.values)

    def table(self) -> pl.DataFrame:
        """The rows in the order of their lines."""
        tables = [empty("step"), *(_table(shape, columns) for shape, columns in self._shapes.items())]
        return with_defaults("step", pl.concat(tables, how="diagonal").sort(LINE))


def _table(shape: Shape, columns: _Columns) -> pl.DataFrame:
    integers = np.frombuffer(columns.integers, np.int64).reshape(-1, len(_INTEGERS))
    values = np.frombuffer(columns.values, np.float64).reshape(-1, len(shape.metrics))
    return pl.DataFrame(
        {
            **{name: integers[:, i] for i, name in enumerate(_INTEGERS)},
            "time": np.frombuffer(columns.times, np.float64),
            **{name: values[:, i] for i, name in enumerate(shape.columns)},
        }
    ).with_columns(
        pl.when(pl.col("time") != 0).then("time").alias("time"),  # 0 is unknown
        mode=pl.lit(shape.mode),
        eval_name=pl.lit(shape.eval_name, dtype=pl.String()),
    )
