"""The `reward` events of one generation: what each function paid, and who owns the advantage."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grpolog.events import TOTAL, RewardEvent
from grpolog.generation.advantages import advantage_shares, total_rewards
from grpolog.generation.batch import Batch, Floats, Scoring
from grpolog.generation.moments import moments, quantiles
from grpolog.generation.ranges import Ranges, slack


def reward_events(batch: Batch, scoring: Scoring, ranges: Ranges, where: Mapping[str, Any]) -> list[RewardEvent]:
    """One event per reward function in their order, then `total`; none for an empty batch.

    Args:
        batch: the completions of the generation.
        scoring: functions, weights and the trainer's formula.
        ranges: what is known of the functions' ranges, this generation included.
        where: fields of the envelope (`step`, `mode`, `eval_name`, `generation`).
    """
    if not batch.n:
        return []
    names = (*scoring.names, TOTAL)
    values = np.column_stack([batch.rewards, total_rewards(batch, scoring)])
    with np.errstate(invalid="ignore", over="ignore"):
        n, mean, std = (row[0] for row in moments(values))
        low, q25, median, q75, high = quantiles(values, (0.0, 0.25, 0.5, 0.75, 1.0))
        grid = batch.grid(values)
        scored, _, spread = (column[:, 0] for column in moments(grid, axis=1))  # (groups, K + 1)
        least = np.fmin.reduce(grid, axis=1)
        most = np.fmax.reduce(grid, axis=1)
        apart = most - least
        equal = (most == least) | (np.isfinite(apart) & (apart <= slack(0.0) * np.abs(most)))
    shares = advantage_shares(batch, scoring)
    weights = (*scoring.weights, None)
    events = []
    for k, name in enumerate(names):
        count = int(n[k])
        seen = scored[:, k] > 0
        compared = scored[:, k] > 1
        known = ranges.of(name, scoring) if k < len(scoring.names) else ranges.of_total(scoring)
        worst, best = known if known is not None else (0.0, 0.0)
        judged = known is not None and count > 0
        events.append(
            RewardEvent(
                **where,
                name=name,
                n=count,
                mean=float(mean[k]) if count else None,
                std=float(std[k]) if count > 1 else None,
                min=float(low[k]) if count else None,
                q25=float(q25[k]) if count else None,
                median=float(median[k]) if count else None,
                q75=float(q75[k]) if count else None,
                max=float(high[k]) if count else None,
                none_share=1 - count / batch.n,
                weight=weights[k],
                group_std=_mean(spread[compared, k]),
                equal_share=_mean(equal[compared, k]),
                best_share=_mean(least[seen, k] >= best - slack(best)) if judged else None,
                worst_share=_mean(most[seen, k] <= worst + slack(worst)) if judged else None,
                advantage_share=float(shares[k]) if shares is not None and k < len(shares) else None,
            )
        )
    return events


def _mean(values: Floats | np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    return float(values.mean()) if len(values) else None
