"""The `quality` event: what the texts of one generation look like."""

from typing import Literal

from grpolog.events._envelope import GenerationEnvelope


class QualityEvent(GenerationEnvelope):
    """Statistics of the texts of one generation. Conversations count their assistant turns only."""

    event: Literal["quality"] = "quality"
    """Type of the event."""

    n: int
    """Completions."""

    format_compliant: int | None = None
    """Completions of the form `<think>...</think> <answer>...</answer>`; an opening tag that ends the prompt or that
    the chat template adds counts. Null unless the tags were configured, or both pairs seen in the run's first
    completions or their prompts."""

    format_rate: float | None = None
    """`format_compliant` / `n`; null as `format_compliant`."""

    response_chars: float | None = None
    """Mean length of a response, characters. The thinking that a conversation keeps in a field of its own counts, in
    tags."""

    think_chars: float | None = None
    """Mean length of the thinking part, characters, 0 where there is none; null unless the think tags were configured
    or seen."""

    answer_chars: float | None = None
    """Mean length of the answer part, characters, 0 where there is none; null unless the answer tags were configured
    or seen."""

    response_tokens: float | None = None
    """Mean length of a response, tokens; null when tokens are unknown."""

    think_tokens: float | None = None
    """Mean length of the thinking part, tokens, estimated by its share of the characters; null where `think_chars` or
    tokens are unknown."""

    answer_tokens: float | None = None
    """Mean length of the answer part, tokens, estimated by its share of the characters; null where `answer_chars` or
    tokens are unknown."""

    reasoning_indicators: float | None = None
    """Reasoning indicators (`Step 1`, `First`, ...) per response."""

    truncated_share: float | None = None
    """Share of completions cut off by the length limit or flagged so; null when unknown."""

    eos_unrecognised_share: float | None = None
    """Share of completions flagged as truncated although shorter than the limit: the trainer does not know the
    token they ended with. Null when lengths or the limit are unknown."""

    empty_share: float | None = None
    """Share of responses without any visible character or tool call."""

    distinct_share: float | None = None
    """Mean over groups of (different responses / responses); 1 where no group has two equal responses."""

    repetition: float | None = None
    """Mean over responses of the share of word 3-grams that repeat an earlier one of the response; 0 below three
    words. Words are what white space parts: it says little of languages written without."""

    live_share: float | None = None
    """Share of completions whose advantage differs from 0 by more than float32 rounding and that were not masked out
    of the loss; null when advantages are unknown."""

    turns: float | None = None
    """Mean number of assistant turns, over conversations; null for plain text."""

    tool_calls: float | None = None
    """Mean number of tool calls per conversation; null for plain text."""

    tool_errors: float | None = None
    """Mean number of tool answers that look like an error, per conversation; null for plain text."""

    tool_chars: float | None = None
    """Mean length of tool output per conversation, characters; null for plain text."""

    sampling_ratio: float | None = None
    """Mean importance ratio trainer / sampler before any clipping or masking; null without correction."""

    masked_share: float | None = None
    """Share of completions (sequence modes) or tokens (token modes) that the sampling correction masked; null
    without correction."""
