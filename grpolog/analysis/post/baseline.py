"""A run held against another one: is it worse by more than the noise?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from grpolog.analysis.case import Case
from grpolog.analysis.finding import Finding
from grpolog.analysis.post.rule import said
from grpolog.trends.rules import NOT_HERE, About
from grpolog.trends.table import Floats

DRAWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Baseline:
    """The reward over the last part of the common steps lies below that of the other run.

    The difference of means with a 95 % interval by block bootstrap. One run each tells nothing of the spread between
    seeds, so it is never more than a warning.
    """

    share: float = 0.25
    """Last part of the common steps that is compared."""

    block: int = 8
    """Rows that are drawn together: neighbours hang together."""

    fewest: int = 16
    """Rows of each run below which nothing is said."""

    name: str = "baseline"
    about: ClassVar[About] = About(
        looks_for="The run is worse than the one it is held against (--baseline): over the last quarter of the common "
        "steps the 95 % interval of the difference of their rewards lies below zero.",
        causes="A change between the two runs: compare their configuration.",
        remedy="Repeat with other seeds before you believe it; then look at what differs in the configuration.",
        source="block bootstrap over the last quarter of the common steps",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        if case.baseline is None:
            return f"{NOT_HERE}no other run was given to hold it against"
        metric = _task(case, case.baseline)
        if metric is None:
            return f"{case.name} and {case.baseline.name} have no reward in common"
        _, mine, theirs = self._compared(case, case.baseline, metric)
        if min(len(mine), len(theirs)) < self.fewest:
            return (
                f"fewer than {self.fewest} rows of {metric} in the last {self.share:.0%} of the steps that both "
                f"{case.name} and {case.baseline.name} made"
            )
        return None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        other = case.baseline
        metric = None if other is None else _task(case, other)
        if other is None or metric is None:
            return
        (start, end), mine, theirs = self._compared(case, other, metric)
        low, high = np.percentile(self._means(mine, 0) - self._means(theirs, 1), (2.5, 97.5))
        if high >= 0:
            return
        message = (
            f"{metric} is {mine.mean():.3g}, that of {other.name} {theirs.mean():.3g} (difference {low:+.3g} to "
            f"{high:+.3g}, 95 %; one run each says nothing of other seeds)"
        )
        told = said(self, "warning", end, message, metric=metric, onset=start)
        yield replace(told, before=float(theirs.mean()), after=float(mine.mean()))

    def _compared(self, case: Case, other: Case, metric: str) -> tuple[tuple[int, int], Floats, Floats]:
        """First and last step that are compared, and the values of both runs between them."""
        (a, mine), (b, theirs) = case.history(metric), other.history(metric)
        if not len(a) or not len(b):
            return (0, 0), mine[:0], theirs[:0]
        end, begin = int(min(a.max(), b.max())), int(max(a.min(), b.min()))
        start = int(end - self.share * (end - begin))
        return (start, end), mine[(a >= start) & (a <= end)], theirs[(b >= start) & (b <= end)]

    def _means(self, values: Floats, seed: int) -> Floats:
        """Means of series drawn in blocks."""
        dice = np.random.default_rng(seed)
        width = min(self.block, len(values))
        starts = dice.integers(0, len(values) - width + 1, (DRAWS, -(-len(values) // width), 1))
        drawn = (starts + np.arange(width)).reshape(DRAWS, -1)[:, : len(values)]
        found: Floats = values[drawn].mean(axis=1)
        return found


def _task(case: Case, other: Case) -> str | None:
    """The metric that says how both fare."""
    primary = case.pulse.opening.primary if case.pulse.opening else None
    names = ([f"rewards/{primary}/mean"] if primary else []) + ["reward"]
    return next((name for name in names if all(len(c.history(name)[0]) for c in (case, other))), None)
