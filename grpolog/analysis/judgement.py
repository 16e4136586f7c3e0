"""The verdict on a run, and the alerts behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from grpolog import trends
from grpolog.analysis import monitored
from grpolog.analysis.reading import groups_to_read
from grpolog.analysis.ruling import Ruling
from grpolog.analysis.run import Run
from grpolog.events import Severity
from grpolog.trends.rules import NOT_HERE
from grpolog.trends.telling import AlertGroup

VerdictWord = Literal["ok", "info", "warning", "error", "unknown"]

FEWEST: Final = 12
"""Cycles below which a run without findings is not judged."""

_WORST: Final[tuple[Severity, ...]] = ("info", "warning", "error")
_SYSTEM: Final = frozenset({"memory_growth", "slow_down", "stall"})
"""Findings about the machine: they never lift a verdict above warning."""

_NOTES: Final = frozenset({"trend"})
"""Rules that are outside every verdict."""


_ORDER: Final = {rule.name: place for place, rule in enumerate(trends.CATALOGUE)}


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert from its opening to its end, explained."""

    rule: str
    metric: str
    severity: Severity
    """The highest it reached."""

    step: int
    """Step at which it was opened."""

    onset_step: int | None
    """Step at which it is estimated to have begun."""

    resolved_step: int | None
    state: Literal["open", "resolved"]
    message: str
    """What was said when it was worst."""

    causes: str
    """Likely ones."""

    remedy: str
    source: str
    """Where thresholds and remedy come from."""

    incident: str
    before: float | None
    after: float | None

    limit: float | None = None
    effect: float | None = None
    window: int | None = None
    """The evidence, as alerts carry it: how `after` stands to `before` or `limit`, in standard errors, and of how many
    cycles it is the mean."""

    attempt: int | None = None
    """Attempt that it was raised in; None for what is said of the run as a whole."""

    groups: tuple[AlertGroup, ...] = ()
    """Groups of that attempt to read, kept between onset and the step at which it was worst, the most telling first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a run."""

    verdict: VerdictWord
    """error: an error is open; warning: a warning is open, or an error was and resolved; info; ok; unknown: the
    reward cannot be judged."""

    sentence: str
    """One sentence: what, since when."""

    findings: tuple[Finding, ...]
    """Open ones first, the gravest first, then by step; trends of the 10 % rule are left out."""

    unjudged: dict[str, str]
    """Rules that could not judge, with what they lack."""

    not_applicable: dict[str, str]
    """Rules that have nothing to judge in this run, with the reason."""

    cycles: int
    """Generation cycles that were judged."""


def judge(run: Run, ruling: Ruling | None = None) -> Judgement:
    """Judge a run by the rules of today.

    Args:
        run: the run.
        ruling: other rules, thresholds or facts than those of the log.
    """
    if run.objective is not None:
        reason = f"this is no GRPO run: it logs what {run.objective} training logs"
        return Judgement("unknown", f"Not judged: {reason}.", (), {}, {}, 0)
    judged = run.replay.judged if ruling is None else _again(run, ruling)
    newest = judged[max(judged)] if judged else None
    cycles = newest.state.cycles.count if newest else 0
    found = sorted((*_findings(run, judged), *_ending(run)), key=_gravest)
    unjudged = dict(newest.state.unjudged) if newest else {}
    verdict, sentence = _verdict(found, unjudged, cycles)
    return Judgement(
        verdict=verdict,
        sentence=sentence,
        findings=tuple(found),
        unjudged={name: reason for name, reason in unjudged.items() if not reason.startswith(NOT_HERE)},
        not_applicable={
            name: reason.removeprefix(NOT_HERE) for name, reason in unjudged.items() if reason.startswith(NOT_HERE)
        },
        cycles=cycles,
    )


def _again(run: Run, ruling: Ruling) -> Mapping[int, trends.Judged]:
    openings = {event.attempt: event for event in reversed(run.runs) if event.rank == 0}
    return trends.replay(
        lambda attempt: trends.start(ruling.setting(trends.Setting.of(openings.get(attempt))), ruling.rules),
        monitored.attempts(run.tables, run.runs),
    )


