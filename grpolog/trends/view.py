"""What rules look at: the metrics of a run by role, and where the reward lies in its range."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np

from grpolog.metrics.primary import primary_of
from grpolog.trends import roles
from grpolog.trends.cycles import Cycles
from grpolog.trends.fall import Fall
from grpolog.trends.series import Series
from grpolog.trends.setting import Setting
from grpolog.trends.stack import Memory, Stack, smooth_log
from grpolog.trends.table import Floats, Ints, Mask

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _once(method: _Method) -> _Method:
    """Many rules ask the same of the same metric: it is worked out once."""

    @wraps(method)
    def asked(self: "View", *args: Any) -> Any:
        key = (method.__name__, *(arg.name if isinstance(arg, Series) else arg for arg in args))
        if key not in self._known:
            self._known[key] = method(self, *args)
        return self._known[key]

    return asked  # type: ignore[return-value]


@dataclass
class View:
    """The new cycles and what led to them."""

    setting: Setting
    cycles: Cycles
    memory: Memory
    _made: dict[str, Series | None] = field(default_factory=dict)
    _known: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cycles)

    def metric(self, name: str) -> Series | None:
        """A metric by its name; None where it never had a value."""
        if name not in self._made:
            self._made[name] = self._series(name) if name in self.stack[1] else None
        return self._made[name]

    def _series(self, name: str) -> Series:
        stack, rows = self.stack
        cycles = self.cycles
        if name not in roles.HEAVY:
            return Series(name, stack, rows[name])
        series = Series.alone(name, cycles.values[name], cycles.first, cycles.before, self.memory)
        return replace(series, logs=Series(f"{name}|log", stack, rows[name]))

    @cached_property
    def stack(self) -> tuple[Stack, Mapping[str, int]]:
        """The metrics that rules judge, of those with heavy tails the logarithm, and the row of each: in the order of
        their coming, so that rows stay where they are.
        """
        cycles = self.cycles
        names = [name for name in cycles.values if not roles.explains(name)]
        rows = {name: row for row, name in enumerate(names)}
        values = np.empty((len(rows), len(cycles.steps)))
        for name, row in rows.items():
            values[row] = cycles.values[name]
        heavy = [row for name, row in rows.items() if name in roles.HEAVY]
        values[heavy] = smooth_log(values[heavy])
        return Stack("all", values, cycles.first, cycles.before, self.memory), rows

    def level(self, name: str, entry: int, window: int, lag: int = 0) -> float | None:
        """Mean of the `window` values of a metric that ended `lag` cycles before a new entry, for a sentence about it;
        None where one is missing.
        """
        values, end = self.cycles.values.get(name), self.cycles.first + entry + 1 - lag
        if values is None or end < window:
            return None
        mean = math.fsum(values[end - window : end].tolist()) / window  # exact: however the rows were handed over
        return mean if math.isfinite(mean) else None

    def role(self, role: str) -> Series | None:
        """The metric of a role: of those that came first the best."""
        mark = (role, "role", 0)
        if mark not in self.memory:
            firsts = {}
            for name in roles.NAMES[role]:
                values = self.cycles.values.get(name)
                if values is not None and len(there := np.flatnonzero(np.isfinite(values))):
                    firsts[name] = int(there[0])
            if not firsts:
                return None
            self.memory[mark] = min(firsts, key=lambda name: firsts[name])
        return self.metric(self.memory[mark])

    @cached_property
    def evaluations(self) -> list[tuple[Series, Ints]]:
        """Each reward of evaluations on its own clock, with the cycle of each new value."""
        found = []
        for name, (values, rows) in sorted(self.cycles.own.items()):
            if len(rows):
                mark = (name, "evaluations", 0)
                count = self.memory.get(mark, 0) + len(rows)
                self.memory[mark] = count
                series = Series.alone(name, values, len(values) - len(rows), count - len(values), self.memory)
                found.append((series, rows))
        return found

    @cached_property
    def evaluation_fell(self) -> Mask:
        """Whether, as of each new cycle, the newest evaluation of the primary, or of the total where the primary has
        none, lies below its best.
        """
        new = {series.name: (rows, Fall.of(series).found) for series, rows in self.evaluations}
        found = np.zeros(len(self), bool)
        totals, tasks = self._evaluated
        for name in tasks or totals:
            mark = (name, "fell", 0)
            now = np.full(len(self), self.memory.get(mark, False))
            for row, low in zip(*new.get(name, ((), ())), strict=True):
                now[row:] = self.memory[mark] = bool(low)
            found |= now
        return found

    def shapes(self, evaluation: str) -> bool:
        """Whether a reward of an evaluation is that of a function beside the task."""
        totals, tasks = self._evaluated
        return bool(totals or tasks) and evaluation not in (*totals, *tasks)

    @cached_property
    def _evaluated(self) -> tuple[list[str], list[str]]:
        """Evaluations of the total, and of the primary."""
        names = sorted(self.cycles.own)
        totals = [name for name in names if "rewards/" not in name]
        return totals, [name for name in names if self.primary and name.endswith(f"_rewards/{self.primary}/mean")]

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """Reward functions, in the order of their names."""
        found = {f[0] for name in self.cycles.values if (f := roles.function_of(name)) and f[1] == "mean"}
        return tuple(sorted(found))

    @cached_property
    def primary(self) -> str | None:
        """The reward function that is the task: given, or guessed from the functions of the first scored cycle."""
        if self.setting.primary is not None:
            return self.setting.primary
        mark = ("", "primary", 0)
        if mark not in self.memory:
            firsts: dict[str, int] = {}
            for name in self.functions:
                there = np.flatnonzero(np.isfinite(self.cycles.values[f"rewards/{name}/mean"]))
                if len(there):
                    firsts[name] = int(there[0])
            if not firsts:
                return None
            earliest = min(firsts.values())
            self.memory[mark] = primary_of([n for n, first in firsts.items() if first == earliest], None)[0]
        found: str | None = self.memory[mark]
        return found

    @property
    def certain(self) -> bool:
        """Whether the primary is known and not guessed."""
        return self.setting.primary is not None

    @cached_property
    def total(self) -> Series | None:
        """The weighted sum of all functions."""
        return self.metric("reward")

    @cached_property
    def task(self) -> Series | None:
        """What says how the run fares: the given primary, else the total, else the guessed primary."""
        name = roles.task_of(self.stack[1], self.primary, given=self.certain)
        return self.metric(name) if name is not None else None

    def function(self, series: Series) -> str | None:
        """The reward function behind a mean; None for the total."""
        found = roles.function_of(series.name)
        return found[0] if found else None

    @_once
    def spread(self, series: Series) -> Floats:
        """Standard deviation of the reward of one completion: recorded, else that of a rate, else from the noise."""
        name = self.function(series)
        told = self.metric("reward_std" if name is None else f"rewards/{name}/std")
        rate = _share(np.fmax(series.highest(8), series.lowest(8)))
        binary = np.sqrt(np.maximum(rate * (1.0 - rate), 0.01))
        found = np.where(self.bounded(series), binary, np.nan)
        if told is not None:
            # a batch in which all scored the same has no spread; that of the batches before counts
            found = np.fmax(found, told.highest(16)) if name is None else np.fmax(told.highest(8), told.now)
        guess = series.noise() * math.sqrt(self.setting.completions_per_step or 8)
        return np.where(np.isfinite(found) & (found > 0), found, guess)

    def chance(self, series: Series, level: Floats) -> Floats:
        """Standard error that a rate at this level has by the number of completions alone; 0 where it is no rate or
        the number is not known.
        """
        number = self.setting.completions_per_step
        if not number:
            return np.zeros(len(series))
        rate = _share(level)
        return np.where(self.bounded(series), np.sqrt(rate * (1.0 - rate) / number), 0.0)

    @_once
    def bounded(self, series: Series) -> Mask:
        """Whether a reward is a rate, most likely."""
        return series.bounded()

    @_once
    def extremes(self, series: Series) -> tuple[Floats, Floats]:
        """The lowest and the highest value so far."""
        return series.extremes()

    def given(self, series: Series) -> tuple[float, float] | None:
        """Floor and ceiling of a reward as the run's owner says them."""
        return self.setting.reward_range.get(self.function(series) or "reward")

    @_once
    def range(self, series: Series) -> tuple[Floats, Floats]:
        """Floor and ceiling: as given; else 0 and 1 for a rate; else the lowest value, or 0 if none is below, and the
        best sustained level.
        """
        given = self.given(series)
        if given is not None:
            return np.full(len(series), given[0]), np.full(len(series), given[1])
        low, _ = self.extremes(series)
        best = np.fmax(series.highest(8), series.mean(8))
        ceiling = np.where(self.bounded(series), 1.0, best)
        return np.minimum(low, 0.0) if len(low) else low, ceiling

    @_once
    def position(self, series: Series, window: int = 8) -> Floats:
        """Where a reward lies between its floor (0) and its ceiling (1); NaN where it has no range."""
        floor, ceiling = self.range(series)
        width = ceiling - floor
        return np.where(width > 0, (series.mean(window) - floor) / width, np.nan)

    @_once
    def solved(self, share: float = 0.9) -> Mask:
        """Whether the task lies at its ceiling."""
        if self.task is None:
            return np.zeros(len(self), dtype=bool)
        # a reward without a known range that never left its first level has reached nothing
        risen = self.bounded(self.task) | (
            self.task.mean(8) - self.task.beginning(8) > 2.0 * self.task.noise() * math.sqrt(2.0 / 8)
        )
        found: Mask = (self.position(self.task) >= share) & (risen | (self.given(self.task) is not None))
        return found

    @_once
    def rising(self, lag: int, window: int = 16, times: float = 2.0) -> Mask:
        """Whether the task rose beyond noise since `lag` cycles ago."""
        return np.zeros(len(self), dtype=bool) if self.task is None else self.gains(self.task, lag, window, times)

    @_once
    def gains(self, series: Series, lag: int, window: int = 16, times: float = 2.0) -> Mask:
        """Whether a metric rose beyond noise since `lag` cycles ago."""
        gain = series.mean(window) - series.past(window, lag)
        found: Mask = gain > times * series.noise() * math.sqrt(2.0 / window)
        return found

    @_once
    def learned(self, times: float = 2.0) -> Mask:
        """Whether the task lies beyond noise above where it began."""
        if self.task is None:
            return np.zeros(len(self), dtype=bool)
        gain = self.task.mean(16) - self.task.beginning(16)
        found: Mask = gain > times * self.task.noise() * math.sqrt(2.0 / 16)
        return found

    @_once
    def fallen(self, share: float, window: int = 4) -> Mask:
        """Whether the task lost at least `share` of what it had above its floor, beyond noise."""
        if self.task is None:
            return np.zeros(len(self), dtype=bool)
        floor, _ = self.range(self.task)
        drop = self.task.drop(window)
        found: Mask = (drop.size >= share * (drop.before - floor)) & drop.significant(2.0)
        return found


def _share(values: Floats) -> Floats:
    """`values` no smaller than 0 and no larger than 1."""
    return np.minimum(np.maximum(values, 0.0), 1.0)
