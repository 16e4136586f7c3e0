"""How rewards become advantages, and which function an advantage is owed to.

The formulas are those of TRL 1.16 (`GRPOTrainer` and `RLOOTrainer._generate_and_score_completions`), in float64.
An advantage A is a sum over the K reward functions, A = c_1 + ... + c_K. With w the weight, r the reward, R the
weighted sum (a function that did not score counts as 0), m the scored completions of a group:

    sum_then_normalize  c_k = (w_k r_k - group mean) / divisor; the divisor is the group's standard deviation of R
                        + 1e-4 (scale "group"), the batch's + 1e-4 ("batch"), or 1 ("none")
    normalize_then_sum  c_k = (w_k z_k - batch mean) / (standard deviation of the summed w z over the batch + 1e-4)
                        with z_k = (r_k - group mean) / (the group's standard deviation of r_k + 1e-4)
    rloo                c_k = (w_k r_k - group mean) m / (m - 1); with scale "batch" then centred on the batch and
                        divided by the batch's standard deviation + 1e-4

A completion that no function scored belongs to no mean and has advantage 0. RLOO's KL penalty and its clipping of
rewards are no function's term: with them the terms do not add up to the trainer's advantage.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from grpolog.generation.batch import Aggregation, Batch, Floats, Scale, Scoring
from grpolog.generation.moments import moments

EPSILON = 1e-4
"""What TRL adds to every standard deviation that it divides by."""

ROUNDING = 2.0**-21
"""Relative error of a few float32 operations. Trainers compute in float32, where eight equal rewards of 0.7 can
come out with advantages of 0.0006 instead of 0."""


def total_rewards(batch: Batch, scoring: Scoring) -> Floats:
    """(n,) weighted sum of rewards; NaN for a completion that no function scored."""
    return _sum(_weighted(batch, scoring.weights))


def advantages(batch: Batch, scoring: Scoring) -> Floats:
    """(n,) what the trainer's formula makes of the rewards; 0 for a completion that no function scored."""
    return np.asarray(advantage_terms(batch, scoring).sum(axis=1), dtype=np.float64)


def advantage_terms(batch: Batch, scoring: Scoring) -> Floats:
    """(n, K) each function's additive term c_k of the advantage; 0 for a completion that no function scored."""
    numerators, divisors, _ = _parts_of(batch, scoring)
    with np.errstate(all="ignore"):
        return _zero(numerators / divisors)


def advantage_shares(batch: Batch, scoring: Scoring) -> Floats | None:
    """(K,) sum(A c_k) / sum(A^2) over scored completions, A being the batch's own advantages where it has them.

    None with groups of one and where no advantage differs from 0.
    """
    if batch.group_size < 2 or not _beyond_rounding(batch, scoring).any():
        return None
    terms = advantage_terms(batch, scoring)
    own = batch.advantages if batch.advantages is not None else terms.sum(axis=1)
    scored = ~(np.isnan(batch.rewards).all(axis=1) | np.isnan(own))
    own, terms = own[scored], terms[scored]
    square = float(own @ own)
    return np.asarray(own @ terms / square, dtype=np.float64) if square else None


def carries_signal(batch: Batch, scoring: Scoring) -> NDArray[np.bool_] | None:
    """(n,) whether a completion's advantage differs from 0 by more than float32 rounding; None without advantages."""
    return None if batch.advantages is None else _beyond_rounding(batch, scoring)


def _beyond_rounding(batch: Batch, scoring: Scoring) -> NDArray[np.bool_]:
    numerators, divisors, magnitudes = _parts_of(batch, scoring)
    with np.errstate(all="ignore"):
        own = batch.advantages if batch.advantages is not None else _zero(numerators / divisors).sum(axis=1)
        # A group of which fewer than two were scored has no divisor: any advantage there was handed over.
        floor = _zero(magnitudes / divisors[:, 0]) * ROUNDING
        return np.abs(own) > floor


def _parts_of(batch: Batch, scoring: Scoring) -> tuple[Floats, Floats, Floats]:
    """As `_parts`; remembered, since each kind of event needs them."""
    return _parts(batch, scoring.aggregation, scoring.scale, scoring.weights)


@lru_cache(maxsize=1)
def _parts(
    batch: Batch, aggregation: Aggregation, scale: Scale, own_weights: tuple[float, ...]
) -> tuple[Floats, Floats, Floats]:
    """Numerators (n, K), divisors (n, 1) and magnitudes (n,) of the terms.

    The magnitude is how large the numbers were whose difference the numerators are, the largest of each group: it
    decides what rounding leaves of a difference of 0.
    """
    with np.errstate(all="ignore"):
        weighted = _weighted(batch, own_weights)
        if aggregation == "normalize_then_sum":
            grid = batch.grid(batch.rewards)
            _, mean, std = moments(grid, axis=1)
            weights = np.array(own_weights)
            scored = ~np.isnan(weighted[:, :1])
            sizes = batch.rows(_zero(weights * grid / (std + EPSILON)))
            weighted = np.where(scored, batch.rows(_zero(weights * (grid - mean) / (std + EPSILON))), np.nan)
            numerators = weighted - moments(weighted)[1]
            divisors = np.broadcast_to(moments(_sum(weighted)[:, None])[2] + EPSILON, (batch.n, 1))
            return numerators, divisors, _largest(batch, sizes)
        grid = batch.grid(weighted)
        count, mean, _ = moments(grid, axis=1)
        numerators = batch.rows(grid - mean)
        divisors = np.ones((batch.n, 1))
        if aggregation == "rloo":
            numerators = numerators * batch.rows(np.broadcast_to(count / (count - 1), grid.shape))
            if scale == "batch":
                numerators = numerators - moments(numerators)[1]
                divisors = divisors * (moments(_sum(numerators)[:, None])[2] + EPSILON)
        elif scale == "batch":
            divisors = divisors * (moments(_sum(weighted)[:, None])[2] + EPSILON)
        elif scale == "group":
            std = moments(batch.grid(_sum(weighted)), axis=1)[2]
            divisors = batch.rows(np.broadcast_to(std + EPSILON, grid.shape[:2]))[:, None]
        return numerators, divisors, _largest(batch, weighted)


@lru_cache(maxsize=1)
def _weighted(batch: Batch, weights: tuple[float, ...]) -> Floats:
    """(n, K) weighted rewards: 0 where a function did not score, NaN in a row that none scored."""
    with np.errstate(all="ignore"):
        weighted = _zero(batch.rewards * np.array(weights))
    weighted[np.isnan(batch.rewards).all(axis=1)] = np.nan
    return weighted


def _largest(batch: Batch, parts: Floats) -> Floats:
    """(n,) sum of absolute values of each row of `parts` (n, K), the largest of the row's group."""
    grid = batch.grid(_zero(np.abs(parts).sum(axis=1)))
    return batch.rows(np.broadcast_to(np.fmax.reduce(grid, axis=1, keepdims=True, initial=0.0), grid.shape))


def _sum(parts: Floats) -> Floats:
    return np.asarray(parts.sum(axis=-1) if parts.shape[-1] else np.full(parts.shape[:-1], np.nan), dtype=np.float64)


def _zero(values: Floats) -> Floats:
    """`values` with 0 in place of NaN; infinities stay, unlike with `np.nan_to_num`."""
    return np.where(np.isnan(values), 0.0, values)
