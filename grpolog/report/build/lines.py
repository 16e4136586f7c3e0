"""The metrics of one run as arrays and as series of a chart."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from grpolog.analysis import Run
from grpolog.report.curves import Floats, mean_points, series
from grpolog.report.model import Series

SPARK = 48
"""Points of a sparkline."""

Ghosts = tuple[tuple[Floats, Floats], ...]


@dataclass(frozen=True, slots=True)
class Values:
    """All values of a metric that still count, steps ascending, and by attempt those that do not any more."""

    x: Floats
    y: Floats
    attempts: Floats
    ghosts: Ghosts


class Lines:
    """Looks up the metrics of a run, each once.

    Args:
        run: the run; its histories are what is drawn.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.names = tuple(run.metric_names())
        """Every metric that holds a value, in reading order."""
        self._known = frozenset(self.names)
        limits = run.attempts.select("attempt", "valid_to_step").rows()
        self._limits = {attempt: limit for attempt, limit in limits if limit is not None}
        self._values: dict[str, Values] = {}
        self._drawn: dict[str, Series] = {}

    @cached_property
    def eval_sets(self) -> tuple[str | None, ...]:
        """The names of the eval sets that were measured, None for an only one."""
        found: dict[str | None, None] = {}
        for event in ("step", "reward", "quality"):
            table = self.run.events[event].filter(pl.col("mode") == "eval")
            found |= dict.fromkeys(table["eval_name"].unique(maintain_order=True))
        return tuple(sorted(found, key=lambda name: (name is not None, name or "")))

    def first_known(self, *metrics: str) -> str | None:
        """The first of these metrics that the log holds a value of."""
        return next((metric for metric in metrics if metric in self._known and len(self.values(metric).x)), None)

    def values(self, metric: str) -> Values:
        """The values of a metric, none for one that the log does not hold."""
        if metric not in self._values:
            self._values[metric] = self._read(metric)
        return self._values[metric]

    def series(self, metric: str, label: str = "", *, spread: tuple[str, ...] = (), sparse: bool = False) -> Series:
        """A metric as a series.

        Args:
            metric: its canonical name.
            label: its name in the legend; that of the metric by default.
            spread: metrics that make the band: standard deviation; lowest and highest value, which it does not pass.
            sparse: draw points.
        """
        key = "\0".join((metric, *spread))
        if key not in self._drawn:
            values = self.values(metric)
            around, *edges = (self._aligned(values, name) for name in spread) if self.first_known(*spread) else (None,)
            self._drawn[key] = series(
                metric, metric, values.x, values.y,
                spread=None if around is None else np.nan_to_num(around),
                within=(edges[0], edges[1]) if len(edges) == 2 else None,
                ghosts=values.ghosts,
            )  # fmt: skip
        return replace(self._drawn[key], label=label or metric, sparse=sparse)

    def spark(self, metric: str) -> tuple[float, ...]:
        """The course of a metric in the space of a word."""
        values = self.values(metric)
        return mean_points(values.x, values.y, SPARK)

    def _read(self, metric: str) -> Values:
        none = np.empty(0)
        if metric not in self._known:
            return Values(none, none, none, ())
        found = self.run.history(metric, superseded=True)
        x, y, attempts = (found[name].to_numpy().astype(np.float64) for name in ("step", "value", "attempt"))
        void = np.zeros(len(x), dtype=bool)
        ghosts = []
        for attempt, limit in self._limits.items():
            lost = (attempts == attempt) & (x > limit)
            void |= lost
            if lost.any():
                ghosts.append((x[lost], y[lost]))
        return Values(x[~void], y[~void], attempts[~void], tuple(ghosts))

    def _aligned(self, values: Values, metric: str) -> Floats:
        """The values of `metric` at the steps of `values`, NaN where it has no finite one."""
        other = self.values(metric)
        at = dict(zip(zip(other.attempts.tolist(), other.x.tolist(), strict=True), other.y.tolist(), strict=True))
        places = zip(values.attempts.tolist(), values.x.tolist(), strict=True)
        found = np.array([at.get(place, np.nan) for place in places])
        return np.where(np.isfinite(found), found, np.nan)


def eval_prefix(eval_set: str | None) -> str:
    """What the metrics of an eval set begin with."""
    return "eval_" if eval_set is None else f"eval_{eval_set}_"
