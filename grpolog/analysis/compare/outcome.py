"""By what runs are compared, and by how much they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from grpolog import metrics
from grpolog.analysis.compare import interval
from grpolog.analysis.compare.aligned import Values, Window, paired, reached, window_of
from grpolog.analysis.compare.arms import Arm
from grpolog.analysis.compare.axis import Across, axis_of
from grpolog.analysis.compare.interval import Interval
from grpolog.analysis.compare.meaning import same_total
from grpolog.analysis.run import Run
from grpolog.errors import UsageError

FEWEST_ROWS: Final = 6
"""Rows of training below which nothing is compared; of evaluations `interval.FEWEST`."""

ENOUGH_ROWS, ENOUGH_EVALUATIONS = interval.BLOCKS_FROM, 5
"""Values of a run below which more than the last quarter is compared."""

PassedOver = tuple[tuple[str, str], ...]
"""Metrics, and why they are not compared."""

Columns = tuple[tuple[Values, ...], ...]
"""By arm the values of its runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The metric that says how runs fare."""

    metric: str
    better: Literal["up", "down", "none"]
    passed_over: PassedOver = ()
    """More telling metrics."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How one arm differs from another."""

    place: int
    """Number of the arm."""

    other: int
    """Number of the arm that it is held against."""

    mean: float
    """Of the window: of the values that are compared."""

    other_mean: float
    interval: Interval | None
    """Of the difference; None where there are too few values."""

    values: int
    """Pairs of values that the difference is the mean of; of seeds 0."""

    seeds: tuple[int, int]
    """Runs of either arm."""

    reached: tuple[float | None, float | None] = (None, None)
    """Where either arm first was at `other_mean`; None where it never was, or of several seeds."""

    twins: bool = False
    """Whether single runs have one course, value by value: one run twice, or a part of one that both share."""

    @property
    def by_seeds(self) -> bool:
        """Whether the interval is over seeds, so that it tells of configurations rather than of single runs."""
        return max(self.seeds) > 1

    @property
    def shown(self) -> bool:
        """Whether the difference is larger than the noise."""
        return self.interval is not None and self.interval.excludes_zero


@dataclass(frozen=True, slots=True)
class Incomparable:
    """There is no metric by which all arms can be compared."""

    passed_over: PassedOver


@dataclass(frozen=True, slots=True)
class Result:
    """How arms fare by an outcome."""

    outcome: Outcome
    window: Window
    """Part of the axis that is compared."""

    reach: float
    """Last place that all runs reach."""

    means: tuple[float | None, ...]
    """By arm its mean over the window; None of one that is left out."""

    over_seeds: tuple[Interval | None, ...]
    """By arm the interval of its mean over seeds; None of a single run."""

    effects: tuple[Effect, ...]
    """Of every other arm that is compared against the baseline."""

    least: int
    """Values of the run that has the fewest in the window."""

    left_out: tuple[tuple[int, str], ...] = ()
    """Arms that are left out, such as one that ended early, and the little they have: `none`, `only 1 value`."""


def result_of(
    arms: Sequence[Arm], across: Across = "step", baseline: int = 0, metric: str | None = None
) -> Result | Incomparable:
    """How the arms fare by the most telling metric that all of them have, else that most of them have.

    Args:
        arms: what is compared.
        across: by what their values are aligned.
        baseline: number of the arm that the others are held against.
        metric: the metric that decides; None: the task in evaluation, else the total there, else the task in training,
            else the total there.

    Raises:
        UsageError: `metric` has too few values in some run, or over the range that all reach.
    """
    for arm in arms if metric is None else ():
        for run, name in zip(arm.runs, arm.names, strict=True):
            if run.objective is not None:
                return Incomparable((("reward", f"{name} is no GRPO run"),))
    names = (metric,) if metric is not None else tuple(candidates(arms))
    passed_over: list[tuple[str, str]] = []
    for some in (False, True):
        passed_over.clear()
        for name in names:
            lacking, found = _tried(arms, across, baseline, name, some=some)
            if found is not None:
                return replace(found, outcome=replace(found.outcome, passed_over=tuple(passed_over)))
            passed_over.append((name, lacking))
    if metric is not None:
        raise UsageError(f"runs cannot be compared by {metric}: {passed_over[0][1]}")
    return Incomparable(tuple(passed_over))


def candidates(arms: Sequence[Arm]) -> Iterator[str]:
    """Metrics that say how runs fare and that some run has, the most telling first."""
    names = [set(run.metric_names()) for arm in arms for run in arm.runs]
    some = metrics.reading_order(set().union(*names))
    evaluated = [name for name in some if name.startswith("eval_")]
    task = task_of(arms)
    comparable = same_total(arms)
    if task is not None:
        yield from (name for name in evaluated if name.endswith(task))
    if comparable:
        yield from (name for name in evaluated if _is_reward(name))
    if task in some:
        yield task
    if comparable and "reward" in some:
        yield "reward"


