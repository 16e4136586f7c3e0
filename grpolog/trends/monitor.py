"""Rows to alerts: one causal function, and a thin object around it for loops that hand over row by row.

Guarantees: any chunking of the same rows gives the same alerts bit for bit; states are never changed in place, so
an old one can be continued from; nothing in a row makes it raise.
"""

import hashlib
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from grpolog.errors import UsageError
from grpolog.trends import lifecycle
from grpolog.trends.alert import Alert
from grpolog.trends.cycles import Cycles, Fold, fold
from grpolog.trends.rules import CATALOGUE, Rule
from grpolog.trends.setting import Setting
from grpolog.trends.table import Row, Table, number
from grpolog.trends.trend import Trend, TrendState
from grpolog.trends.view import View

VERSION: Final = 6
"""Raised when the same thresholds come to judge differently; part of the rules hash."""

EARLY: Final = 16
"""Rows that are judged one by one: at the beginning each of them counts."""

BATCH: Final = 6
"""Rows that are judged together later on, while the next ones come in: no step waits for long. What they open does
not depend on it, only when it is told."""


LARGEST_BATCH: Final = 256
"""Rows that the recorder has judged together where steps are quick: one more costs little."""


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
    with np.errstate(all="ignore"):  # metrics of a diverged run overflow; that is what rules are there to see
        task = _judging(state, table)
        while True:
            try:
                next(task)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]


_Judged = tuple[State, list[Alert], list[Alert]]


def _judging(state: State, table: Table) -> Generator[int, None, _Judged]:
    """`advance` in pieces: after each it tells how much it did, a small rule being 1."""
    if not len(table):
        return state, [], []
    trend_memory, trended = state.trend.advance(state.trend_memory, table)
    found = [alert for _, alert in sorted(trended, key=lambda entry: (entry[0], entry[1].metric))]
    state = replace(state, trend_memory=trend_memory, step=int(table.steps[-1]))
    for piece in state.cycles.pieces(table):
        yield 3
        folded, cycles = fold(state.cycles, piece)
        state = replace(state, cycles=folded)
        yield 5
        if len(cycles):
            state, alerts = yield from _ruled(state, cycles)
            found += alerts
    first = [alert for alert in found if alert.state == "opened"]
    later = [alert for alert in found if alert.state != "opened"]
    return state, first, later


def _ruled(state: State, cycles: Cycles) -> Generator[int, None, tuple[State, list[Alert]]]:
    """What the rules say of new cycles."""
    memory = dict(state.memory)
    view = View(state.setting, cycles, memory)
    view.stack[0].noises()
    yield 5
    findings, unjudged = [], {}
    for rule in state.rules:
        yield 1
        reason = rule.unjudged(view)
        if reason is not None:
            unjudged[rule.name] = reason
            continue
        for finding in rule.judge(view):
            findings.append((rule.name, rule.about.remedy, finding))
            yield 1
    yield 2
    book, alerts = lifecycle.advance(state.book, findings, cycles.steps, cycles.first, cycles.before)
    return replace(state, memory=memory, book=book, unjudged=unjudged), [alert for _, alert in alerts]


def rules_hash(state: State) -> str:
    """12 hex digits over the rules and their thresholds: equal hashes must give equal alerts."""
    return hashlib.sha256(repr((VERSION, state.trend, state.rules)).encode()).hexdigest()[:12]


class Monitor:
    """Judges a run row by row.

        monitor = Monitor(group_size=8, completions_per_step=64)
        for alert in monitor.update(step=120, metrics={"reward": 0.7, "rewards/accuracy/mean": 0.6}):
            print(alert.message)

    The first 16 rows are judged one by one, later ones six at a time (`batch`) while the next six come in, and at
    once where a number is not finite: an alert says at which step it was opened, which may lie up to 11 rows back.
    `finish` judges what is left.

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
        self.batch = BATCH
        """Rows that are judged together."""
        self._rows: list[Row] = []
        self._count = 0
        self._task: Generator[int, None, _Judged] | None = None
        self._done = 0
        """How much of the task is done."""
        self._share = 0
        """What part of the task before is to be done with each row."""
        self._opened: list[Alert] = []
        self._changes: list[Alert] = []

    def update(self, step: int, metrics: Mapping[str, Any]) -> list[Alert]:
        """The alerts that this row brought out. A step that is no number counts as the step before."""
        real = number(step)
        last = self._rows[-1].step if self._rows else self.state.step
        place = int(real) if real is not None and math.isfinite(real) else last
        self._rows.append(Row(place, dict(metrics)))
        self._count += 1
        if self._count <= EARLY or not _finite(metrics):
            return self.finish()
        self._opened, self._changes = [], []
        self._work(self._share * len(self._rows))
        if len(self._rows) >= self.batch:
            self._work()
            self._begin()
        return self._opened

    def finish(self) -> list[Alert]:
        """Judge the rows that are left: the alerts that they opened."""
        self._opened, self._changes = [], []
        self._work()
        self._begin()
        self._work()
        return self._opened

    def _begin(self) -> None:
        table = Table.of(self._rows)
        self._rows.clear()
        self._task, self._done = _judging(self.state, table), 0

    def _work(self, until: float = math.inf) -> None:
        """Go on with what is being judged until so much of it is done."""
        task, self._task = self._task, None  # a rule that fails takes its rows with it, and no others
        with np.errstate(all="ignore"):
            while task is not None and self._done < until:
                try:
                    self._done += next(task)
                except StopIteration as end:
                    self.state, opened, changed = end.value
                    self._opened += opened
                    self._changes += changed
                    task, self._share = None, -(-self._done // self.batch)
        self._task = task

    def changes(self) -> list[Alert]:
        """The escalations and resolutions that the newest rows brought."""
        return self._changes

    @property
    def rules_hash(self) -> str:
        """Hash of the rules and thresholds in force."""
        return rules_hash(self.state)


def _finite(metrics: Mapping[str, Any]) -> bool:
    values = (number(metrics.get(name)) for name in ("loss", "grad_norm"))
    return all(value is None or math.isfinite(value) for value in values)
