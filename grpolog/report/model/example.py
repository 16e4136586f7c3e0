"""Recorded answers as values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a prompt or completion; plain text is one turn without a role."""

    role: str
    text: str
    kind: Literal["text", "thinking", "tool_call", "tool"] = "text"


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a group."""

    index: int
    turns: tuple[Turn, ...]
    rewards: tuple[tuple[str, float | None], ...]
    """Reward by function, None where it did not score."""

    total: float | None
    advantage: float | None
    advantage_scale: float
    """The largest absolute advantage of the group, 0 when unknown: the length of a full bar."""

    tokens: int | None
    characters: int
    finish: str
    """How it ended, in words; empty when unknown."""

    cut_chars: int = 0
    """Characters that the recorder left out."""

    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The answers to one prompt."""

    key: str
    title: str
    why: str
    step: int
    where: str
    """`training`, or which evaluation."""

    prompt_id: str
    source: str
    prompt: tuple[Turn, ...]
    completions: tuple[Completion, ...]
    mean: float | None
    std: float | None
