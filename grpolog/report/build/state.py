"""The state of a run in one word: the verdict of `check`, and where nothing is wrong the course of the task."""

from dataclasses import dataclass

from grpolog.analysis.judgement import Judgement
from grpolog.analysis.task import FEWEST, Task
from grpolog.report.build.phrases import name_of
from grpolog.report.model import Tone
from grpolog.report.numbers import number


@dataclass(frozen=True, slots=True)
class State:
    """A state with its sign."""

    word: str
    symbol: str
    tone: Tone
    why: str = ""
    """What the word rests on where no finding says it, a sentence; empty where one does."""


def state_of(judgement: Judgement, task: Task) -> State:
    """The state that a verdict means.

    Args:
        judgement: what the rules say.
        task: the reward that says how the run fares.
    """
    if judgement.verdict == "error":
        return State("FAILED", "✖", "error")
    if judgement.verdict == "warning":
        return State("SUSPECT", "▲", "warning")
    if judgement.verdict == "unknown":
        return State("UNKNOWN", "?", "info")
    if task.course == "short":
        why = f"No rule found anything wrong; {FEWEST} values of the task are needed to tell its course."
        return State("HEALTHY", "✔", "neutral", why)
    return _by_course(task)


def _by_course(task: Task) -> State:
    name = name_of(task.function) if task.function else "The total reward"
    before, last = (number(value) for value in task.quarters)
    if task.course == "rising":
        why = f"{name} rises: {last} in the last quarter of the run, {before} in the quarter before."
        return State("STILL LEARNING", "◐", "neutral", why)
    ceiling = number(task.limits[1]) if task.limits is not None else None
    if task.course == "solved":
        why = (
            f"{name} lies at {last}, close to its ceiling of {ceiling}: the task is solved, more training gains little."
        )
        return State("HEALTHY", "✔", "neutral", why)
    below = f", below its ceiling of {ceiling}" if ceiling is not None else ""
    why = f"{name} stands still: {last} in the last quarter of the run, {before} in the quarter before{below}."
    return State("PLATEAUED", "▬", "neutral", why)
