"""A run held against another one: is it worse by more than the noise?"""

from typing import Final

import numpy as np

from grpolog.analysis.judgement import Finding
from grpolog.analysis.run import Run
from grpolog.trends.table import Floats

SHARE: Final = 0.25
"""Last part of the common steps that is compared."""

BLOCK: Final = 8
"""Rows that are drawn together: neighbours hang together."""

DRAWS: Final = 2_000
FEWEST: Final = 16
"""Rows of each run below which nothing is said."""


def baseline_finding(run: Run, other: Run) -> Finding | None:
    """A warning if the reward of `run` over the last quarter of the common steps is below that of `other`.

    The difference of means with a 95 % interval by block bootstrap. One run each tells nothing of the spread between
    seeds, so it is never more than a warning.
    """
    metric = _task(run, other)
    if metric is None:
        return None
    mine, theirs = (r.history(metric, mode="train") for r in (run, other))
    if not mine.height or not theirs.height:
        return None
    steps = [history["step"].to_numpy() for history in (mine, theirs)]
    end, begin = (int(pick(edge)) for pick, edge in ((min, [s.max() for s in steps]), (max, [s.min() for s in steps])))
    start = end - SHARE * (end - begin)
    a, b = (_finite(h.filter(h["step"].is_between(start, end))["value"].to_numpy()) for h in (mine, theirs))
    if min(len(a), len(b)) < FEWEST:
        return None
    low, high = np.percentile(_means(a, 0) - _means(b, 1), (2.5, 97.5))
    if high >= 0:
        return None
    return Finding(
        rule="baseline",
        metric=metric,
        severity="warning",
        step=end,
        onset_step=int(start),
        resolved_step=None,
        state="open",
        message=f"Step {end}: {metric} is {a.mean():.3g}, that of {other.name} {b.mean():.3g} "
        f"(difference {low:+.3g} to {high:+.3g}, 95 %; one run each says nothing of other seeds)",
        causes="A change between the two runs: compare their configuration.",
        remedy="Repeat with other seeds before you believe it; then look at what differs in the configuration.",
        source="block bootstrap over the last quarter of the common steps",
        incident=f"baseline-{metric}-{end}",
        before=float(b.mean()),
        after=float(a.mean()),
    )


def _task(run: Run, other: Run) -> str | None:
    """The metric that says how both fare."""
    shared = set(run.metric_names()) & set(other.metric_names())
    primary = run.info.primary if run.info else None
    names = ([f"rewards/{primary}/mean"] if primary else []) + ["reward"]
    return next((name for name in names if name in shared), None)


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _means(values: Floats, seed: int) -> Floats:
    """Means of series drawn in blocks."""
    dice = np.random.default_rng(seed)
    blocks = -(-len(values) // BLOCK)
    starts = dice.integers(0, len(values) - min(BLOCK, len(values)) + 1, (DRAWS, blocks, 1))
    drawn = (starts + np.arange(min(BLOCK, len(values)))).reshape(DRAWS, -1)[:, : len(values)]
    found: Floats = values[drawn].mean(axis=1)
    return found
