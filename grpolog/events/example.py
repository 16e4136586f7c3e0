"""The `example` event: one completion, kept to be read."""

from typing import Any, Literal

from grpolog.events._envelope import GenerationEnvelope

Kept = Literal["best", "worst", "divided", "lot", "pinned", "all"]
"""Why a whole group was kept: highest or lowest mean total of the logging window, largest spread, drawn by lot,
pinned eval prompt, or because everything is."""

Finish = Literal["stop", "length", "unrecognised"]
"""How a completion ended: by itself, at the length limit, or flagged truncated below the limit."""


class ExampleEvent(GenerationEnvelope):
    """One completion of a group that was kept whole."""

    event: Literal["example"] = "example"
    """Type of the event."""

    group: int
    """Number of the group within the generation, as in the `group` event."""

    index: int
    """Number of the completion within the group, from 0."""

    prompt_id: str
    """Hash of the prompt, as in the `group` event."""

    source: str | None = None
    """Origin of the prompt, as in the `group` event."""

    kept: Kept
    """Why the group was kept. Within a logging window a lead may be retaken: the last group that names a reason here
    or in `also_kept` has it."""

    also_kept: list[Kept] | None = None
    """Further reasons why the same group was kept; null when there is none."""

    prompt: str | None = None
    """The prompt where it is plain text; null for conversations."""

    prompt_messages: list[dict[str, Any]] | None = None
    """The prompt where it is a conversation; images are replaced by a note."""

    completion: str | None = None
    """The completion where it is plain text; null for conversations."""

    completion_messages: list[dict[str, Any]] | None = None
    """The completion where it is a conversation, with tool calls and tool output."""

    cut_chars: int | None = None
    """Characters left out of over-long texts, where a note stands in their place; null when nothing was cut."""

    rewards: dict[str, float | None] | None = None
    """Reward by function; null where a function did not score."""

    total: float | None = None
    """Weighted sum; null when no function scored."""

    advantage: float | None = None
    """Advantage of the completion; null when unknown."""

    tokens: int | None = None
    """Length, tokens; null when unknown."""

    truncated: bool | None = None
    """Whether the trainer flagged it as cut off; null when unknown."""

    finish: Finish | None = None
    """How it ended; null when unknown."""

    extra: dict[str, Any] | None = None
    """Columns that reward functions logged for this completion (`log_extra`)."""
