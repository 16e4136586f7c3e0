"""The three groups of the first screen: a usual recent one, one of the largest jump, one of an alert."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from grpolog import trends
from grpolog.analysis.judgement import Finding
from grpolog.report.build.choice import STRETCH, usual
from grpolog.report.build.groups import Shown, steps_of
from grpolog.report.build.lines import Lines
from grpolog.report.build.named import key_of
from grpolog.report.build.phrases import name_of
from grpolog.report.build.rewards import Rewards
from grpolog.report.numbers import number

_RULES = frozenset(rule.name for rule in trends.CATALOGUE)

WINDOW = 50
"""Values before and after a jump that are compared, at most; a tenth of the run where that is less."""


@dataclass(frozen=True, slots=True)
class Jump:
    """The largest change of a metric: the mean of a window, and that of the window after it."""

    what: str
    """The reward function, or `The total reward`."""

    before: tuple[int, int]
    """First and last step of the window before."""

    after: tuple[int, int]
    low: float
    high: float


def leading(
    heads: pl.DataFrame, lines: Lines, rewards: Rewards, findings: Sequence[Finding]
) -> Iterator[tuple[int, Shown]]:
    """Rows of up to three groups and what they are shown for; one that is two of them comes twice.

    Args:
        heads: rows of `recorded_groups` with their number as `row`.
        lines: the metrics of the run.
        rewards: its reward functions.
        findings: what the rules found, the gravest first.
    """
    trained = heads.filter(pl.col("mode") == "train")
    steps = trained["step"].unique().sort()
    recent = trained.filter(pl.col("step").is_in(steps.tail(max(1, len(steps) // STRETCH)).implode()))
    row = usual(recent)
    if row is not None:
        stretch = steps_of(recent["step"].min(), recent["step"].max())  # type: ignore[arg-type]
        why = f"One of the groups of {stretch}, drawn by lot: what is usual."
        yield row, Shown("Drawn by lot, newest steps", why)
    yield from _of_jump(trained, largest_jump(lines, rewards))
    yield from _of_alert(heads, findings)


def largest_jump(lines: Lines, rewards: Rewards) -> Jump | None:
    """Where the task, or else the total reward, changed most; None where it never did."""
    task = rewards.mean(rewards.primary) if rewards.primary else "reward"
    metric = lines.first_known(task, "reward")
    if metric is None:
        return None
    values = lines.values(metric)
    known = np.isfinite(values.y)
    x, y = values.x[known], values.y[known]
    width = min(WINDOW, max(1, len(y) // 10))
    if len(y) < 2 * width:
        return None
    sums = np.concatenate([[0.0], np.cumsum(y)])
    means = (sums[width:] - sums[:-width]) / width
    change = np.abs(means[width:] - means[:-width])
    at = int(change.argmax())
    low, high = float(means[at]), float(means[at + width])
    if number(low) == number(high):
        return None
    edges = [int(x[place]) for place in (at, at + width - 1, at + width, at + 2 * width - 1)]
    what = name_of(rewards.primary) if rewards.primary and metric == task else "The total reward"
    return Jump(what, (edges[0], edges[1]), (edges[2], edges[3]), low, high)


def _of_jump(trained: pl.DataFrame, jump: Jump | None) -> Iterator[tuple[int, Shown]]:
    """The recorded group nearest to the first step after the jump; one drawn by lot first, then the most divided."""
    if jump is None or trained.is_empty():
        return
    far = (pl.col("step") - jump.after[0]).abs()
    nearest = trained.filter(far == far.min())
    drawn = nearest.filter(pl.col("kept").list.contains("lot"))
    row = (drawn if drawn.height else nearest.sort("std", nulls_last=False, maintain_order=True)).row(-1, named=True)
    moved = "rose" if jump.high > jump.low else "fell"
    why = (
        f"{jump.what} {moved} from {number(jump.low)} in {steps_of(*jump.before)} to "
        f"{number(jump.high)} in {steps_of(*jump.after)}, more than anywhere else. This group is the nearest that was "
        f"recorded, of step {row['step']:,}."
    )
    yield row["row"], Shown("At the largest jump", why)


def _of_alert(heads: pl.DataFrame, findings: Sequence[Finding]) -> Iterator[tuple[int, Shown]]:
    """The first recorded group that the gravest finding with one names."""
    rows = dict(heads.select("key", "row").iter_rows())
    for finding in findings:
        for named in finding.groups:
            row = rows.get(key_of(finding, named))
            if row is not None:
                said = f"Named by the {finding.severity} of step {finding.step:,}: {finding.message.rstrip('.')}."
                title = f"For the alert {finding.rule}" if finding.rule in _RULES else "For an alert"
                yield row, Shown(title, f"{said} It shows: {named.shows}.")
                return
