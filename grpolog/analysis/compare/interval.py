"""How sure a mean is: of values that hang together from step to step, and of seeds that do not.

Everything is seeded: the same values give the same interval.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from grpolog.trends.table import Floats

DRAWS: Final = 1_000
"""Series that are drawn."""

FEWEST: Final = 3
"""Values below which nothing is said."""

BLOCKS_FROM: Final = 12
"""Values from which on they are drawn in blocks; fewer, such as evaluations, count as independent of each other."""

_LEAST_BLOCKS: Final = 3
# Student's t at 97.5 % by degrees of freedom; between them it is nearly linear in their inverse
_T: Final = (
    (1, 12.706), (1.1, 10.277), (1.25, 8.028), (1.5, 6.017), (1.75, 4.949), (2, 4.303), (3, 3.182), (4, 2.776),
    (5, 2.571), (6, 2.447), (8, 2.306), (10, 2.228), (15, 2.131), (20, 2.086), (30, 2.042), (60, 2.000),
    (math.inf, 1.960),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it may as well be, 95 %."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


def of_steps(values: Floats) -> Interval | None:
    """The mean of finite values in the order of their steps; None of fewer than FEWEST, by Student's t of fewer than
    BLOCKS_FROM, else by circular block bootstrap.

    A block is twice as long as is best for values whose correlation falls off like theirs (Politis and White 2004), but
    leaves three of them; the percentiles are widened by Student's t as so few independent blocks ask for. So about 95
    of 100 intervals hold the true mean for correlations up to 0.8 of neighbours, from 50 values on; of 16 to 25 so
    strongly correlated ones about 87.
    """
    n = len(values)
    if n < BLOCKS_FROM:
        return of_seeds(values) if n >= FEWEST else None
    block = _block(values)
    starts = np.random.default_rng(0).integers(0, n, (DRAWS, -(-n // block), 1))
    drawn = ((starts + np.arange(block)) % n).reshape(DRAWS, -1)[:, :n]
    mean = float(values.mean())
    low, high = np.percentile(values[drawn].mean(axis=1) - mean, (2.5, 97.5))
    blocks = n / block
    wider = student(blocks - 1) / student(math.inf) * math.sqrt(blocks / (blocks - 1))
    return Interval(mean, mean + wider * float(low), mean + wider * float(high))


def of_seeds(values: Floats) -> Interval | None:
    """The mean over independent runs, by Student's t; None of a single one."""
    n = len(values)
    if n < 2:
        return None
    half = student(n - 1) * float(values.std(ddof=1)) / math.sqrt(n)
    return Interval(float(values.mean()), float(values.mean()) - half, float(values.mean()) + half)


def between_seeds(one: Floats, other: Floats) -> Interval | None:
    """The difference of the means of two sets of independent runs; None of one run each.

    Welch's t. Where one set is a single run, the other's spread is taken for both.
    """
    n, m = len(one), len(other)
    if n + m < 3:
        return None
    if min(n, m) == 1:
        spread = float((one if n > 1 else other).var(ddof=1))
        error, freedom = spread * (1 / n + 1 / m), float(n + m - 2)
    else:
        a, b = float(one.var(ddof=1)) / n, float(other.var(ddof=1)) / m
        error = a + b
        freedom = error**2 / (a**2 / (n - 1) + b**2 / (m - 1)) if error > 0 else 1.0
    mean, half = float(one.mean() - other.mean()), student(freedom) * math.sqrt(error)
    return Interval(mean, mean - half, mean + half)


def student(freedom: float) -> float:
    """Student's t at 97.5 %, within 2 %."""
    inverse = [1 / known for known, _ in reversed(_T)]
    return float(np.interp(1 / max(freedom, 1.0), inverse, [t for _, t in reversed(_T)]))


def _block(values: Floats) -> int:
    n = len(values)
    apart = values - values.mean()
    squares = float(apart @ apart)
    found = float(apart[1:] @ apart[:-1]) / squares if squares > 0 else 0.0
    correlation = min(max(found + (1 + 3 * found) / n, 0.0), 0.97)  # short series show too little of it
    best = math.cbrt(6 * (correlation / (1 - correlation**2)) ** 2 * n)
    return min(max(2, math.ceil(2 * best)), max(1, n // _LEAST_BLOCKS))
