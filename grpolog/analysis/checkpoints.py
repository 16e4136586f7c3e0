"""Which of the checkpoints that were saved and kept to use."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from grpolog.analysis.judgement import SYSTEM, Finding
from grpolog.analysis.run import Run
from grpolog.analysis.task import Task, task_of
from grpolog.trends import naming

_STEP = re.compile(r"(\d+)/?$")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Weights on disk, and how well they did."""

    step: int
    path: str
    metric: str
    """What they are valued by: the task in an evaluation, or in training where there was none."""

    value: float
    error: float
    """Standard error of the value; NaN where the number of completions is not known."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The checkpoint to use, or why there is none."""

    checkpoint: Checkpoint | None
    reason: str
    """Why this one, or why none; one sentence."""

    kept: int
    """Checkpoints that the newest save left."""


def advise(run: Run, findings: Sequence[Finding]) -> Advice:
    """The earliest of the kept checkpoints whose value lies within one standard error of the best (the rule of one
    standard error, Breiman et al. 1984), among those saved before an open error set in.
    """
    kept = kept_checkpoints(run)
    if not kept:
        return Advice(None, "no checkpoint is recorded in this log", 0)
    onset = min((finding.begun for finding in findings if _spoils(finding)), default=None)
    sound = {step: path for step, path in kept.items() if onset is None or step < onset}
    if not sound:
        return Advice(None, f"all that are kept were saved after the trouble began at step {onset:,}", len(kept))
    valued = _valued(run, sound)
    if not valued:
        return Advice(None, "no reward tells the checkpoints apart", len(kept))
    best = max(valued, key=lambda checkpoint: checkpoint.value)
    margin = best.error if math.isfinite(best.error) else 0.0
    chosen = min((c for c in valued if c.value >= best.value - margin), key=lambda checkpoint: checkpoint.step)
    return Advice(chosen, _reason(chosen, best, valued, onset), len(kept))


def kept_checkpoints(run: Run) -> dict[int, str]:
    """Step and path of the checkpoints that were there after the newest save, by step."""
    table = run.perf.filter(pl.col("checkpoints").is_not_null()).select("step", "checkpoints").rows()
    if not table:
        return {}
    saved = {paths[-1]: step for step, paths in table if paths}
    newest = table[-1][1]
    found = {saved.get(path, _step_in(path)): path for path in newest}
    return {step: found[step] for step in sorted(step for step in found if step is not None)}


def _step_in(path: str) -> int | None:
    match = _STEP.search(path)
    return int(match[1]) if match else None


def _spoils(finding: Finding) -> bool:
    """Whether weights from its onset on are not to be trusted."""
    return finding.state == "open" and finding.severity == "error" and finding.rule not in SYSTEM | {"crash"}


def _valued(run: Run, kept: dict[int, str]) -> list[Checkpoint]:
    task = task_of(run)
    if not task.metric:
        return []
    evaluated = _evaluated(run, task, kept)
    if len(evaluated) == len(kept):
        return evaluated
    found = [Checkpoint(step, path, task.metric, *task.around(step)) for step, path in kept.items()]
    return [checkpoint for checkpoint in found if math.isfinite(checkpoint.value)]


def _evaluated(run: Run, task: Task, kept: dict[int, str]) -> list[Checkpoint]:
    """Each checkpoint by the task's evaluation at its step, or the newest one before it since the checkpoint before;
    empty where one has none.
    """
    table = run.rewards.filter((pl.col("mode") == "eval") & (pl.col("name") == (task.function or "total")))
    table = table.filter(~pl.col("superseded") & pl.col("mean").is_finite())
    sets = table["eval_name"].unique(maintain_order=True).to_list()
    if not sets:
        return []
    prefix = naming.eval_prefix({"mode": "eval", "eval_name": sets[0]})
    rows = table.filter(pl.col("eval_name").eq_missing(pl.lit(sets[0]))).select("step", "mean", "std", "n").rows()
    found, before = [], -1
    for step, path in kept.items():
        near = [row for row in rows if before < row[0] <= step]
        if near:
            _, mean, std, n = near[-1]
            error = std / math.sqrt(n) if std is not None and n else math.nan
            found.append(Checkpoint(step, path, prefix + task.metric, mean, error))
        before = step
    return found


def _reason(chosen: Checkpoint, best: Checkpoint, valued: Sequence[Checkpoint], onset: int | None) -> str:
    if len(valued) == 1:
        return "the only one that is kept" if onset is None else f"the only one kept from before step {onset:,}"
    if chosen is not best:
        return f"the earliest within one standard error of the best, step {best.step:,}"
    return "the best of those kept" if onset is None else f"the best of those kept from before step {onset:,}"
