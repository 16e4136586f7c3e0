"""The reward that says how a run fares, and the course it took: the same choice as that of the rules."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grpolog.analysis.run import Run
from grpolog.trends import roles

Floats = NDArray[np.float64]

Course = Literal["solved", "rising", "flat", "short"]
"""solved: the last quarter lies at the ceiling; rising: beyond noise above the quarter before; flat: neither; short:
fewer values than can be judged."""

FEWEST = 12
"""Values below which no course is told."""

CEILING = 0.95
"""Part of the way from floor to ceiling from which on a task is solved."""


@dataclass(frozen=True)
class Task:
    """The task's reward in training: the given primary function, else the total, else the only or guessed one."""

    metric: str
    """Canonical name; empty where no reward was logged."""

    function: str | None
    """The reward function behind it; None for the total."""

    steps: Floats
    values: Floats
    """Finite values, by step."""

    limits: tuple[float, float] | None
    """Floor and ceiling: as given, or 0 and 1 where no value lies outside; None where not known."""

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one value around its course, from second differences, which a straight rise leaves
        at zero.
        """
        if len(self.values) < 3:
            return float("nan")
        return float(np.sqrt(np.mean(np.diff(self.values, 2) ** 2) / 6.0))

    @cached_property
    def course(self) -> Course:
        """Where the last quarter lies against the quarter before, at two standard errors."""
        if len(self.values) < FEWEST:
            return "short"
        size = len(self.values) // 4
        before, last = self.quarters
        if self.limits is not None:
            floor, ceiling = self.limits
            if last >= floor + CEILING * (ceiling - floor):
                return "solved"
        rises = last - before > 2.0 * self.noise * np.sqrt(2.0 / size)
        return "rising" if rises and last > before else "flat"

    @property
    def quarters(self) -> tuple[float, float]:
        """Means of the last quarter but one and of the last; there have to be four values."""
        size = len(self.values) // 4
        return float(self.values[-2 * size : -size].mean()), float(self.values[-size:].mean())

    def around(self, step: float, size: int = 10) -> tuple[float, float]:
        """Mean and standard error of the values of the last `size` rows up to a step; NaN where there are none."""
        found = self.values[self.steps <= step][-size:]
        if not len(found):
            return float("nan"), float("nan")
        return float(found.mean()), self.noise / float(np.sqrt(len(found)))


def task_of(run: Run) -> Task:
    """The task of a run."""
    info = run.info
    primary, given = (info.primary, info.primary_source == "given") if info else (None, False)
    metric = roles.task_of(run.metric_names(), primary, given=given)
    if metric is None:
        return Task("", None, np.empty(0), np.empty(0), None)
    named = roles.function_of(metric)
    function = named[0] if named else None
    history = run.history(metric)
    values = history["value"].to_numpy().astype(np.float64)
    finite = np.isfinite(values)
    values, steps = values[finite], history["step"].to_numpy().astype(np.float64)[finite]
    told = (info.reward_range or {}).get(function or "reward") if info else None
    rate = function is not None and len(values) > 0 and values.min() >= 0.0 and values.max() <= 1.0
    return Task(metric, function, steps, values, (told[0], told[1]) if told else (0.0, 1.0) if rate else None)
