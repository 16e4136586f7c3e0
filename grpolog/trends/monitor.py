"""Rows to alerts: one causal function, and a thin object around it for loops that hand over row by row.

Guarantees: any chunking of the same rows gives the same alerts bit for bit; states are never changed in place, so
an old one can be continued from; nothing in a row makes it raise.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from grpolog.errors import UsageError
from grpolog.trends import lifecycle
from grpolog.trends.alert import Alert
from grpolog.trends.cycles import Fold, fold
from grpolog.trends.rules import CATALOGUE, Rule
from grpolog.trends.setting import Setting
from grpolog.trends.table import Row, Table, number
from grpolog.trends.trend import Trend, TrendState
from grpolog.trends.view import View

VERSION: Final = 1
"""Raised when the same thresholds come to judge differently; part of the rules hash."""

EARLY: Final = 64
"""Rows that are judged one by one: in a short run each of them counts."""

BATCH: Final = 8
"""Rows that are judged together later on. What they open does not depend on it, only when it is told."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that judging the next row depends on."""

    setting: Setting = field(default_factory=Setting)
    rules: tuple[Rule, ...] = CATALOGUE
    trend: Trend = field(default_factory=Trend)
    trend_memory: TrendState = field(default_factory=dict)
    cycles: Fold = field(default_factory=Fold)
    memory: Mapping[tuple[str, str, int], Any] = field(default_factory=dict)
    """Extremes, first levels and roles of metrics."""

    book: lifecycle.Book = field(default_factory=lifecycle.Book)
    unjudged: Mapping[str, str] = field(default_factory=dict)
    """Rules that could not judge so far, with the reason."""

    step: int = 0
    """Step of the newest row."""


def start(setting: Setting | None = None, rules: tuple[Rule, ...] = CATALOGUE, window_size: int = 100) -> State:
    """The state before the first row.

    Args:
        setting: what is known of the run.
        rules: the rules in force.
        window_size: rows in a window of the 10 % rule.
    """
    trend = Trend(window_size=window_size)
    return State(setting or Setting(), rules, trend, trend.start())


def advance(state: State, table: Table) -> tuple[State, list[Alert], list[Alert]]:
    """Judge the rows of `table` after those that led to `state`.

    Returns:
        The new state, the alerts that these rows opened, and the escalations and resolutions of earlier ones;
        both ordered by row, then rule, then metric.
    """
    if not len(table):
        return state, [], []
    with np.errstate(all="ignore"):  # metrics of a diverged run overflow; that is what rules are there to see
        trend_memory, trended = state.trend.advance(state.trend_memory, table)
        new = replace(state, trend_memory=trend_memory, step=int(table.steps[-1]))
        new, judged = _judge(new, table)
    found = [*(alert for _, alert in sorted(trended, key=lambda entry: (entry[0], entry[1].metric))), *judged]
    first = [alert for alert in found if alert.state == "opened"]
    later = [alert for alert in found if alert.state != "opened"]
    return new, first, later


def _judge(state: State, table: Table) -> tuple[State, list[Alert]]:
    folded, cycles = fold(state.cycles, table)
    if not len(cycles):
        return replace(state, cycles=folded), []
    memory = dict(state.memory)
    view = View(state.setting, cycles, memory)
    findings, unjudged = [], {}
    for rule in state.rules:
        reason = rule.unjudged(view)
        if reason is not None:
            unjudged[rule.name] = reason
            continue
        findings += [(rule.name, rule.about.remedy, finding) for finding in rule.judge(view)]
    book, alerts = lifecycle.advance(state.book, findings, cycles.steps, cycles.first, cycles.before)
    state = replace(state, cycles=folded, memory=memory, book=book, unjudged=unjudged)
    return state, [alert for _, alert in alerts]


def rules_hash(state: State) -> str:
    """12 hex digits over the rules and their thresholds: equal hashes must give equal alerts."""
    return hashlib.sha256(repr((VERSION, state.trend, state.rules)).encode()).hexdigest()[:12]


class Monitor:
    """Judges a run row by row.

        monitor = Monitor(group_size=8, completions_per_step=64)
        for alert in monitor.update(step=120, metrics={"reward": 0.7, "rewards/accuracy/mean": 0.6}):
            print(alert.message)

    The first 64 rows are judged one by one, later ones eight at a time, and at once where a number is not finite:
    an alert says at which step it was opened, which may lie a few rows back. `finish` judges what is left.

    Args:
        group_size: completions per prompt, if known.
        completions_per_step: completions behind one row, if known.
        window_size: rows in a window of the 10 % rule.
        setting: what else is known of the run.
        rules: the rules in force.

    Raises:
        UsageError: a window without rows.
    """

    def __init__(
        self,
        group_size: int | None = None,
        completions_per_step: int | None = None,
        window_size: int = 100,
        *,
        setting: Setting | None = None,
        rules: tuple[Rule, ...] = CATALOGUE,
    ) -> None:
        if window_size < 1:
            raise UsageError(f"window_size is at least 1, got {window_size}")
        known = setting or Setting(group_size, completions_per_step)
        self.state = start(known, rules, window_size)
        self._rows: list[Row] = []
        self._count = 0
        self._changes: list[Alert] = []

    def update(self, step: int, metrics: Mapping[str, Any]) -> list[Alert]:
        """The alerts that this row opened. A step that is no number counts as the step before."""
        real = number(step)
        last = self._rows[-1].step if self._rows else self.state.step
        place = int(real) if real is not None and math.isfinite(real) else last
        self._rows.append(Row(place, dict(metrics)))
        self._count += 1
        self._changes = []
        if self._count <= EARLY or len(self._rows) >= BATCH or not _finite(metrics):
            return self.finish()
        return []

    def finish(self) -> list[Alert]:
        """Judge the rows that are left: the alerts that they opened."""
        table = Table.of(self._rows)
        self._rows.clear()
        self.state, opened, self._changes = advance(self.state, table)
        return opened

    def changes(self) -> list[Alert]:
        """The escalations and resolutions that the newest rows brought."""
        return self._changes

    @property
    def rules_hash(self) -> str:
        """Hash of the rules and thresholds in force."""
        return rules_hash(self.state)


def _finite(metrics: Mapping[str, Any]) -> bool:
    for name in ("loss", "grad_norm"):
        value = metrics.get(name)
        if isinstance(value, float) and not math.isfinite(value):
            return False
    return True
