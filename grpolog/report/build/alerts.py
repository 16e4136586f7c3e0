"""The alerts of a run as rows, and findings as marks on the charts of their metrics."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import orjson
import polars as pl

from grpolog import trends
from grpolog.analysis import Run
from grpolog.events import Severity
from grpolog.report.model import AlertRow, FindingRow, Mark, Panel, Question
from grpolog.report.text import one_line
from grpolog.trends.alert import evidence
from grpolog.trends.finding import SEVERITIES

ROWS = 150
"""Alerts in the table at most: the worst first, then the newest."""

MARKS = 24
"""Findings marked on one chart at most."""

RESUMES = 20
"""Resumes marked at most."""

Details = Mapping[tuple[str, str, int], tuple[tuple[str, str], ...]]
"""Names and texts by rule, metric and step of an alert."""

_MESSAGE = 1_000
_DETAILS, _DETAIL = 16, 6_000


@dataclass(frozen=True, slots=True)
class Alerts:
    """All alerts of a run."""

    rows: tuple[AlertRow, ...]
    """Those that are shown, worst first, then by step."""

    left_out: int


def alerts_of(run: Run, panels: Mapping[str, str]) -> Alerts:
    """The alerts of the log and of its replay.

    Args:
        run: the run.
        panels: key of the panel that shows a metric.
    """
    limits = {a: limit for a, limit in run.attempts.select("attempt", "valid_to_step").rows() if limit is not None}
    replayed = {"trend", *(rule.name for rule in trends.CATALOGUE)}
    details, remedies = _details(run), _remedies(run)
    found: list[AlertRow] = []
    for alert in run.replay.alerts.iter_rows(named=True):
        attempt, step = alert["attempt"], alert["step"]
        agreed = alert["origin"] == "both" or alert["rule"] not in replayed
        origin = "" if agreed else "only in the log" if alert["origin"] == "recorded" else "only when judged again"
        severity: Severity = alert["severity"] if alert["severity"] in SEVERITIES else "warning"
        state = alert["state"] or "opened"
        row = AlertRow(
            key="",
            severity=severity,
            state=state,
            step=step,
            rule=alert["rule"] or "",
            metric=alert["metric"] or "",
            message=one_line(alert["message"] or "", _MESSAGE),
            before=alert["before"],
            after=alert["after"],
            origin=origin,
            panel=panels.get(alert["metric"], ""),
            superseded=attempt in limits and step > limits[attempt],
            details=details.get((attempt, alert["rule"], alert["incident"], step, alert["state"]), ()),
            onset_step=alert["onset_step"],
            remedy="" if severity == "info" or state == "resolved" else remedies.get(alert["rule"], ""),
        )
        found.append(row)
    return _sorted(found)


def _sorted(rows: Sequence[AlertRow]) -> Alerts:
    shown = sorted(rows, key=lambda row: (row.superseded, -SEVERITIES.index(row.severity), -row.step))[:ROWS]
    shown.sort(key=lambda row: (-SEVERITIES.index(row.severity), row.step))
    return Alerts(
        rows=tuple(replace(row, key=f"alert-{number}") for number, row in enumerate(shown, start=1)),
        left_out=len(rows) - len(shown),
    )


def marked(run: Run, questions: Iterable[Question], findings: Iterable[FindingRow]) -> tuple[Question, ...]:
    """`questions` with findings marked on the charts of their metrics, and resumes on all."""
    resumes = [
        Mark(step, "resume", f"attempt {attempt} resumed from step {step:,}")
        for attempt, step, first in run.attempts.select("attempt", "resumed_from_step", "first_step").rows()
        if step and first is not None
    ][-RESUMES:]
    worst = sorted(findings, key=lambda row: (-SEVERITIES.index(row.severity), -row.step))
    marked = []
    for question in questions:
        panels = []
        for panel in question.panels:
            metrics = metrics_of(panel)
            marks = [
                Mark(row.step, row.severity, f"{row.severity}: {row.message}", row.key, row.metric)
                for row in worst
                if row.metric in metrics
            ]
            shown = sorted(marks[:MARKS], key=lambda mark: mark.x)
            more = len(marks) - len(shown)
            notes = (*panel.notes, f"{more:,} more findings are not marked.") if more else panel.notes
            panels.append(replace(panel, marks=(*resumes, *shown), notes=notes))
        marked.append(replace(question, panels=tuple(panels)))
    return tuple(marked)


def metrics_of(panel: Panel) -> list[str]:
    """The metrics whose findings belong on a panel; seconds per step stand there as the sum of their parts."""
    metrics = list(dict.fromkeys(series.metric for series in panel.series))
    return metrics + (["perf/step_seconds"] if "perf/update_seconds" in metrics else [])


def _remedies(run: Run) -> dict[str, str]:
    """By rule what to do: as the catalogue says, of rules that it lacks as the log says."""
    recorded = run.alerts.drop_nulls("remedy").select("rule", "remedy").rows()
    told = {rule: one_line(remedy, _MESSAGE) for rule, remedy in recorded}
    return told | {rule.name: rule.about.remedy for rule in trends.CATALOGUE}


def recorded_details(run: Run) -> Details:
    """What the alerts that opened say beside their message, by rule, metric and step."""
    opened = run.alerts.filter(pl.col("state") == "opened").drop_nulls("details")
    rows = opened.select("rule", "metric", "step", "details").iter_rows()
    return {(rule, metric, step): _pairs(text) for rule, metric, step, text in rows}


def _details(run: Run) -> dict[tuple[Any, ...], tuple[tuple[str, str], ...]]:
    """What alerts say beside their message, by what tells alerts apart: evidence, groups to read, stacks of a stall."""
    found = {}
    for alert in run.alerts.iter_rows(named=True):
        pairs = (*_evidence(alert), *_groups(alert["groups"] or ()), *_pairs(alert["details"] or "{}"))
        if pairs:
            found[tuple(alert[name] for name in ("attempt", "rule", "incident", "step", "state"))] = pairs
    return found


def _evidence(alert: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The values behind an alert; not told where the log was recorded before alerts had a window."""
    names = ("metric", "before", "after", "limit", "effect", "window")
    if alert["window"] is not None and (text := evidence(SimpleNamespace(**{name: alert[name] for name in names}))):
        yield "evidence", text


def _groups(groups: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The groups to read, one line each."""
    lines = [
        f"step {group['step']:,}, group {group['group']}, prompt {group['prompt_id']}: {group['shows']}"
        for group in groups
    ]
    if lines:
        yield "groups to read", "\n".join(lines)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    content = orjson.loads(text)
    pairs: list[tuple[str, str]] = []
    for name, value in content.items() if isinstance(content, dict) else ():
        inner = value.items() if isinstance(value, dict) else ((name, value),)
        pairs += [(str(key), _shown(item)) for key, item in inner if item is not None]
    return tuple(pairs[:_DETAILS])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _DETAIL else f"… {text[-_DETAIL:]}"  # the end of a stack is where it hangs
