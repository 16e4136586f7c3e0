"""How far an evaluation fell."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from grpolog.trends.series import Series
from grpolog.trends.table import Floats, Ints, Mask

SPREADS: Final = 0.2
"""Of one completion's reward, that a fall is at least."""


@dataclass(frozen=True, slots=True)
class Fall:
    """How far an evaluation lies below the best it had, by window of evaluations."""

    found: Mask
    before: Floats
    after: Floats
    effect: Floats
    averaged: Ints

    @classmethod
    def of(cls, series: Series, spreads: float = SPREADS) -> Self:
        """The fall at each new evaluation, beyond its own error."""
        rate = series.bounded()
        found = np.zeros(len(series), bool)
        before, after = np.full(len(series), np.nan), np.full(len(series), np.nan)
        effect, averaged = np.full(len(series), np.nan), np.full(len(series), 2)
        for window in (2, 4):
            drop = series.drop(window)
            level = np.clip(drop.before, 0.0, 1.0)
            spread = np.where(rate, np.sqrt(np.maximum(level * (1 - level), 0.02)), 2.0 * series.noise())
            here = (drop.size >= spreads * spread) & (drop.size - 0.5 * drop.luck > 3.0 * drop.error)
            before, after = np.where(here, drop.before, before), np.where(here, drop.after, after)
            effect, averaged = np.where(here, drop.size / drop.error, effect), np.where(here, window, averaged)
            found |= here
        return cls(found, before, after, effect, averaged)
