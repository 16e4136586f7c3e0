"""Which metrics rules read, and the names under which trainers and loops give them."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

MEMORY: Final = "memory"
TIME: Final = "time"
LENGTH: Final = "length"
CLIPPED: Final = "clipped"
NO_CONTRAST: Final = "no contrast"

NAMES: Final[dict[str, tuple[str, ...]]] = {
    LENGTH: ("completions/mean_length", "completion_length", "response_length/mean"),
    CLIPPED: ("completions/clipped_ratio", "quality/truncated_share", "response_length/clip_ratio"),
    NO_CONTRAST: ("frac_reward_zero_std", "group/equal_share"),
    TIME: ("perf/step_seconds", "step_time"),
}
"""Metrics of a role, the best first; the first that a run has is judged."""

HEAVY: Final = frozenset({"kl", "entropy", "grad_norm", *NAMES[LENGTH], *NAMES[TIME]})
"""Metrics with heavy tails: rules take their logarithm."""

PLAIN: Final = frozenset(
    {
        "loss",
        "kl",
        "entropy",
        "grad_norm",
        "reward",
        "reward_std",
        "group/best_share",
        "group/worst_share",
        "group/live_share",
        "quality/format_rate",
        "quality/empty_share",
        "quality/distinct_share",
        "quality/eos_unrecognised_share",
        "quality/repetition",
        "quality/tool_errors",
        "quality/tool_calls",
        "tools/failure_frequency",
        "tools/call_frequency",
        "completions/min_length",
        "completions/max_length",
        "completions/max_terminated_length",
        "completions/mean_terminated_length",
        "sampling/sampling_logp_difference/mean",
        "sampling/staleness/mean",
        "learning_rate",
    }
).union(*NAMES.values())

CHECKED: Final = ("loss", "grad_norm", "kl")
"""Metrics of which every value has to be a number."""

CONTEXT: Final = frozenset({"perf/generation_seconds", "perf/update_seconds", "perf/ram_used_gib", "perf/ram_percent"})
"""Metrics that explain what a rule found in another one."""

_CONTEXT = re.compile(r"perf/reward_seconds/.+|perf/gpu\d+/total_gib")
_MEMORY = re.compile(r"perf/gpu\d+/(allocated|reserved|used)_gib|perf/rss_gib|gpu_mem(ory)?(_gib|_gb|_mb)?")
_FUNCTION = re.compile(
    r"rewards/(?P<name>.+)/(?P<field>mean|std|best_share|worst_share|equal_share|none_share|advantage_share)"
)
_EVAL = re.compile(r"eval_(?:.+_)?(?:reward|rewards/.+/mean)")


@lru_cache(4096)
def is_judged(name: str) -> bool:
    """Whether a rule reads the metric."""
    return name in PLAIN or own_clock(name) or is_memory(name) or function_of(name) is not None or explains(name)


@lru_cache(4096)
def explains(name: str) -> bool:
    """Whether the metric is only looked at once a rule has found something in another one."""
    return name in CONTEXT or _CONTEXT.fullmatch(name) is not None


@lru_cache(4096)
def is_reward(name: str) -> bool:
    """Whether the metric says that completions were scored."""
    return name == "reward" or ((found := function_of(name)) is not None and found[1] == "mean")


def task_of(names: Collection[str], primary: str | None, *, given: bool) -> str | None:
    """The metric that says how a run fares: the given primary, else the total, else the guessed primary, else the only
    function; None where no reward is among `names`.
    """
    own = f"rewards/{primary}/mean" if primary is not None else ""
    if given and own in names:
        return own
    if "reward" in names:
        return "reward"
    if own in names:
        return own
    means = [name for name in names if (found := function_of(name)) is not None and found[1] == "mean"]
    return means[0] if len(means) == 1 else None


@lru_cache(4096)
def own_clock(name: str) -> bool:
    """Whether the metric is that of an evaluation, which comes once in many rows."""
    return _EVAL.fullmatch(name) is not None


@lru_cache(4096)
def is_momentary(name: str) -> bool:
    """Whether a missing value says that there is none, and the value before says nothing of it: what counts as best or
    worst is known only as long as a function has paid two values, where no advantage differs nobody decides it, and
    where no tool is called none fails.
    """
    return name.endswith(("/best_share", "/worst_share", "/advantage_share", "tools/failure_frequency"))


@lru_cache(4096)
def is_memory(name: str) -> bool:
    """Whether the metric is memory in use."""
    return _MEMORY.fullmatch(name) is not None


@lru_cache(4096)
def function_of(name: str) -> tuple[str, str] | None:
    """Name of the reward function and what is said of it: `("accuracy", "mean")`."""
    match = None if name.startswith("eval_") else _FUNCTION.fullmatch(name)
    return (match["name"], match["field"]) if match else None
