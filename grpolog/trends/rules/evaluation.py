"""The rule on evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class EvalDrop:
    """An evaluation falls from the best it had, beyond its own error.

    The distance between training and evaluation is normal; that evaluation falls is not.
    """

    spreads: float = 0.2
    name: str = "eval_drop"
    about: ClassVar[About] = About(
        looks_for="The reward of an evaluation falls from its best level over at least two evaluations.",
        causes="Overfitting to few prompts, a gamed reward that evaluation does not share, a policy that drifts.",
        remedy="Use the checkpoint at the best evaluation; more prompts; a higher beta; stop earlier.",
        source="RLHF book, ch. 14; Tulu 3; it happens with true verifiers as well",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.cycles.own else "there was no evaluation: train reward only"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for series, rows in view.evaluations():
            low, high = view.extremes(series)
            rate = (low >= 0) & (high <= 1)
            found = np.zeros(len(series), bool)
            before, after = np.full(len(series), np.nan), np.full(len(series), np.nan)
            effect, averaged = np.full(len(series), np.nan), np.full(len(series), 2)
            for window in (2, 4):
                drop = series.drop(window)
                level = np.clip(drop.before, 0.0, 1.0)
                spread = np.where(rate, np.sqrt(np.maximum(level * (1 - level), 0.02)), 2.0 * series.noise())
                here = (drop.size >= self.spreads * spread) & (drop.size - 0.5 * drop.luck > 3.0 * drop.error)
                before, after = np.where(here, drop.before, before), np.where(here, drop.after, after)
                effect, averaged = np.where(here, drop.size / drop.error, effect), np.where(here, window, averaged)
                found |= here
            yield Finding(
                series.name,
                levels(warning=found),
                lambda i, name=series.name, before=before, after=after: (  # type: ignore[misc]
                    f"{name} fell from {before[i]:.3g} to {after[i]:.3g}"
                ),
                hold_clear=2,
                before=before,
                after=after,
                effect=lambda i, effect=effect: effect[i],  # type: ignore[misc]
                window=1,
                averaged=averaged,
                rows=rows,
            )
