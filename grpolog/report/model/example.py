"""Recorded answers as values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a prompt or completion; plain text is one turn without a role."""

    role: str
    """Who speaks, with the tool's name; empty for plain text."""

    text: str
    """What is said, as it was recorded; the middle of a long text may be left out, which it says itself."""

    kind: Literal["text", "thinking", "tool_call", "tool"] = "text"
    """Whether it is said, thought, a call of a tool, or a tool's answer."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a group."""

    index: int
    """Its number within the group, from 0."""

    turns: tuple[Turn, ...]
    """What the model wrote, and what tools answered."""

    rewards: tuple[tuple[str, float | None], ...]
    """Reward by function, None where it did not score."""

    total: float | None
    """Weighted sum of its rewards; null when no function scored."""

    advantage: float | None
    """Null when unknown."""

    advantage_scale: float
    """The largest absolute advantage of the group, 0 when unknown: the length of a full bar."""

    tokens: int | None
    """Length; null when unknown."""

    characters: int
    """Length of all turns."""

    finish: str
    """How it ended, in words; empty when unknown."""

    cut_chars: int = 0
    """Characters that the recorder left out."""

    extra: tuple[tuple[str, str], ...] = ()
    """Columns that reward functions logged for it, by name."""


Outcome = Literal["all good", "mixed", "all bad", "all equal", ""]
"""How the answers of a group did: by the task where the log tells what solves it, else `all equal` where no total
differs and `mixed` where one does; empty when unknown."""


@dataclass(frozen=True, slots=True)
class AlertNote:
    """Why an alert names a group."""

    text: str
    """The alert's rule and step, and what the group shows of it."""

    target: str
    """Key of the alert's row; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Group:
    """The answers to one prompt."""

    key: str
    """Tells it apart for good: attempt, step, generation and number; letters, digits and hyphens."""

    title: str
    """What it was chosen for, a few words."""

    why: str
    """The same as sentences; empty where it is one of the many."""

    kept: str
    """Why the recorder kept it, a sentence."""

    represents: str
    """Its place among all groups that were generated at that time, a sentence; empty when unknown."""

    step: int
    """Optimizer step."""

    where: str
    """`training`, or which evaluation."""

    prompt_id: str
    """Hash of the prompt, the same in every run."""

    source: str
    """Where the prompt comes from; empty when unknown."""

    prompt: tuple[Turn, ...]
    """What was asked."""

    completions: tuple[Completion, ...]
    """The answers in the order of their numbers."""

    mean: float | None
    """Mean total of its answers."""

    std: float | None
    """Sample standard deviation of their totals; null when fewer than two are known."""

    outcome: Outcome = ""
    """How its answers did."""

    alerts: tuple[AlertNote, ...] = ()
    """Alerts that name it."""

    @property
    def ranked(self) -> tuple[Completion, ...]:
        """The completions, highest total first, those without one last; of equals in their order."""
        return tuple(sorted(self.completions, key=_falling))


def _falling(completion: Completion) -> tuple[bool, float]:
    total = completion.total
    known = total is not None and total == total
    return not known, -total if known and total is not None else 0.0
