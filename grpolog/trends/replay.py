"""Alerts of a whole log, and the state that a resumed attempt starts from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grpolog.trends.alert import Alert
from grpolog.trends.monitor import State, advance
from grpolog.trends.rows import RowBuilder
from grpolog.trends.table import Row, Table


@dataclass(frozen=True, slots=True)
class Attempt:
    """One training start, as the monitor saw it."""

    number: int
    resumed_from_step: int
    """0 for a start from scratch, or where the log does not say."""

    rows: Table


def attempts(records: Iterable[Mapping[str, Any]]) -> list[Attempt]:
    """The attempts of a log from its records in the order of writing; records of other ranks are passed over."""
    found: list[Attempt] = []
    builder = RowBuilder()
    number, resumed = 0, 0
    rows: list[Row] = []
    for record in records:
        if record.get("event") == "run" and record.get("phase") == "start" and record.get("rank", 0) == 0:
            if rows:
                found.append(Attempt(number, resumed, Table.of(rows)))
            rows = []
            number, resumed = record.get("attempt") or 0, record.get("resumed_from_step") or 0
        row = builder.add(record)
        if row is not None:
            rows.append(row)
    if rows:
        found.append(Attempt(number, resumed, Table.of(rows)))
    return found


def resumed_state(start: State, earlier: Sequence[Attempt], step: int | None) -> State:
    """The state of an attempt that continues from `step` after the earlier ones: `start` advanced by the rows that
    led there, those after a later attempt's point of return left out.
    """
    valid: list[Table] = []
    for attempt in reversed(earlier):
        if not step:
            break
        valid.append(attempt.rows.up_to(step))
        step = min(step, attempt.resumed_from_step)
    state = start
    for rows in reversed(valid):
        state, _, _ = advance(state, rows)
    return state


def replay(start: Callable[[int], State], log: Sequence[Attempt]) -> dict[int, list[Alert]]:
    """By attempt the alerts that it raised, each list in the order of rows: opened ones, then changes.

    Args:
        start: the state that the attempt of a number had before any row: attempts may differ in their rules.
        log: the attempts, as `attempts` gives them.
    """
    alerts = {}
    for place, attempt in enumerate(log):
        state = resumed_state(start(attempt.number), log[:place], attempt.resumed_from_step)
        _, opened, changed = advance(state, attempt.rows)
        alerts[attempt.number] = opened + changed
    return alerts
