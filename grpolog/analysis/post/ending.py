"""Rules on how a run ends: with an exception, silently, too early, or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from grpolog.analysis.case import Case
from grpolog.analysis.finding import Finding
from grpolog.analysis.post.rule import said
from grpolog.analysis.pulse import PATIENCE, QUIET_SECONDS
from grpolog.trends.rules import NOT_HERE, About
from grpolog.trends.words import span

_ENDED = ("finished", "stopped", "failed")


@dataclass(frozen=True, slots=True)
class Crash:
    """An exception ended training."""

    name: str = "crash"
    about: ClassVar[About] = About(
        looks_for="Training was ended by an exception.",
        causes="Out of memory, a bug in a reward function, a batch that the trainer cannot take, a lost connection.",
        remedy="Read the exception; out of memory: a smaller batch, a shorter max_completion_length, or less memory "
        "for the sampler.",
        source="the log's own end",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        return "the log does not say how training ended" if case.pulse.status == "unknown" else None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        if case.pulse.status == "failed":
            error = case.pulse.ending.error if case.pulse.ending else None
            message = "training was ended by an exception" + (f": {error}" if error else "")
            yield said(self, "error", case.last_step or 0, message)


@dataclass(frozen=True, slots=True)
class Died:
    """The log breaks off."""

    name: str = "died"
    about: ClassVar[About] = About(
        looks_for="The log breaks off without an end, and nothing was heard for ten steps and 600 seconds, or the "
        "process that wrote it is gone.",
        causes="The process was killed (out of memory, a time limit of the cluster, kill -9), the machine was lost, or "
        "the log was copied while training ran.",
        remedy="Look into the system's log of that time (dmesg, the scheduler) for a kill; then resume from the newest "
        "checkpoint: the log goes on in a new attempt.",
        source="own judgement: ten steps, as the watchdog of the recorder has it; the lock beside the log names the "
        "process",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        if case.pulse.status in _ENDED:
            return f"{NOT_HERE}the log says how the run ended"
        return "the log does not say whether its run has ended" if case.pulse.imported else None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        pulse = case.pulse
        if pulse.status != "died":
            return
        silent = "" if pulse.heard is None else f"; the last word is {span(pulse.now - pulse.heard)} old"
        usual = "" if pulse.usual is None else f", a step took {span(pulse.usual)}"
        gone = ", and the process that wrote it is gone" if pulse.alive is False else ""
        yield said(self, "warning", case.last_step or 0, f"the log breaks off and says of no end{gone}{silent}{usual}")


@dataclass(frozen=True, slots=True)
class Hung:
    """The process lives, and training does not move."""

    steps: float = PATIENCE
    """Usual times from one step to the next that may pass without one."""

    pauses: float = 2.0
    """Times the longest pause so far: an evaluation or a checkpoint may take as long as one ever did, and as long
    again."""

    least_seconds: float = QUIET_SECONDS
    """No silence shorter than this counts: a first step compiles, a checkpoint is written to a slow disk."""

    after_seconds: float = 0.0
    """Silence from which on a run without an end counts as hung, whatever else is known; 0: as the others say."""

    name: str = "hung"
    about: ClassVar[About] = About(
        looks_for="The run has not ended, and made no step for ten usual step times, twice its longest pause and 600 "
        "seconds, though it is alive.",
        causes="A reward function or a sandbox that does not answer, ranks that wait for one that died, a full disk, a "
        "sampler that is gone.",
        remedy="See where it hangs: the alert `stall` has the stacks of rank 0, py-spy dump those of any rank; then "
        "give what it waits for a time limit, and resume.",
        source="own judgement: ten steps, as the watchdog of the recorder has it; twice the longest pause, so that "
        "evaluations are none",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        pulse = case.pulse
        if pulse.status in _ENDED:
            return f"{NOT_HERE}the run has ended"
        if pulse.moved is None:
            return "the log tells no times"
        if pulse.imported and not self.after_seconds:
            return "the log does not say whether its run goes on: --max-age says how long it may be silent"
        return None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        pulse = case.pulse
        if pulse.moved is None:
            return
        quiet = pulse.now - pulse.moved
        if self.after_seconds:
            hangs, limit = quiet > self.after_seconds, f"{span(self.after_seconds)} are allowed"
        else:
            worked_out = (self.least_seconds, self.steps * (pulse.usual or 0.0), self.pauses * (pulse.longest or 0.0))
            hangs = pulse.status == "running" and quiet > max(worked_out)
            limit = f"a step took {span(pulse.usual)}" if pulse.usual is not None else "it made none before"
        if hangs:
            behind = _behind(case)
            message = f"no step for {span(quiet)}, {limit}{f'; {behind}' if behind else ''}"
            yield said(self, "warning", case.last_step or 0, message)


@dataclass(frozen=True, slots=True)
class StoppedEarly:
    """Training ended clearly before the step it was to reach."""

    share: float = 0.95
    """Of the steps that the run was to make: rounding to whole epochs and the last window of a trainer that logs
    every few steps stay within."""

    name: str = "stopped_early"
    about: ClassVar[About] = About(
        looks_for="Training ended or was stopped before 95 % of the steps it was to make.",
        causes="An alert that `stop_on` names, Ctrl-C or a signal of the scheduler, a callback that stops early, data "
        "that ran out.",
        remedy="Where an alert stopped it, follow that alert's remedy before resuming; else see who sent the signal, "
        "or set max_steps to what was meant.",
        source="the log's own end; own judgement on the share",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        pulse = case.pulse
        if pulse.status == "failed":
            return f"{NOT_HERE}an exception ended the run"
        if pulse.status not in ("finished", "stopped"):
            return f"{NOT_HERE}the log says of no end"
        if _planned(case) is None and not _stopped_by(case):
            return "how many steps the run was to make is not known"
        return None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        planned, alert = _planned(case), _stopped_by(case)
        last = max(case.last_step or 0, case.pulse.ending.step if case.pulse.ending else 0)
        if not alert and (planned is None or last >= self.share * planned):
            return
        of = f" of {planned:,}" if planned is not None else ""
        if alert:
            rule, _, text = alert.partition(": ")
            message = f"training was stopped at step {last:,}{of} by the alert {rule} ({text})"
        elif case.pulse.status == "stopped":
            message = f"training was stopped at step {last:,}{of}, by hand or by a signal"
        else:
            message = f"training ended at step {last:,}{of}: a callback stopped it, or the data ran out"
        yield said(self, "warning", last, message)


def _planned(case: Case) -> int | None:
    return case.pulse.opening.max_steps if case.pulse.opening else None


def _stopped_by(case: Case) -> str | None:
    return case.pulse.ending.stopped_by if case.pulse.ending else None


def _behind(case: Case) -> str:
    """The ranks whose newest step lies behind that of the others; empty where none does."""
    last: dict[int, int] = {}
    for rank, step in zip(case.paces.ranks.tolist(), case.paces.steps.tolist(), strict=True):
        last[rank] = max(step, last.get(rank, 0))
    furthest = max(last.values(), default=0)
    ranks = [str(rank) for rank, step in sorted(last.items()) if step < furthest]
    if not ranks:
        return ""
    named = ", ".join(ranks[:8]) + (", ..." if len(ranks) > 8 else "")
    return f"{'rank' if len(ranks) == 1 else 'ranks'} {named} did not finish step {furthest:,}"
