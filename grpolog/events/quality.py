"""The `quality` event: what the texts of one generation look like."""

from typing import Literal

from grpolog.events._envelope import GenerationEnvelope


class QualityEvent(GenerationEnvelope):
    """Statistics of the texts of one generation. Conversations count their assistant turns only."""

    event: Literal["quality"] = "quality"

    n: int
    """Completions."""

    format_compliant: int | None = None
    """Completions with the think/answer tags in order; null while tags are neither configured nor seen."""

    format_rate: float | None = None
    """`format_compliant` / `n`; null as `format_compliant`."""

    response_chars: float | None = None
    """Mean length of a response, characters."""

    think_chars: float | None = None
    """Mean length of the thinking part, characters, 0 where there is none; null as `format_compliant`."""

    answer_chars: float | None = None
    """Mean length of the answer part, characters, 0 where there is none; null as `format_compliant`."""

    response_tokens: float | None = None
    """Mean length of a response, tokens; null when tokens are unknown."""

    think_tokens: float | None = None
    """Mean length of the thinking part, tokens, estimated by its share of the characters."""

    answer_tokens: float | None = None
    """Mean length of the answer part, tokens, estimated by its share of the characters."""

    reasoning_indicators: float | None = None
    """Reasoning indicators (`Step 1`, `First`, ...) per response."""

    truncated_share: float | None = None
    """Share of completions cut off by the length limit or flagged so; null when unknown."""

    eos_unrecognised_share: float | None = None
    """Share of completions flagged as truncated although shorter than the limit: the trainer does not know the
    token they ended with. Null when lengths or the limit are unknown."""

    empty_share: float | None = None
    """Share of responses without any visible character."""

    distinct_share: float | None = None
    """Mean over groups of (different responses / responses)."""

    repetition: float | None = None
    """Mean over responses of the share of word 3-grams that repeat an earlier one; 0 below three words."""

    live_share: float | None = None
    """Share of completions with a non-zero advantage that were not masked out of the loss; null when advantages
    are unknown."""

    turns: float | None = None
    """Mean number of assistant turns; null for plain text."""

    tool_calls: float | None = None
    """Mean number of tool calls per completion; null for plain text."""

    tool_errors: float | None = None
    """Mean number of tool answers that report an error, per completion; null for plain text."""

    tool_chars: float | None = None
    """Mean length of tool output, characters; null for plain text."""

    sampling_ratio: float | None = None
    """Mean importance ratio trainer / sampler before any clipping or masking; null without correction."""

    masked_share: float | None = None
    """Share of completions (sequence modes) or tokens (token modes) that the sampling correction masked; null
    without correction."""
