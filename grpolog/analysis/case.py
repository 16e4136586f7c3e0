"""What is judged of a run, whichever way it was read: from frames, or line by line without them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grpolog import trends
from grpolog.analysis.pulse import Pulse
from grpolog.events import RunEvent
from grpolog.metrics import Objective
from grpolog.trends.table import Floats, Ints
from grpolog.trends.telling import AlertGroup

Telling = Callable[[int, trends.Alert, int | None], tuple[AlertGroup, ...]]
"""The groups to read for an alert of an attempt, given its onset."""

PHASES = ("perf/step_seconds", "perf/generation_seconds", "perf/reward_seconds")
"""What is compared between ranks: a whole step, sampling, and all reward functions together."""


@dataclass(frozen=True, slots=True)
class Paces:
    """How long each rank took, one entry a step and rank of the newest attempt."""

    steps: Ints
    ranks: Ints
    seconds: Mapping[str, Floats]
    """By phase of PHASES; NaN where it was not measured."""


@dataclass(frozen=True)
class Case:
    """Everything that rules read."""

    name: str
    """Of the run."""

    runs: Sequence[RunEvent]
    """All run events in the order of attempt, rank and number."""

    attempts: Sequence[trends.Attempt]
    """The rows of rank 0."""

    judged: Mapping[int, trends.Judged]
    """By attempt what the live rules say of them."""

    recorded: Sequence[tuple[int, trends.Alert]]
    """Recorded alerts with their attempts."""

    valid_to: Mapping[int, int | None]
    """By attempt the step after which a later one went back; None where none did."""

    last_step: int | None
    """The newest step of training that still counts."""

    pulse: Pulse
    paces: Paces
    objective: Objective | None
    """What is trained, where that is not GRPO."""

    groups: Telling

    baseline: "Case | None" = None
    """Another run that this one is held against."""

    def history(self, metric: str) -> tuple[Ints, Floats]:
        """Steps and finite values of a metric, without those that a later attempt replaced."""
        steps, values = [], []
        for attempt in self.attempts:
            limit = self.valid_to.get(attempt.number)
            rows = attempt.rows if limit is None else attempt.rows.up_to(limit)
            column = rows.columns.get(metric)
            if column is not None:
                finite = np.isfinite(column.values)
                steps.append(rows.steps[column.rows[finite]])
                values.append(column.values[finite])
        if not steps:
            return np.empty(0, np.int64), np.empty(0)
        return np.concatenate(steps), np.concatenate(values)


def valid_to(spans: Sequence[tuple[int, int | None, int | None]]) -> dict[int, int | None]:
    """By attempt the step after which its rows are superseded; None where none are.

    Args:
        spans: attempt, the step it resumed from, its first step of training; ascending, None for unknown.
    """
    found: dict[int, int | None] = {}
    limit: int | None = None
    for attempt, resumed, first in reversed(spans):
        found[attempt] = limit
        if first is not None:  # a start that broke off before its first row replaces nothing
            begins = resumed if resumed is not None else first - 1
            limit = begins if limit is None else min(limit, begins)
    return found


def alert_of(fields: Mapping[str, Any]) -> trends.Alert:
    """A recorded alert as rules make it."""
    known = {name: fields[name] for name in trends.Alert.__slots__ if fields.get(name) is not None}
    return trends.Alert(**known)
