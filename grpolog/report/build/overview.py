"""The charts of the first screen: the task with its ceiling and evaluations, the learning signal, who decides."""

from dataclasses import replace

import numpy as np
import polars as pl

from grpolog.analysis.task import Task
from grpolog.report.build.layout import SIGNAL
from grpolog.report.build.lines import Lines, eval_prefix
from grpolog.report.build.panels import EVAL_SETS, build, eval_label
from grpolog.report.build.plan import Line, Plan
from grpolog.report.build.rewards import Rewards
from grpolog.report.curves import Floats, series
from grpolog.report.model import Panel, Series
from grpolog.report.text import one_line

NORMAL_95 = 1.96
"""Standard errors of a 95 % interval."""


def task_panel(lines: Lines, rewards: Rewards, task: Task) -> Panel | None:
    """The task in training and in each evaluation with 95 % intervals, and its ceiling where that is known."""
    name = task.function
    title = f"The task: {one_line(name, 60)}" if name else "Total reward"
    spread = (f"rewards/{name}/std", f"rewards/{name}/min", f"rewards/{name}/max") if name else ("reward_std",)
    key = "panel-primary" if name else "panel-reward"
    plan = Plan(key, title, "", (Line("training", (task.metric or "reward",)),), evaluated=True, spread=spread)
    panel = build(lines, plan)
    if panel is None:
        return None
    said = ["Mean reward; the band around training is one standard deviation of completions."]
    evaluated = _evaluations(lines, task)
    if len(evaluated) > 1:  # among several intervals the wide band of training would hide them
        said = ["Mean reward; the bands of evaluations are 95 % intervals."]
        panel = replace(panel, series=(_without_band(panel.series[0]), *evaluated), bands=True)
    elif evaluated:
        said.append("Bars of evaluations are 95 % intervals.")
        panel = replace(panel, series=(panel.series[0], *evaluated))
    elif len(panel.series) == 1:
        said.append("Train reward only: there was no evaluation.")
    if task.limits is not None:
        # the ceiling is a line without a band
        bands = panel.bands or len(panel.series) <= 2
        panel = replace(panel, series=(*panel.series, _ceiling(lines, task)), bands=bands)
    return replace(panel, about=" ".join(said))


def signal_panel(lines: Lines) -> Panel | None:
    """The completions of each step by what they teach, as areas that add up to one; where the log does not tell them
    apart, the shares that it holds.
    """
    whole = build(lines, SIGNAL)
    live, equal, best, worst = (lines.values(f"group/{n}_share") for n in ("live", "equal", "best", "worst"))
    apart = len(live.x) and all(np.array_equal(live.x, other.x) for other in (equal, best, worst))
    if whole is None or not apart:
        return whole
    left = np.maximum(1.0 - live.y - equal.y, 0.0)
    cut = lines.values("quality/truncated_share")
    config = (lines.run.info.config if lines.run.info else None) or {}
    dropped = np.zeros(len(left))
    if config.get("mask_truncated_completions") and np.array_equal(cut.x, live.x):
        dropped = np.minimum(left, cut.y)
    parts = (
        ("learning", live.y),
        ("all best", best.y),
        ("all worst", worst.y),
        ("all equal between", np.maximum(equal.y - best.y - worst.y, 0.0)),
        ("cut off, left out", dropped),
        ("masked", left - dropped),
    )
    shown = [(label, y) for label, y in parts if label == "learning" or np.nanmax(y, initial=0.0) > 0.005]
    metric = "group/live_share"
    return replace(
        whole,
        about="Completions by what they teach: those of groups that differ, of groups that all score the same, and "
        "those left out of the loss.",
        series=tuple(series(label, metric, live.x, y) for label, y in shown),
        stacked=True,
    )


def _evaluations(lines: Lines, task: Task) -> list[Series]:
    """The task in each eval set with its 95 % interval, from the statistics over all of its completions."""
    table = lines.run.rewards.filter((pl.col("mode") == "eval") & (pl.col("name") == (task.function or "total")))
    table = table.filter(~pl.col("superseded")).sort("step", maintain_order=True)
    found = []
    for eval_set in lines.eval_sets[:EVAL_SETS]:
        rows = table.filter(pl.col("eval_name").eq_missing(pl.lit(eval_set)))
        if rows.height:
            x, y, std, n = (rows[name].cast(pl.Float64).to_numpy() for name in ("step", "mean", "std", "n"))
            half = NORMAL_95 * np.nan_to_num(_per_root(std, n))
            metric = eval_prefix(eval_set) + task.metric
            found.append(series(eval_label(eval_set), metric, x, y, spread=half, sparse=True))
    return found


def _per_root(std: Floats, n: Floats) -> Floats:
    with np.errstate(all="ignore"):
        found: Floats = std / np.sqrt(n)
    return found


def _without_band(line: Series) -> Series:
    return replace(line, band="none", curve=replace(line.curve, low=(), high=()))


def _ceiling(lines: Lines, task: Task) -> Series:
    x = lines.values(task.metric).x
    ceiling = task.limits[1] if task.limits is not None else np.nan
    ends = np.unique(x[[0, -1]])
    return series("ceiling", "ceiling", ends, np.full(len(ends), ceiling))