def _findings(run: Run, judged: Mapping[int, trends.Judged]) -> Iterator[Finding]:
    """The alerts on steps that still count, each from opening to end."""
    limits = dict(run.attempts.select("attempt", "valid_to_step").rows())
    about = {rule.name: rule.about for rule in trends.CATALOGUE}
    standing: dict[tuple[str, str], Finding] = {}
    alerts = [
        (attempt, alert) for attempt in sorted(judged) for alert in sorted(judged[attempt].alerts, key=lambda a: a.step)
    ]
    for attempt, alert in (*alerts, *_recorded(run, set(about))):
        limit = limits.get(attempt)
        if alert.rule in _NOTES or (limit is not None and alert.step > limit):
            continue
        key = (alert.rule, alert.metric)
        old = standing.get(key)
        if alert.state == "resolved":
            if old is not None:
                yield replace(standing.pop(key), state="resolved", resolved_step=alert.step)
            continue
        severity = "warning" if alert.rule in _SYSTEM and alert.severity == "error" else alert.severity
        if old is not None and _WORST.index(severity) <= _WORST.index(old.severity):
            continue
        told = about.get(alert.rule)
        # a note that became a warning counts from the warning on
        kept = old if old is not None and old.severity != "info" else None
        onset = kept.onset_step if kept else alert.onset_step
        standing[key] = Finding(
            rule=alert.rule,
            metric=alert.metric,
            severity=severity,
            step=kept.step if kept else alert.step,
            onset_step=onset,
            resolved_step=None,
            state="open",
            message=alert.message,
            causes=told.causes if told else "",
            remedy=told.remedy if told else alert.remedy or "",
            source=told.source if told else "",
            incident=alert.incident,
            before=alert.before,
            after=alert.after,
            limit=alert.limit,
            effect=alert.effect,
            window=alert.window,
            attempt=attempt,
            groups=groups_to_read(run, attempt, alert, onset),
        )
    yield from standing.values()


def _recorded(run: Run, replayed: set[str]) -> Iterator[tuple[int, trends.Alert]]:
    """Recorded alerts of what cannot be replayed, such as a stall."""
    fields = [name for name in trends.Alert.__slots__ if name in run.alerts.columns]
    for attempt, *values in run.alerts.select("attempt", *fields).iter_rows():
        alert: dict[str, Any] = dict(zip(fields, values, strict=True))
        if alert["rule"] not in replayed:
            yield attempt, trends.Alert(**alert)


def _ending(run: Run) -> Iterator[Finding]:
    """What the end of the log says."""
    if run.status != "failed":
        return
    error = next((event.error for event in reversed(run.runs) if event.phase == "end" and event.error), None)
    step = run.audit.last_step or 0
    yield Finding(
        rule="crash",
        metric="log",
        severity="error",
        step=step,
        onset_step=step,
        resolved_step=None,
        state="open",
        message=f"Step {step}: training was ended by an exception" + (f": {error}" if error else ""),
        causes="",
        remedy="Read the exception; out of memory: a smaller batch, a shorter max_completion_length, or less memory "
        "for the sampler.",
        source="the log's own end",
        incident=f"crash-log-{step}",
        before=None,
        after=None,
    )


def _gravest(finding: Finding) -> tuple[bool, int, int, int]:
    """Open before resolved, the gravest first, then in the order of the catalogue and of steps."""
    place = _ORDER.get(finding.rule, -1)
    return finding.state == "resolved", -_WORST.index(finding.severity), place, finding.step


def _verdict(findings: list[Finding], unjudged: Mapping[str, str], cycles: int) -> tuple[VerdictWord, str]:
    standing = [finding for finding in findings if finding.state == "open"]
    worst = max((_WORST.index(finding.severity) for finding in standing), default=-1)
    if worst >= 1:
        first = standing[0]
        more = sum(_WORST.index(finding.severity) >= 1 for finding in standing) - 1
        also = f" ({more} more)" if more else ""
        return _WORST[worst], f"{first.message}{also}."
    resolved = next((f for f in findings if f.state == "resolved" and f.severity == "error"), None)
    if resolved is not None:
        return "warning", f"{resolved.message}; it was over at step {resolved.resolved_step}."
    if "reward_drop" in unjudged:
        return "unknown", f"Not judged: {unjudged['reward_drop']}."
    if cycles < FEWEST:
        return "unknown", f"Not judged: {cycles} rows with a reward are too few (at least {FEWEST})."
    only = " Train reward only: there was no evaluation." if "eval_drop" in unjudged else ""
    if worst == 0:
        return "info", f"{standing[0].message}.{only}"
    return "ok", f"No rule found anything wrong in {cycles} cycles.{only}"
