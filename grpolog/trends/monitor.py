"""Rows to alerts: one causal function, and a thin object around it for loops that hand over row by row.

Guarantees: any chunking of the same rows gives the same alerts bit for bit; states are never changed in place, so
an old one can be continued from; nothing in a row makes it raise.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grpolog.errors import UsageError
from grpolog.trends.alert import Alert
from grpolog.trends.table import Table, number
from grpolog.trends.trend import Trend, TrendState

Rule = Trend
"""A frozen dataclass of thresholds with `name`, `start()` and `advance(state, table)`. A further rule is a module
with such a class, an entry in `rules_of`, and its place in this union."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that judging the next row depends on."""

    rules: tuple[Rule, ...]
    memories: tuple[TrendState, ...]
    """What each rule remembers, in the order of `rules`."""

    group_size: int | None = None
    """Completions per prompt; None when unknown."""

    completions_per_step: int | None = None
    """Completions behind one row; None when unknown."""

    step: int = 0
    """Step of the newest row."""


def rules_of(window_size: int = 100) -> tuple[Rule, ...]:
    """The rules in force, in the order in which alerts of one row are told."""
    return (Trend(window_size=window_size),)


def start(
    group_size: int | None = None, completions_per_step: int | None = None, rules: tuple[Rule, ...] | None = None
) -> State:
    """The state before the first row."""
    rules = rules_of() if rules is None else rules
    return State(rules, tuple(rule.start() for rule in rules), group_size, completions_per_step)


def advance(state: State, table: Table) -> tuple[State, list[Alert], list[Alert]]:
    """Judge the rows of `table` after those that led to `state`.

    Returns:
        The new state, the alerts that these rows opened, and the escalations and resolutions of earlier ones;
        both ordered by row, then rule, then metric.
    """
    if not len(table):
        return state, [], []
    memories = []
    opened: list[tuple[int, int, str, Alert]] = []
    with np.errstate(all="ignore"):  # metrics of a diverged run overflow; that is what rules are there to see
        for place, (rule, memory) in enumerate(zip(state.rules, state.memories, strict=True)):
            memory, alerts = rule.advance(memory, table)
            memories.append(memory)
            opened += [(row, place, alert.metric, alert) for row, alert in alerts]
    opened.sort(key=lambda entry: entry[:3])
    new = replace(state, memories=tuple(memories), step=int(table.steps[-1]))
    first = [alert for *_, alert in opened if alert.state == "opened"]
    later = [alert for *_, alert in opened if alert.state != "opened"]
    return new, first, later


def rules_hash(rules: tuple[Rule, ...]) -> str:
    """12 hex digits over the rules and their thresholds: equal hashes must give equal alerts."""
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:12]


class Monitor:
    """Judges a run row by row.

        monitor = Monitor(group_size=8, completions_per_step=64)
        for alert in monitor.update(step=120, metrics={"reward": 0.7, "rewards/accuracy/mean": 0.6}):
            print(alert.message)

    Args:
        group_size: completions per prompt, if known.
        completions_per_step: completions behind one row, if known.
        window_size: rows in a window of the 10 % rule.

    Raises:
        UsageError: a window without rows.
    """

    def __init__(
        self, group_size: int | None = None, completions_per_step: int | None = None, window_size: int = 100
    ) -> None:
        if window_size < 1:
            raise UsageError(f"window_size is at least 1, got {window_size}")
        self.state = start(group_size, completions_per_step, rules_of(window_size))
        self._changes: list[Alert] = []

    def update(self, step: int, metrics: Mapping[str, Any]) -> list[Alert]:
        """The alerts that this row opened. A step that is no number counts as the step before."""
        real = number(step)
        place = int(real) if real is not None and abs(real) < float("inf") else self.state.step
        self.state, opened, self._changes = advance(self.state, Table.of([(place, metrics)]))
        return opened

    def changes(self) -> list[Alert]:
        """The escalations and resolutions that the newest row brought."""
        return self._changes

    @property
    def rules_hash(self) -> str:
        """Hash of the rules and thresholds in force."""
        return rules_hash(self.state.rules)
