"""Alerts of a log judged once more, and held to those that were recorded."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from grpolog import trends
from grpolog.analysis import monitored
from grpolog.events import RunEvent
from grpolog.trends import Alert
from grpolog.trends.monitor import EARLY, LARGEST_BATCH

_FIELDS: Final = tuple(f for f in Alert.__slots__ if f not in ("remedy", "limit", "effect", "window"))
"""What must recur; advice and evidence may have become better since."""

SCHEMA: Final = {
    "attempt": pl.Int64(),
    "rule": pl.String(),
    "metric": pl.String(),
    "severity": pl.String(),
    "step": pl.Int64(),
    "message": pl.String(),
    "before": pl.Float64(),
    "after": pl.Float64(),
    "onset_step": pl.Int64(),
    "incident": pl.String(),
    "state": pl.String(),
    "origin": pl.String(),
}


_STEP: Final = _FIELDS.index("step")


@dataclass(frozen=True, slots=True)
class Replay:
    """Recorded and replayed alerts side by side."""

    alerts: pl.DataFrame
    """Alerts by attempt and step. `origin`: both, recorded (only), or replayed (only). Recorded alerts of rules that
    cannot be replayed, such as a stall, are `recorded` and no difference."""

    differences: tuple[str, ...]
    """What does not agree, one sentence an attempt; empty when everything does, or the log was imported."""

    attempts: Sequence[trends.Attempt]
    """The rows that were judged."""

    judged: Mapping[int, trends.Judged]
    """By attempt what the rules of today say."""


def replay(tables: Mapping[str, pl.DataFrame], runs: Sequence[RunEvent], *, judged: bool = True) -> Replay:
    """Feed a log once more through the rules of today, with the thresholds that each attempt chose.

    Args:
        tables: by event its flat table, in the order of attempt, rank and number.
        runs: the run events.
        judged: whether rules apply; what is no GRPO run shows what was recorded.
    """
    openings = {run.attempt: run for run in reversed(runs) if run.rank == 0}
    attempts = monitored.attempts(tables, runs) if judged else []
    states = trends.replay(lambda attempt: _start(openings.get(attempt)), attempts)
    found = {attempt: each.alerts for attempt, each in states.items()}
    recorded = _recorded(tables["alert"])
    own_rules = {"trend", *(rule.name for rule in trends.CATALOGUE)}
    pending = {a.number: _pending(a) for a in attempts}
    rows: list[tuple[Any, ...]] = []
    differences = []
    for attempt in sorted(found.keys() | recorded.keys()):
        then = Counter(recorded.get(attempt, ()))
        now = Counter(comparable(getattr(alert, field) for field in _FIELDS) for alert in found.get(attempt, ()))
        groups = {"both": then & now, "recorded": then - now, "replayed": now - then}
        for origin, those in groups.items():
            rows += [(attempt, *alert, origin) for alert in those.elements()]
        last = pending.get(attempt)
        lost = sum(n for alert, n in groups["recorded"].items() if alert[0] in own_rules)
        # alerts of rows that waited to be judged when the process was killed are new without being a difference
        new = sum(n for alert, n in groups["replayed"].items() if last is None or alert[_STEP] < last)
        opening = openings.get(attempt)
        if opening is not None and opening.capture == "imported":
            continue  # other programs record no alerts of ours
        if lost or new:
            reason = _reason(opening)
            differences.append(
                f"Attempt {attempt}: recorded alerts that do not recur: {lost}, new ones: {new}; {reason}."
            )
    schema = {name: SCHEMA[name] for name in ("attempt", *_FIELDS, "origin")}
    alerts = pl.DataFrame(rows, schema=schema, orient="row").sort("attempt", "step", maintain_order=True)
    return Replay(alerts, tuple(differences), attempts, states)


def _pending(attempt: trends.Attempt) -> int | None:
    """The first step whose row may not have been judged while the attempt ran; None if all were."""
    if attempt.ended or len(attempt.rows) <= EARLY:
        return None
    return int(attempt.rows.steps[-min(2 * LARGEST_BATCH, len(attempt.rows))])


def _recorded(table: pl.DataFrame) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for attempt, *alert in table.select("attempt", *_FIELDS).iter_rows():
        found.setdefault(attempt, []).append(comparable(alert))
    return found


def comparable(alert: Iterable[Any]) -> tuple[Any, ...]:
    """An alert's fields, with one NaN for all of them: NaN equals itself only where it is the same object."""
    return tuple(math.nan if field != field else field for field in alert)


def _start(opening: RunEvent | None) -> trends.State:
    """The state before the first row of an attempt that `opening` describes."""
    window = opening.trend_window if opening else None
    setting = trends.Setting.of(opening)
    return trends.start(setting, window_size=window) if window and window > 0 else trends.start(setting)


def _reason(opening: RunEvent | None) -> str:
    then = opening.rules_hash if opening else None
    now = trends.rules_hash(_start(opening))
    if then is None:
        return "the log does not say which rules were in force"
    if then != now:
        return f"it was recorded with other rules ({then}, now {now})"
    return "the rules are the same, so events are missing or were altered"
