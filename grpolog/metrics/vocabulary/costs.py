"""What it costs: tokens, time, throughput, memory."""

from typing import Final

from grpolog.metrics.vocabulary.entry import (
    LAST,
    POSITIVE,
    READING,
    SHARE,
    Metric,
    gpu,
    logged,
    perf,
    step,
)

_SLOWER = (
    "A quarter slower, with time per token a tenth up, in three checks running: a straggler (post-training-toolkit)."
)
_LEAK = (
    "Steady growth: 36 to 39.9 GB within 700 steps ended in out-of-memory (unsloth #2470); project when it meets the "
    "limit."
)

METRICS: Final[tuple[Metric, ...]] = (
    step("num_tokens", "tokens", "up", aggregation=LAST),
    logged("tokens_per_step", "tokens", "none", "Tokens of prompts and completions that one update learned from."),
    step("step_time", "seconds", "down", worry=_SLOWER),
    perf("step_seconds", "seconds", "down", worry=_SLOWER),
    perf(
        "generation_seconds", "seconds", "down", worry=_SLOWER,
        definition="Seconds of the step in which completions were sampled; 0 in a step that reuses completions.",
    ),
    Metric(
        "perf/reward_seconds/<f>", "seconds", "down", "Seconds of the step inside one reward function.",
        "perf", "reward_seconds/<f>", POSITIVE, READING,
        "When it takes a large part of the step (40 % was seen): score in parallel (fastrl #6).",
    ),
    perf(
        "update_seconds", "seconds", "down",
        definition="Seconds of the step outside sampling and scoring: forward, backward, optimizer and data loading.",
    ),
    perf("completions", "completions"),
    perf("samples_per_second", "per second", "up"),
    perf("tokens_per_second", "per second", "up"),
    logged("perf/throughput", "tokens per second", "up", "Tokens of prompts and completions learned from per second."),
    logged("perf/mfu", "", "up", "Model FLOPs utilisation: share of the devices' peak that training used.", SHARE),
    perf("rss_gib", "GiB", worry=_LEAK),
    perf("ram_used_gib", "GiB", worry=_LEAK),
    perf(
        "ram_percent", "percent", "none", (0.0, 100.0),
        definition="Memory in use in percent of the control group's limit, or of the machine's memory without one.",
    ),
    perf("cpu_percent", "percent", "none", (0.0, 100.0)),
    gpu("allocated_gib", _LEAK),
    gpu("reserved_gib", _LEAK),
    gpu("peak_gib", _LEAK),
    gpu("used_gib", _LEAK),
    gpu("total_gib"),
    perf("logging_seconds", "seconds", "down"),
)  # fmt: skip
