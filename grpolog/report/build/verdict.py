"""What is said of a run as a whole: its state, what happened since when, what to check first, which weights to use.

The state is that of `grpolog check`: both come from one judgement.
"""

from collections.abc import Iterator
from typing import Final

from grpolog.analysis import Run
from grpolog.analysis.checkpoints import advise
from grpolog.analysis.judgement import SYSTEM, Finding, Judgement
from grpolog.analysis.task import Task
from grpolog.metrics import SHOWN_BY
from grpolog.report.build.evidence import evidence
from grpolog.report.build.findings import sentence_of, since
from grpolog.report.build.lines import Lines
from grpolog.report.build.phrases import ended, listed, moved, name_of, seconds_spent
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.state import State, state_of
from grpolog.report.model import Verdict
from grpolog.report.numbers import count, duration, number
from grpolog.report.text import one_line

ENDINGS: Final = {
    "finished": "finished",
    "stopped": "stopped",
    "running": "running",
    "failed": "ended by an exception",
    "died": "died",
    "unknown": "imported",
}
"""How the newest attempt ended, by its status, in one or a few words."""
_ERROR = 300  # characters of an exception

NON_FINITE = 4
"""Metrics with values that are not finite which are named at most."""


def verdict_of(lines: Lines, rewards: Rewards, judgement: Judgement, task: Task) -> Verdict:
    """The verdict on the newest attempt.

    Args:
        lines: the metrics.
        rewards: the reward functions.
        judgement: what the rules say.
        task: the reward that says how the run fares.
    """
    run = lines.run
    state = state_of(judgement, task)
    standing = [finding for finding in judgement.findings if finding.state == "open"]
    hung = any(finding.rule == "hung" for finding in standing)
    return Verdict(
        word=state.word,
        symbol=state.symbol,
        tone=state.tone,
        sentence=_sentence(run, state, judgement),
        ending="hung" if hung else ENDINGS[run.status] if run.info is not None else "no run event",
        progress=_progress(run),
        first=_first(judgement),
        checkpoint=_checkpoint(run, judgement.findings),
        points=tuple(_points(lines, rewards, judgement)),
        system=tuple(_system(judgement)),
        unjudged=tuple((name.replace("_", " "), reason) for name, reason in judgement.unjudged.items()),
    )


def _sentence(run: Run, state: State, judgement: Judgement) -> str:
    """What happened, and since when; where nothing did, how the task stands."""
    if run.objective is not None:
        return f"Not a GRPO log: {SHOWN_BY[run.objective]}. It is shown, not judged."
    decisive = _decisive(judgement)
    if decisive is not None:
        more = sum(f.state == "open" and f.severity != "info" for f in judgement.findings) - (decisive.state == "open")
        also = f" ({count(more, 'more finding')} below)" if more > 0 else ""
        return f"{sentence_of(decisive)}, {since(decisive)}{also}."
    if judgement.verdict == "unknown":
        return judgement.sentence
    only = " Train reward only: there was no evaluation." if "eval_drop" in judgement.unjudged else ""
    return f"{state.why}{only}"


def _system(judgement: Judgement) -> Iterator[str]:
    """What was found about the machine, but for what the sentence says."""
    decisive = _decisive(judgement)
    for finding in judgement.findings:
        if finding.rule in SYSTEM and finding is not decisive:
            yield f"{sentence_of(finding)}, {since(finding)}."


def _decisive(judgement: Judgement) -> Finding | None:
    """The finding that made the verdict; None where none did."""
    if judgement.verdict not in ("error", "warning"):
        return None
    return next(
        (f for f in judgement.findings if f.state == "open" and f.severity != "info"),
        next((f for f in judgement.findings if f.severity == "error"), None),
    )


def _first(judgement: Judgement) -> str:
    decisive = _decisive(judgement)
    return decisive.remedy if decisive is not None else ""


def _checkpoint(run: Run, findings: tuple[Finding, ...]) -> str:
    """The checkpoint to use, with its path; empty where saving was not recorded."""
    advice = advise(run, findings)
    found = advice.checkpoint
    if found is None:
        return f"No checkpoint is recommended: {advice.reason}." if advice.kept else ""
    value = f"{name_of(found.metric)} {number(found.value)}"
    return f"Use checkpoint {found.step:,} ({value}), {advice.reason}: {one_line(found.path, _ERROR)}"


def _progress(run: Run) -> str:
    """The step reached; of a run that goes on also how long ago the log was last heard of."""
    last = run.audit.last_step
    limit = run.info.max_steps if run.info else None
    reached = "no step yet" if last is None else f"step {last:,}{f' of {limit:,}' if limit else ''}"
    heard = run.attempts["ended"][-1] if run.attempts.height else None
    if run.status != "running" or heard is None:
        return reached
    return f"{reached}, last heard of {duration(max(0.0, run.now - heard))} ago"


def _points(lines: Lines, rewards: Rewards, judgement: Judgement) -> Iterator[str]:
    grpo = lines.run.objective is None
    yield f"{ending(lines.run)} {_course(lines, rewards)}" if grpo else ending(lines.run)
    yield from _non_finite(lines, {f.metric for f in judgement.findings if f.rule == "non_finite"})
    if not lines.run.audit.complete:
        yield f"{lines.run.audit.sentences()[0]} See the audit."
    yield from evidence(lines, rewards) if grpo else ()
    if lines.run.replay.differences:
        yield "Recorded alerts differ from those that today's rules give; see the audit."


def ending(run: Run) -> str:
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
        held = "holds no step" if last is None else f"reaches {steps.removeprefix('at ')}"
        return f"The log {held} and does not say how training ended."
    word = "ended" if run.status == "finished" else "was stopped"
    why = next((r.stopped_by for r in reversed(run.runs) if r.phase == "end" and r.stopped_by), None)
    spent = seconds_spent(run) if last is not None else None
    said = f"Training {word} {steps}{f' after {duration(spent)}' if spent is not None else ''}"
    return f"{said}, by the alert {one_line(why, _ERROR)}." if why else f"{said}."


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


def _non_finite(lines: Lines, told: set[str]) -> Iterator[str]:
    """The metrics that were NaN or infinite on steps that still count; those of a finding are told already."""
    metrics = [metric for metric in lines.run.audit.non_finite if metric not in told]
    found = [line for metric in metrics if (line := lines.series(metric)).non_finite]
    for line in found[:NON_FINITE]:
        first = f"step {line.non_finite_steps[0]:,}"
        times = first if line.non_finite == 1 else f"{line.non_finite:,} steps, the first {first}"
        yield f"{name_of(line.metric)} was not finite at {times}. Check the batch of that step."
    if len(found) > NON_FINITE:
        more = count(len(found) - NON_FINITE, "more metric was", "more metrics were")
        yield f"{more} not finite at some step: see the audit."
