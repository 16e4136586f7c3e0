"""The `group` events of one generation: how each prompt's completions did."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grpolog.events import GroupEvent
from grpolog.generation.advantages import carries_signal, total_rewards
from grpolog.generation.batch import Batch, Floats, Scoring
from grpolog.generation.moments import moments
from grpolog.generation.prompts import prompt_id
from grpolog.generation.ranges import Ranges, slack


def group_events(batch: Batch, scoring: Scoring, ranges: Ranges, where: Mapping[str, Any]) -> list[GroupEvent]:
    """One event per group in the order of the batch; the arguments are those of `reward_events`."""
    if not batch.n:
        return []
    totals = total_rewards(batch, scoring)
    grid = batch.grid(np.column_stack([batch.rewards, totals]))
    counts, means, stds = (column[:, 0].tolist() for column in moments(grid, axis=1))  # (groups, K + 1)
    passes = _per_group(batch, _passed(batch, scoring, ranges))
    lengths = _per_group(batch, batch.tokens)
    truncated = _per_group(batch, batch.truncated)
    signals = _per_group(batch, carries_signal(batch, scoring))
    names = scoring.names
    events = []
    for g, (count, mean, std) in enumerate(zip(counts, means, stds, strict=True)):
        first = g * batch.group_size
        n = min(batch.group_size, batch.n - first)
        mean = [value if scored > 0 else None for value, scored in zip(mean, count, strict=True)]
        std = [value if scored > 1 else None for value, scored in zip(std, count, strict=True)]
        events.append(
            GroupEvent(
                **where,
                group=g,
                prompt_id=group_prompt_id(batch, g),
                row_id=batch.row_ids[first] if batch.row_ids else None,
                source=batch.sources[first] if batch.sources else None,
                n=n,
                mean=mean[-1],
                std=std[-1],
                reward_means=dict(zip(names, mean, strict=False)) if names else None,
                reward_stds=dict(zip(names, std, strict=False)) if names else None,
                passes=int(passes[g]) if passes is not None else None,
                mean_length=float(lengths[g] / n) if lengths is not None else None,
                truncated_count=int(truncated[g]) if truncated is not None else None,
                signal=bool(signals[g]) if signals is not None else None,
            )
        )
    return events


def group_prompt_id(batch: Batch, group: int) -> str:
    """`prompt_id` of a group's prompt."""
    first = group * batch.group_size
    return prompt_id(batch.prompts[first], batch.images[first] if batch.images else None)


def _passed(batch: Batch, scoring: Scoring, ranges: Ranges) -> Floats | None:
    """(n,) 1 where the primary function gave its best value; None unless primary and range are known."""
    if scoring.primary not in scoring.names:
        return None
    known = ranges.of(scoring.primary, scoring)
    if known is None:
        return None
    best = known[1]
    return np.asarray(batch.rewards[:, scoring.names.index(scoring.primary)] >= best - slack(best), dtype=np.float64)


def _per_group(batch: Batch, values: np.ndarray[Any, Any] | None) -> Floats | None:
    """(groups,) sums of `values` (n,)."""
    if values is None:
        return None
    return np.asarray(np.nansum(batch.grid(values.astype(np.float64)), axis=1), dtype=np.float64)
