"""The verdict on a run, and the alerts behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from grpolog import trends
from grpolog.analysis.case import Case
from grpolog.analysis.finding import Finding
from grpolog.analysis.ruling import EVERY, Ruling
from grpolog.trends.finding import SEVERITIES
from grpolog.trends.rules import NOT_HERE

if TYPE_CHECKING:
    from grpolog.analysis.run import Run

__all__ = ["FEWEST", "VERDICTS", "Finding", "Judgement", "VerdictWord", "judge", "judge_case"]

VerdictWord = Literal["ok", "info", "warning", "error", "unknown"]

VERDICTS: Final[tuple[VerdictWord, ...]] = ("ok", "info", "unknown", "warning", "error")
"""The worst last."""

FEWEST: Final = 12
"""Cycles below which a run without findings is not judged."""

SYSTEM: Final = frozenset({"memory_growth", "slow_down", "stall"})
"""Findings about the machine: they never lift a verdict above warning."""

_NOTES: Final = frozenset({"trend"})
"""Rules that are outside every verdict."""


_ORDER: Final = {rule.name: place for place, rule in enumerate(EVERY)}


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


def judge(run: "Run", ruling: Ruling | None = None, baseline: "Run | None" = None) -> Judgement:
    """Judge a run by the rules of today.

    Args:
        run: the run.
        ruling: other rules, thresholds or facts than those of the log.
        baseline: another run that this one is held against.
    """
    from grpolog.analysis.framed import case_of  # what is judged line by line needs no frames

    return judge_case(case_of(run, ruling, baseline), ruling)


def judge_case(case: Case, ruling: Ruling | None = None) -> Judgement:
    """Judge a run, whichever way it was read.

    Args:
        case: what is judged; its live rules have been asked already.
        ruling: rules in force, where they are others than those of today.
    """
    if case.objective is not None:
        reason = f"this is no GRPO run: it logs what {case.objective} training logs"
        return Judgement("unknown", f"Not judged: {reason}.", (), {}, {}, 0)
    newest = case.judged[max(case.judged)] if case.judged else None
    cycles = newest.state.cycles.count if newest else 0
    unjudged = dict(newest.state.unjudged) if newest else {}
    found = list(_findings(case))
    for rule in (ruling or Ruling()).post:
        lacking = rule.unjudged(case)
        if lacking is not None:
            unjudged[rule.name] = lacking
        else:
            found += rule.judge(case)
    found.sort(key=_gravest)
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


def _findings(case: Case) -> Iterator[Finding]:
    """The alerts on steps that still count, each from opening to end."""
    about = {rule.name: rule.about for rule in trends.CATALOGUE}
    standing: dict[tuple[str, str], Finding] = {}
    alerts = [
        (attempt, alert)
        for attempt in sorted(case.judged)
        for alert in sorted(case.judged[attempt].alerts, key=lambda a: a.step)
    ]
    # what cannot be replayed, such as a stall, counts as it was recorded
    recorded = [(attempt, alert) for attempt, alert in case.recorded if alert.rule not in about]
    for attempt, alert in (*alerts, *recorded):
        limit = case.valid_to.get(attempt)
        if alert.rule in _NOTES or (limit is not None and alert.step > limit):
            continue
        key = (alert.rule, alert.metric)
        old = standing.get(key)
        if alert.state == "resolved":
            if old is not None:
                yield replace(standing.pop(key), state="resolved", resolved_step=alert.step)
            continue
        severity = "warning" if alert.rule in SYSTEM and alert.severity == "error" else alert.severity
        if old is not None and SEVERITIES.index(severity) <= SEVERITIES.index(old.severity):
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
            groups=case.groups(attempt, alert, onset),
        )
    yield from standing.values()


def _gravest(finding: Finding) -> tuple[bool, int, int, int]:
    """Open before resolved, the gravest first, then in the order of the catalogue and of steps."""
    place = _ORDER.get(finding.rule, -1)
    return finding.state == "resolved", -SEVERITIES.index(finding.severity), place, finding.step


def _verdict(findings: list[Finding], unjudged: Mapping[str, str], cycles: int) -> tuple[VerdictWord, str]:
    standing = [finding for finding in findings if finding.state == "open"]
    worst = max((SEVERITIES.index(finding.severity) for finding in standing), default=-1)
    if worst >= 1:
        first = standing[0]
        more = sum(SEVERITIES.index(finding.severity) >= 1 for finding in standing) - 1
        also = f" ({more} more)" if more else ""
        return SEVERITIES[worst], f"{first.message}{also}."
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
