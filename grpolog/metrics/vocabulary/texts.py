"""What is written: form, length, truncation, repetition, turns and tools."""

from typing import Final

from grpolog.metrics.vocabulary.entry import (
    COUNT,
    EXTREME_WINDOW,
    GROUPS,
    SHARE,
    Metric,
    logged,
    quality,
    step,
)

_CUT = (
    "Above 0.1 a warning, above 0.3 high; near 1 with reward 0 the run is dead from its first step: raise the length "
    "limit (verl best practices; TRL #5697)."
)
_LONGER = (
    "When it grows by half within 128 to 256 steps and the reward does not pay for it (Dr. GRPO, arXiv 2503.20783), or "
    "halves and the reward does not (post-training-toolkit)."
)

METRICS: Final[tuple[Metric, ...]] = (
    quality(
        "format_rate", "", "up", SHARE,
        definition="Share of completions in the expected form, `<think>...</think> <answer>...</answer>` unless other "
        "tags are configured; null unless the tags were configured or seen.",
        worry="When it falls by a quarter of its spread from its best level (open-r1 #403).",
    ),
    quality("format_compliant", "completions", aggregation=COUNT),
    quality("n", "completions", aggregation=COUNT, definition="Completions whose texts were looked at."),
    quality("response_chars", "characters"),
    quality("think_chars", "characters"),
    quality("answer_chars", "characters"),
    quality("response_tokens", "tokens", worry=_LONGER),
    quality("think_tokens", "tokens"),
    quality("answer_tokens", "tokens"),
    quality("reasoning_indicators", "per response"),
    quality("truncated_share", "", "down", SHARE, worry=_CUT),
    quality(
        "eos_unrecognised_share", "", "down", SHARE,
        worry="Whenever it is not 0: whole answers count as cut off, since the trainer does not know the token that "
        "ends them (practitioners' reports of 97 % truncation).",
    ),
    quality("empty_share", "", "down", SHARE, worry="Above 0.1: the policy stopped answering (post-training-toolkit)."),
    quality("distinct_share", "", "none", SHARE, aggregation=GROUPS),
    quality("repetition", "", "down", SHARE, worry="Above 0.2: the answers go in circles (post-training-toolkit)."),
    quality("turns", "per completion"),
    quality("tool_calls", "per completion"),
    quality("tool_errors", "per completion", "down"),
    quality("tool_chars", "characters"),
    logged("tools/call_frequency", "per completion", "none", "Tool calls per completion, as the trainer counts them."),
    logged("tools/failure_frequency", "", "down", "Share of tool calls that failed; 0 without any call.", SHARE),
    quality("sampling_ratio", worry="Outside 0.5 to 2 (verl, rollout_corr); top_p=0.8 alone gives 0.9."),
    quality("masked_share", "", "down", SHARE),
    logged("prompts/mean_length", "tokens", "none", "Mean length of prompts, tokens."),
    step("completions/mean_length", "tokens", worry=_LONGER),
    step("completions/min_length", "tokens", aggregation=EXTREME_WINDOW),
    step("completions/max_length", "tokens", aggregation=EXTREME_WINDOW),
    step(
        "completions/mean_terminated_length", "tokens",
        definition="Mean length of the completions that ended by themselves, tokens; 0 when none did.",
        worry="Exactly 0: no completion ends by itself, so none can be right (TRL #5697).",
    ),
    step(
        "completions/min_terminated_length", "tokens", aggregation=EXTREME_WINDOW,
        definition="Shortest completion that ended by itself, tokens; 0 when none did.",
    ),
    step(
        "completions/max_terminated_length", "tokens", aggregation=EXTREME_WINDOW,
        definition="Longest completion that ended by itself, tokens; 0 when none did.",
    ),
    step("completions/clipped_ratio", "", "down", SHARE, worry=_CUT),
)  # fmt: skip
