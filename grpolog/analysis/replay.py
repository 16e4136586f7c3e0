"""Alerts of a log judged once more, and held to those that were recorded."""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from grpolog import trends
from grpolog.analysis.columns import MAPS
from grpolog.events import RunEvent
from grpolog.trends import Alert

_JUDGED: Final = ("step", "reward", "quality", "perf")
_FIELDS: Final = Alert.__slots__
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


@dataclass(frozen=True, slots=True)
class Replay:
    """Recorded and replayed alerts side by side."""

    alerts: pl.DataFrame
    """Alerts by attempt and step. `origin`: both, recorded (only), or replayed (only). Recorded alerts of rules that
    cannot be replayed, such as a stall, are `recorded` and no difference."""

    differences: tuple[str, ...]
    """What does not agree, one sentence an attempt; empty when everything does."""


def replay(tables: Mapping[str, pl.DataFrame], runs: Sequence[RunEvent]) -> Replay:
    """Feed a log once more through the rules of today.

    Args:
        tables: by event its flat table, in the order of attempt, rank and number.
        runs: the run events.
    """
    starts = {run.attempt: run for run in runs if run.rank == 0 and run.phase == "start"}
    group_size = next((run.group_size for run in reversed(starts.values()) if run.group_size), None)
    state = trends.start(group_size)
    own_hash = trends.rules_hash(state.rules)
    own_rules = {rule.name for rule in state.rules}
    found = trends.replay(state, trends.attempts(records(tables, runs)))
    recorded = _recorded(tables["alert"])
    rows: list[tuple[Any, ...]] = []
    differences = []
    for attempt in sorted(found.keys() | recorded.keys()):
        then = Counter(recorded.get(attempt, ()))
        now = Counter(tuple(getattr(alert, field) for field in _FIELDS) for alert in found.get(attempt, ()))
        groups = {"both": then & now, "recorded": then - now, "replayed": now - then}
        for origin, those in groups.items():
            rows += [(attempt, *alert, origin) for alert in those.elements()]
        lost = sum(n for alert, n in groups["recorded"].items() if alert[0] in own_rules)
        new = groups["replayed"].total()
        if lost or new:
            known = starts[attempt].rules_hash if attempt in starts else None
            reason = _reason(known, own_hash)
            differences.append(f"Attempt {attempt}: {lost} recorded alerts do not recur and {new} are new; {reason}.")
    schema = {name: SCHEMA[name] for name in ("attempt", *_FIELDS, "origin")}
    alerts = pl.DataFrame(rows, schema=schema, orient="row").sort("attempt", "step", maintain_order=True)
    return Replay(alerts, tuple(differences))


def records(tables: Mapping[str, pl.DataFrame], runs: Sequence[RunEvent]) -> Iterator[dict[str, Any]]:
    """The events of rank 0 that are judged, as decoded lines in the order of writing."""
    streams = [_records(event, tables[event].filter(pl.col("rank") == 0)) for event in _JUDGED]
    described = (((run.attempt, run.seq), run.__dict__) for run in runs if run.rank == 0)
    for _, record in heapq.merge(described, *streams, key=lambda numbered: numbered[0]):
        yield record


def _records(event: str, table: pl.DataFrame) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    maps = {
        name: {c.removeprefix(f"{name}/"): c for c in table.columns if c.startswith(f"{name}/")} for name in MAPS[event]
    }
    for row in table.iter_rows(named=True):
        row["event"] = event
        for name, columns in maps.items():
            row[name] = {key: row.pop(column) for key, column in columns.items()}
        yield (row["attempt"], row["seq"] or 0), row


def _recorded(table: pl.DataFrame) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for attempt, *alert in table.select("attempt", *_FIELDS).iter_rows():
        found.setdefault(attempt, []).append(tuple(alert))
    return found


def _reason(then: str | None, now: str) -> str:
    if then is None:
        return "the log does not say which rules were in force"
    if then != now:
        return f"it was recorded with other rules ({then}, now {now})"
    return "the rules are the same, so events are missing or were altered"