def evaluations(arms: Sequence[Arm]) -> list[str]:
    """Those of the candidates that come from evaluations."""
    return [name for name in candidates(arms) if name.startswith("eval_")]


def values_of(run: Run, metric: str, across: Across) -> Values:
    """The finite values of a metric along an axis."""
    if metric not in run.metric_names():
        return Values(np.empty(0), np.empty(0))
    found = run.history(metric)
    x = axis_of(run, across).place(found["step"].to_numpy().astype(np.float64))
    y = found["value"].to_numpy()
    known = np.isfinite(x) & np.isfinite(y)
    return Values(x[known], y[known])


def task_of(arms: Sequence[Arm]) -> str | None:
    """The metric of the function that is the task, in training; None where no log names one, or they disagree."""
    named = {run.info.primary for arm in arms for run in arm.runs if run.info is not None and run.info.primary}
    return f"rewards/{named.pop()}/mean" if len(named) == 1 else None


def functions_of(arms: Sequence[Arm]) -> tuple[str, ...]:
    """The reward functions with a value in training in some run, the task first, then in reading order."""
    every = set().union(*(run.metric_names() for arm in arms for run in arm.runs))
    ordered = sorted(metrics.reading_order(every), key=lambda name: name != task_of(arms))
    means = [name for name in ordered if name.startswith("rewards/") and name.endswith("/mean")]
    return tuple(name.removeprefix("rewards/").removesuffix("/mean") for name in means)


def _is_reward(name: str) -> bool:
    known = metrics.canonical(name)
    return known is not None and known.name == "reward"


def _tried(arms: Sequence[Arm], across: Across, baseline: int, metric: str, *, some: bool) -> tuple[str, Result | None]:
    """The result by a metric, or why there is none; of `some` arms where others have too few values."""
    evaluated = metric.startswith("eval_")
    fewest = interval.FEWEST if evaluated else FEWEST_ROWS
    columns: Columns = tuple(tuple(values_of(run, metric, across) for run in arm.runs) for arm in arms)
    lacking = {place: why for place, arm in enumerate(arms) if (why := _lacking(arm, columns[place], fewest))}
    if lacking and (not some or baseline in lacking or len(arms) - len(lacking) < 2):
        name, what = next(iter(lacking.values()))
        return f"{name} has {what}", None
    held = [place for place in range(len(arms)) if place not in lacking]
    every = [(name, values) for place in held for name, values in zip(arms[place].names, columns[place], strict=True)]
    window = window_of([values for _, values in every], ENOUGH_EVALUATIONS if evaluated else ENOUGH_ROWS)
    if window is None:
        return "no part of the axis has values of all runs", None
    least, name = min((len(values.within(window).x), name) for name, values in every)
    if least < fewest:
        return f"{name} has {_values(least)} in the part that all of them reach", None
    known = metrics.metric(metric)
    better = known.better if known else "none"
    seeds = {place: _seed_means(columns[place], window) for place in held}
    return "", Result(
        outcome=Outcome(metric, better),
        window=window,
        reach=min(float(values.x[-1]) for _, values in every),
        means=tuple(float(seeds[place].mean()) if place in seeds else None for place in range(len(arms))),
        over_seeds=tuple(interval.of_seeds(seeds[place]) if place in seeds else None for place in range(len(arms))),
        effects=tuple(
            _effect(columns, window, place, baseline, up=better != "down") for place in held if place != baseline
        ),
        least=least,
        left_out=tuple((place, what) for place, (_, what) in lacking.items()),
    )


def _lacking(arm: Arm, columns: Sequence[Values], fewest: int) -> tuple[str, str] | None:
    """The run for whose sake an arm cannot be compared, and the little it has; None where all have enough."""
    for name, values in zip(arm.names, columns, strict=True):
        if len(values.x) < fewest:
            return name, f"only {_values(len(values.x))}" if len(values.x) else "none"
    return None


def _values(n: int) -> str:
    return f"{n:,} value{'' if n == 1 else 's'}"


def _effect(columns: Columns, window: Window, place: int, baseline: int, *, up: bool) -> Effect:
    mine, theirs = columns[place], columns[baseline]
    seeds = len(mine), len(theirs)
    if max(seeds) > 1:
        one, other = _seed_means(mine, window), _seed_means(theirs, window)
        found = interval.between_seeds(one, other)
        return Effect(place, baseline, float(one.mean()), float(other.mean()), found, 0, seeds)
    a, b = paired(mine[0], theirs[0], window)
    if not len(a):
        a, b = (values.within(window).y for values in (mine[0], theirs[0]))
        return Effect(place, baseline, float(a.mean()), float(b.mean()), None, 0, seeds)
    level = float(b.mean())
    both = reached(mine[0], level, up=up), reached(theirs[0], level, up=up)
    twins = bool((a == b).all() and (a != a[0]).any())
    return Effect(place, baseline, float(a.mean()), level, interval.of_steps(a - b), len(a), seeds, both, twins)


def _seed_means(own: Sequence[Values], window: Window) -> np.ndarray:
    return np.array([float(values.within(window).y.mean()) for values in own])
