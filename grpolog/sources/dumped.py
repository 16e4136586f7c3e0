"""Completions as a dump keeps them, made into generations: groups found again, the trainer's formula recognised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import groupby
from math import gcd
from pathlib import Path
from typing import Any, Final

import numpy as np

from grpolog.events import Mode
from grpolog.generation.advantages import advantages
from grpolog.generation.batch import Batch, Floats, Scoring, Text
from grpolog.generation.prompts import ROW_COLUMNS, SOURCE_COLUMNS, columns_of
from grpolog.sources.items import Generation

_MODES: Final[tuple[tuple[Any, Any], ...]] = (
    ("sum_then_normalize", "group"),
    ("sum_then_normalize", "none"),
    ("sum_then_normalize", "batch"),
    ("normalize_then_sum", "group"),
    ("rloo", "none"),
    ("rloo", "batch"),
)
_NAMED: Final = frozenset((*ROW_COLUMNS, *SOURCE_COLUMNS))

_CLOSE: Final = 2e-3
"""Largest difference between a dumped advantage and the formula's, relative to the largest one: dumps are float32."""


_EXACT: Final = 1e-4
"""Largest difference between two means of the same rewards: trainers compute in float32."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The completions of one dump, in its order."""

    path: Path
    step: int
    prompts: list[Text]
    completions: list[Text]
    rewards: dict[str, list[float | None]]
    """By function."""

    extra: dict[str, list[Any]] = field(default_factory=dict)
    """Other columns."""

    advantages: list[float] | None = None
    tokens: list[int] | None = None
    """Length of each completion."""

    truncated: list[bool] | None = None
    """Whether each was cut off."""

    keys: list[Any] | None = None
    """What the completions of one group share; None: groups are runs of equal prompts."""

    def __len__(self) -> int:
        return len(self.completions)

    def rows(self, wanted: Sequence[int]) -> "Dump":
        """The completions at these places."""

        def those(values: Sequence[Any]) -> list[Any]:
            return [values[i] for i in wanted]

        def some(values: Sequence[Any] | None) -> list[Any] | None:
            return None if values is None else those(values)

        return replace(
            self,
            prompts=those(self.prompts),
            completions=those(self.completions),
            rewards={name: those(values) for name, values in self.rewards.items()},
            extra={name: those(values) for name, values in self.extra.items()},
            advantages=some(self.advantages),
            tokens=some(self.tokens),
            truncated=some(self.truncated),
            keys=some(self.keys),
        )


def generations_of(
    dump: Dump, weights: dict[str, float] | None = None, mode: Mode = "train", primary: str | None = None
) -> list[Generation]:
    """The completions of a dump as generations, one for each size of group that it has.

    Args:
        dump: its completions.
        weights: weight of each reward function in the total; None: 1 each.
        mode: train or eval.
        primary: the reward function that is the task.
    """
    names = tuple(dump.rewards)
    scoring = Scoring(names, tuple((weights or {}).get(name, 1.0) for name in names), primary=primary)
    by_size: dict[int, list[int]] = {}
    for group in groups_of(dump):
        by_size.setdefault(len(group), []).extend(group)
    found = []
    for size, places in by_size.items():
        batch = _batch(dump if len(by_size) == 1 and dump.keys is None else dump.rows(places), size)
        found.append(Generation(dump.step, batch, recognised(batch, scoring) or scoring, mode))
    return found


def groups_of(dump: Dump) -> list[list[int]]:
    """The places of the completions of each prompt, in the order of first appearance.

    Without keys of their own, groups are runs of equal prompts; a prompt that comes several times in a row is cut into
    groups of the size that divides every run.
    """
    if dump.keys is not None:
        by_key: dict[Any, list[int]] = {}
        for place, key in enumerate(dump.keys):
            by_key.setdefault(key, []).append(place)
        return list(by_key.values())
    places = iter(range(len(dump)))
    runs = [[next(places) for _ in run] for _, run in groupby(dump.prompts)]
    size = reduce(gcd, map(len, runs), 0)
    return [run[i : i + size] for run in runs for i in range(0, len(run), size)]


def recognised(batch: Batch, scoring: Scoring) -> Scoring | None:
    """`scoring` with the formula that gives the batch's own advantages; None where none of TRL's does."""
    own = batch.advantages
    if own is None or not len(own) or not np.isfinite(own).all() or not np.abs(own).max() > 0:
        return None
    slack = _CLOSE * max(1.0, float(np.abs(own).max()))
    for aggregation, scale in _MODES:
        tried = replace(scoring, aggregation=aggregation, scale=scale)
        if np.abs(advantages(batch, tried) - own).max() <= slack:
            return tried
    return None


def weights_of(pairs: Iterable[tuple[Dump, float]], functions: Sequence[str]) -> dict[str, float] | None:
    """The weights of the reward functions that make the logged mean total of every dump, where some do exactly.

    Args:
        pairs: dumps of whole generations, each with the mean total that the trainer logged for it.
        functions: the reward functions.
    """
    sums, totals = [], []
    for dump, total in pairs:
        table = _table({name: dump.rewards[name] for name in functions}, len(dump))
        scored = ~np.isnan(table).all(axis=1)
        if scored.any():
            sums.append(np.nan_to_num(table[scored]).mean(axis=0))
            totals.append(total)
    means = np.array(sums).reshape(len(sums), len(functions))
    if not len(means) or not np.isfinite(means).all():
        return None
    if np.abs(means.sum(axis=1) - totals).max() < _EXACT:
        return dict.fromkeys(functions, 1.0)
    if len(means) <= len(functions) or np.linalg.matrix_rank(means) < len(functions):
        return None
    weights, *_ = np.linalg.lstsq(means, np.array(totals))
    exact = np.abs(means @ weights - totals).max() < _EXACT
    return {name: round(float(weight), 4) for name, weight in zip(functions, weights, strict=True)} if exact else None


def _batch(dump: Dump, size: int) -> Batch:
    named = {name: values for name, values in dump.extra.items() if name in _NAMED}
    told = [columns_of({name: values[i] for name, values in named.items()}) for i in range(len(dump))] if named else []
    return Batch(
        prompts=dump.prompts,
        completions=dump.completions,
        rewards=_table(dump.rewards, len(dump)),
        group_size=size,
        advantages=None if dump.advantages is None else np.array(dump.advantages, dtype=np.float64),
        tokens=None if dump.tokens is None else np.array(dump.tokens, dtype=np.int64),
        truncated=None if dump.truncated is None else np.array(dump.truncated, dtype=np.bool_),
        row_ids=[row_id for row_id, _ in told] or None,
        sources=[source for _, source in told] or None,
        extra=dump.extra,
    )


def _table(rewards: dict[str, list[float | None]], n: int) -> Floats:
    table = np.full((n, len(rewards)), np.nan)
    for k, values in enumerate(rewards.values()):
        table[:, k] = [np.nan if value is None else value for value in values]
    return table
