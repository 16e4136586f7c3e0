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

    ended: bool = True
    """Whether it wrote its end event: only then was its last row judged while it ran."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt after its last row."""

    alerts: list[Alert]
    """In the order of rows: opened ones, then changes."""

    state: State


def attempts(records: Iterable[Mapping[str, Any]]) -> list[Attempt]:
    """The attempts of a log from its records in the order of writing; records of other ranks are passed over."""
    found: list[Attempt] = []
    builder = RowBuilder()
    number, resumed = 0, 0
    ended = False
    rows: list[Row] = []
    for record in records:
        if record.get("event") == "run" and record.get("phase") == "start" and record.get("rank", 0) == 0:
            if rows:
                found.append(Attempt(number, resumed, Table.of(rows), ended))
            rows, ended = [], False
            number, resumed = record.get("attempt") or 0, record.get("resumed_from_step") or 0
        elif record.get("event") == "run" and record.get("phase") == "end" and record.get("rank", 0) == 0:
            ended = True
        row = builder.add(record)
        if row is not None:
            rows.append(row)
    if rows:
        found.append(Attempt(number, resumed, Table.of(rows), ended))
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


def replay(start: Callable[[int], State], log: Sequence[Attempt]) -> dict[int, Judged]:
    """By attempt the alerts that it raised, and the state after its last row.

    Args:
        start: the state that the attempt of a number had before any row: attempts may differ in their rules.
        log: the attempts, as `attempts` gives them.
    """
    judged = {}
    for place, attempt in enumerate(log):
        state = resumed_state(start(attempt.number), log[:place], attempt.resumed_from_step)
        state, opened, changed = advance(state, attempt.rows)
        judged[attempt.number] = Judged(opened + changed, state)
    return judged
