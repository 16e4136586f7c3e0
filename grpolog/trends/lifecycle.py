"""Findings become alerts: opened after persistence, escalated, resolved; one cause, one incident."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any, Final, NamedTuple

import numpy as np

from grpolog.trends.alert import Alert
from grpolog.trends.finding import SEVERITIES, Finding
from grpolog.trends.table import Ints

TOGETHER: Final = 64
"""Cycles within which alerts belong to one incident."""

_WORST: Final = {severity: level for level, severity in enumerate(SEVERITIES, start=1)}

Key = tuple[str, str, str]
"""Rule, metric, kind."""

Turn = tuple[int, int, int, int]
"""Cycle, place of the finding, its entry and the level raised there."""


@dataclass(frozen=True, slots=True)
class Open:
    """An alert that has not been resolved."""

    level: int
    incident: str
    cycle: int
    """Cycle in which it was opened."""


class Counts(NamedTuple):
    """What is counted of one finding."""

    infos: int = 0
    """Entries in a row at info or worse."""

    warnings: int = 0
    errors: int = 0

    clear: int = 0
    """Clear entries in a row, while it is raised."""

    level: int = 0
    """The level raised by the newest entry."""


_QUIET: Final = Counts()


@dataclass(frozen=True, slots=True)
class Book:
    """What the lifecycle remembers."""

    open: Mapping[Key, Open] = field(default_factory=dict)
    counts: Mapping[Key, Counts] = field(default_factory=dict)


def advance(
    book: Book, findings: list[tuple[str, str, Finding]], steps: Ints, first: int, before: int
) -> tuple[Book, list[tuple[int, Alert]]]:
    """The alerts of new cycles.

    Args:
        book: what is remembered.
        findings: name of the rule, its remedy, what it found.
        steps: steps of the cycles, the tail included.
        first: index of the first new cycle.
        before: cycles before index 0.
    """
    counts = dict(book.counts)
    turns: list[Turn] = []
    raised_by: dict[int, list[int]] = {}
    for order, (rule, _, finding) in enumerate(findings):
        key = (rule, finding.metric, finding.kind)
        old = counts.get(key, _QUIET)
        if not (old.level or finding.levels.any()):
            counts[key] = _QUIET
            continue
        level = old.level
        raised_by[order], counts[key] = _held(finding, old)
        for entry, raised in enumerate(raised_by[order]):
            if raised != level:
                turns.append((entry if finding.rows is None else int(finding.rows[entry]), order, entry, raised))
            level = raised
    opened = dict(book.open)
    alerts: list[tuple[int, Alert]] = []
    heapify(turns)
    while turns:
        cycle, order, entry, level = heappop(turns)
        rule, remedy, finding = findings[order]
        key = (rule, finding.metric, finding.kind)
        standing = opened.get(key)
        place = before + first + cycle
        state: Any = None
        if standing is None:
            if level and not _covered(opened, finding.metric, level, key):
                incident = _incident(opened, place) or f"{rule}-{finding.metric}-{int(steps[first + cycle])}"
                opened[key] = Open(level, incident, place)
                state = "opened"
        elif level > standing.level:
            opened[key] = Open(level, standing.incident, standing.cycle)
            state = "escalated" if standing.level > 1 else "opened"  # an info is a note; a warning is news
        elif level == 0:
            del opened[key]
            state = "resolved"
            level = standing.level
            for other in _left(findings, raised_by, order, cycle):  # that this alert stood for as well
                heappush(turns, other)
        if state is None:
            continue
        incident = opened[key].incident if standing is None else standing.incident
        alerts.append((cycle, _alert(rule, remedy, finding, entry, level, state, incident, steps, first + cycle)))
    return Book(opened, counts), alerts


def _held(finding: Finding, old: Counts) -> tuple[list[int], Counts]:
    """The level that persists in each entry, and what to remember.

    A raised level stays, and may only rise, until the matter has been clear for long enough.
    """
    levels = finding.levels.tolist()
    clears = [level == 0 for level in levels] if finding.clear is None else finding.clear.tolist()
    infos, warnings, errors, clear, current = old
    kept = []
    for level, over in zip(levels, clears, strict=True):
        infos = infos + 1 if level >= 1 else 0
        warnings = warnings + 1 if level >= 2 else 0
        errors = errors + 1 if level >= 3 else 0
        raised = 3 if errors >= finding.hold[2] else 2 if warnings >= finding.hold[1] else int(infos >= finding.hold[0])
        clear = clear + 1 if over and level < current else 0
        current = 0 if clear >= finding.hold_clear else max(current, raised)
        kept.append(current)
    return kept, Counts(infos, warnings, errors, clear if current else 0, current)


def _left(
    findings: list[tuple[str, str, Finding]], raised_by: Mapping[int, list[int]], resolved: int, cycle: int
) -> Iterator[Turn]:
    """What else is raised of the metric of a resolved finding: it had nothing to add as long as that was open."""
    for order, raised in raised_by.items():
        finding = findings[order][2]
        if order == resolved or finding.metric != findings[resolved][2].metric:
            continue
        entries = [cycle] if finding.rows is None else np.flatnonzero(finding.rows == cycle).tolist()
        yield from ((cycle, order, entry, raised[entry]) for entry in entries if raised[entry])


def _covered(opened: Mapping[Key, Open], metric: str, level: int, key: Key) -> bool:
    """Whether another open alert already says as much of the metric."""
    return any(other[1] == metric and other != key and alert.level >= level for other, alert in opened.items())


def _incident(opened: Mapping[Key, Open], place: int) -> str | None:
    near = [alert for alert in opened.values() if place - alert.cycle <= TOGETHER and alert.level > 1]
    return min(near, key=lambda alert: (alert.cycle, alert.incident)).incident if near else None


def _alert(
    rule: str, remedy: str, finding: Finding, entry: int, level: int, state: Any, incident: str, steps: Ints, at: int
) -> Alert:
    averaged = finding.window if finding.averaged is None else finding.averaged
    message = finding.message(entry)
    step = int(steps[at])
    return Alert(
        rule=rule,
        metric=finding.metric,
        severity=SEVERITIES[level - 1],
        step=step,
        message=f"Step {step}: {message}" if state != "resolved" else f"Step {step}: over: {finding.metric} ({rule})",
        before=None if finding.before is None else _finite(finding.before[entry]),
        after=None if finding.after is None else _finite(finding.after[entry]),
        limit=finding.limit,
        effect=None if finding.effect is None else _finite(finding.effect(entry)),
        window=averaged if isinstance(averaged, int) else int(averaged[entry]),
        onset_step=int(steps[max(0, at - finding.window + 1)]) if state == "opened" else None,
        incident=incident,
        state=state,
        remedy=remedy,
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
