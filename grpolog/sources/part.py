"""A part of a foreign row as bare values: what logs hold most of is made into events only where these are wanted."""

from collections.abc import Iterable
from functools import cached_property
from operator import ne
from typing import Any, NamedTuple

from grpolog.events import Mode, StepEvent
from grpolog.trends import naming

Values = tuple[float, ...]


class Shape:
    """What parts with the same keys share.

    Args:
        mode: train or eval.
        eval_name: the eval set.
        metrics: canonical names, in the order of the row.
    """

    def __init__(self, mode: Mode, eval_name: str | None, metrics: Iterable[str]) -> None:
        self.mode, self.eval_name, self.metrics = mode, eval_name, tuple(metrics)
        self.keys = frozenset(self.metrics)
        self._order = sorted(range(len(self.metrics)), key=self.metrics.__getitem__)
        self._hash = hash((mode, eval_name, self.keys))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """For each metric its column in the table of step events: a field, or a key of the open map."""
        return tuple(naming.FIELDS.get(metric, f"metrics/{metric}") for metric in self.metrics)

    def digest(self, values: Values) -> int:
        """Equal for equal numbers about the same, whatever the order of their keys."""
        told: Iterable[Any] = map(values.__getitem__, self._order)
        if any(map(ne, values, values)):
            told = ("nan" if value != value else value for value in told)
        return hash((self._hash, *told))


class Part(NamedTuple):
    """The numbers of one row about training or one eval set."""

    shape: Shape
    values: Values
    """In the order of `shape.metrics`."""

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of the step event."""
        values = dict(zip(self.shape.metrics, self.values, strict=True))
        others = {metric: value for metric, value in values.items() if metric not in naming.FIELDS}
        known = {naming.FIELDS[metric]: value for metric, value in values.items() if metric in naming.FIELDS}
        return {"mode": self.shape.mode, "eval_name": self.shape.eval_name, **known, "metrics": others or None}

    def get(self, metric: str) -> float | None:
        """The value of a metric; None where the row has none."""
        return self.values[self.shape.metrics.index(metric)] if metric in self.shape.keys else None


class StepRow(NamedTuple):
    """A step event that nobody has asked for yet."""

    part: Part
    step: int
    attempt: int
    seq: int
    time: float

    def event(self) -> StepEvent:
        """It as an event."""
        _, step, attempt, seq, time = self
        return StepEvent(step=step, attempt=attempt, seq=seq, time=time, **self.part.fields)
