"""What can be said about a run as a whole: facts of its log, and what they do not tell.

Whether a run is healthy is not judged here. The tone is that of the worst fact: an exception, a death, an alert, a
value that is not finite, a loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from grpolog.analysis import Run
from grpolog.metrics import SHOWN_BY
from grpolog.report.build.alerts import Alerts
from grpolog.report.build.evidence import evidence
from grpolog.report.build.lines import Lines
from grpolog.report.build.phrases import ended, listed, moved, name_of, seconds_spent
from grpolog.report.build.rewards import Rewards
from grpolog.report.model import Tone, Verdict
from grpolog.report.numbers import count, duration
from grpolog.report.text import one_line

_ORDER: Final[tuple[Tone, ...]] = ("neutral", "info", "warning", "error")
_SYMBOLS: Final[dict[Tone, str]] = {"neutral": "●", "info": "◆", "warning": "▲", "error": "✖"}
_WORDS: Final[dict[str, tuple[str, Tone]]] = {
    "finished": ("FINISHED", "neutral"),
    "stopped": ("STOPPED", "info"),
    "running": ("RUNNING", "info"),
    "failed": ("FAILED", "error"),
    "died": ("DIED", "error"),
    "unknown": ("IMPORTED", "neutral"),
}
_ERROR = 300  # characters of an exception

NON_FINITE = 4
"""Metrics with values that are not finite which are named at most."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that sets the tone."""

    tone: Tone
    sentence: str


def verdict_of(lines: Lines, rewards: Rewards, alerts: Alerts) -> Verdict:
    """The verdict of the newest attempt."""
    run = lines.run
    word, tone = _WORDS[run.status] if run.info is not None else ("INCOMPLETE", "warning")
    facts = list(_facts(lines, alerts))
    worst: Tone = max((fact.tone for fact in facts), key=_ORDER.index, default="neutral")
    if _ORDER.index(worst) > max(_ORDER.index(tone), _ORDER.index("info")):
        word = f"{word} WITH {'ERRORS' if worst == 'error' else 'WARNINGS'}"
    tone = max(tone, worst, key=_ORDER.index)
    grave = [fact.sentence for fact in facts if fact.tone in ("warning", "error")]
    slight = [fact.sentence for fact in facts if fact.sentence not in grave]
    if run.objective is not None:
        said = f"Not a GRPO log: {SHOWN_BY[run.objective]}. It is shown, not judged. {_ending(run)}"
        return Verdict(f"{word}, NOT GRPO", _SYMBOLS[tone], tone, said, (*grave, *slight))
    points = (*grave, *evidence(lines, rewards), *slight)
    return Verdict(word, _SYMBOLS[tone], tone, f"{_ending(run)} {_course(lines, rewards)}".strip(), points)


def _ending(run: Run) -> str:
    """How the newest attempt ended, and after how many steps."""
    last = run.audit.last_step
    limit = run.info.max_steps if run.info else None
    steps = "before its first step" if last is None else f"at step {last:,}{f' of {limit:,}' if limit else ''}"
    if run.info is None:
        return f"The log holds no run event, so it does not say how training ended; it breaks off {steps}."
    if run.status == "failed":
        error = next((r.error for r in reversed(run.runs) if r.phase == "end" and r.error), None)
        said = one_line(error, _ERROR) if error else "it was not recorded"
        return f"Training was ended {steps} by an exception: {said}{'' if said.endswith('.') else '.'}"
    if run.status == "died":
        when = ended(run)
        return (
            f"The log breaks off {steps}{f', {when}' if when else ''}, and says of no end: the process was killed, "
            "crashed or lost its machine, or the log was copied while it ran. Check the system's log of that time."
        )
    if run.status == "running":
        at = f"Training is {steps}" if last is not None else "Training has not made a step yet"
        return f"{at}; last heard of {ended(run)}." if ended(run) else f"{at}."
    if run.status == "unknown":
        return f"The log reaches {steps.removeprefix('at ')} and does not say how training ended."
    word = "ended" if run.status == "finished" else "was stopped"
    spent = seconds_spent(run) if last is not None else None
    return f"Training {word} {steps}{f' after {duration(spent)}' if spent is not None else ''}."


def _course(lines: Lines, rewards: Rewards) -> str:
    """How the total and the task moved, from the first to the last tenth of the run."""
    said = []
    total = lines.first_known("reward")
    if total:
        said.append(f"the total reward {moved(lines.series(total))}")
    task = rewards.mean(rewards.primary) if rewards.primary and len(rewards.names) > 1 else None
    if task and lines.first_known(task):
        said.append(f"{name_of(rewards.primary or '')} {moved(lines.series(task))}")
    if not said:
        return "No reward of training was recorded."
    text = listed(said)
    tenths = " (means of the first and the last tenth)" if " went from " in text else ""
    return f"{text[0].upper()}{text[1:]}{tenths}."


def _facts(lines: Lines, alerts: Alerts) -> Iterator[Fact]:
    """What is wrong as a matter of fact, the worst first."""
    run = lines.run
    tones: tuple[Tone, ...] = ("error", "warning")
    for tone in tones:
        rows = [row for row in alerts.standing if row.severity == tone]
        if rows:
            number = count(len(rows), f"{tone} was", f"{tone}s were")
            first = one_line(rows[0].message, 200).rstrip(".")
            yield Fact(tone, f"{number} raised and not resolved, first at step {rows[0].step:,}: {first}.")
    if alerts.stalls:
        times = "once" if len(alerts.stalls) == 1 else f"{len(alerts.stalls):,} times"
        yield Fact(
            "info", f"Training stood still {times}, first after step {alerts.stalls[0]:,}: see the alert's stacks."
        )
    yield from _non_finite(lines, {row.metric for row in alerts.standing if row.rule == "non_finite"})
    if not run.audit.complete:
        yield Fact("warning", f"{run.audit.sentences()[0]} See the audit.")
    if run.replay.differences:
        yield Fact("info", "Recorded alerts differ from those that today's rules give; see the audit.")


def _non_finite(lines: Lines, told: set[str]) -> Iterator[Fact]:
    """The metrics that were NaN or infinite on steps that still count; those of an alert are told already."""
    metrics = [metric for metric in lines.run.audit.non_finite if metric not in told]
    found = [line for metric in metrics if (line := lines.series(metric)).non_finite]
    for line in found[:NON_FINITE]:
        first = f"step {line.non_finite_steps[0]:,}"
        times = first if line.non_finite == 1 else f"{line.non_finite:,} steps, the first {first}"
        yield Fact("warning", f"{name_of(line.metric)} was not finite at {times}. Check the batch of that step.")
    if len(found) > NON_FINITE:
        more = count(len(found) - NON_FINITE, "more metric was", "more metrics were")
        yield Fact("warning", f"{more} not finite at some step: see the audit.")
