"""The lowest and highest value of each reward function: given, or seen to be two-valued."""

import math

import numpy as np

from grpolog.generation.batch import Batch, Scoring

TOLERANCE = 1e-6
"""A reward counts as its function's best within this, relative to the best above 1: trainers round to float32."""

_TOO_MANY = 3


class Ranges:
    """Ranges of reward functions, remembered over generations.

    A function whose range is not given (`Scoring.ranges`) counts as binary while exactly two finite values of it were
    ever seen. Three values settle that it is not, so no more are remembered.
    """

    def __init__(self) -> None:
        self.observed: dict[str, set[float]] = {}

    def observe(self, batch: Batch, scoring: Scoring) -> None:
        """Take note of the rewards of one generation; call it before the events of the generation are made."""
        for name, column in zip(scoring.names, batch.rewards.T, strict=True):
            seen = self.observed.setdefault(name, set())
            if name in scoring.ranges or len(seen) >= _TOO_MANY:
                continue
            for value in np.unique(column[np.isfinite(column)])[:_TOO_MANY].tolist():
                if len(seen) < _TOO_MANY:
                    seen.add(value)

    def of(self, name: str, scoring: Scoring) -> tuple[float, float] | None:
        """Lowest and highest value of function `name`; None when unknown."""
        if name in scoring.ranges:
            return scoring.ranges[name]
        seen = self.observed.get(name, ())
        return (min(seen), max(seen)) if len(seen) == 2 else None

    def of_total(self, scoring: Scoring) -> tuple[float, float] | None:
        """Lowest and highest total: every function at its worst, at its best; None when one that counts is unknown."""
        low = high = 0.0
        for name, weight in zip(scoring.names, scoring.weights, strict=True):
            if weight == 0:
                continue
            known = self.of(name, scoring)
            if known is None:
                return None
            low += min(weight * known[0], weight * known[1])
            high += max(weight * known[0], weight * known[1])
        return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def slack(bound: float) -> float:
    """How far from `bound` a reward may lie and still count as it."""
    return TOLERANCE * max(1.0, abs(bound))
