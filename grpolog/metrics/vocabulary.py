"""The vocabulary: every canonical metric, what it means and where a log keeps it.

Names are TRL 1.16's where it has one; ours are `group/...`, `quality/...`, `perf/...` and the statistics under
`rewards/<f>/`. In evaluation a name is prefixed with `eval_`, or with `eval_<set>_` where there are several sets.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from pydantic import BaseModel

from grpolog.events import GpuReading, PerfEvent, QualityEvent, RewardEvent, StepEvent

Better = Literal["up", "down", "none"]
Bounds = tuple[float | None, float | None]

SHARE: Final[Bounds] = (0.0, 1.0)
POSITIVE: Final[Bounds] = (0.0, None)
ANY: Final[Bounds] = (None, None)


@dataclass(frozen=True, slots=True)
class Metric:
    """A scalar series of a run."""

    name: str
    """Canonical name; `<f>` stands for a reward function, `<i>` for a GPU's number."""

    unit: str
    """Unit, empty for pure numbers."""

    better: Better
    """Direction in which a healthy run moves; none where that depends."""

    definition: str
    """What it is."""

    event: str
    """Event that carries it."""

    field: str
    """Field of that event; `map/<f>` for a key of an open map."""

    bounds: Bounds
    """Lowest and highest possible value; None for unbounded."""


def _of(model: type[BaseModel], field: str) -> str:
    return " ".join((model.model_fields[field].description or "").split())


def _step(name: str, unit: str, better: Better, bounds: Bounds = POSITIVE) -> Metric:
    field = name.replace("/", "_")
    return Metric(name, unit, better, _of(StepEvent, field), "step", field, bounds)


def _reward(
    name: str, field: str, better: Better, definition: str = "", bounds: Bounds = ANY, unit: str = ""
) -> Metric:
    return Metric(name, unit, better, definition or _of(RewardEvent, field), "reward", field, bounds)


def _quality(field: str, unit: str = "", better: Better = "none", bounds: Bounds = POSITIVE) -> Metric:
    name = "group/live_share" if field == "live_share" else f"quality/{field}"
    return Metric(name, unit, better, _of(QualityEvent, field), "quality", field, bounds)


def _perf(field: str, unit: str, better: Better = "none", bounds: Bounds = POSITIVE) -> Metric:
    return Metric(f"perf/{field}", unit, better, _of(PerfEvent, field), "perf", field, bounds)


def _gpu(field: str) -> Metric:
    return Metric(f"perf/gpu<i>/{field}", "GiB", "none", _of(GpuReading, field), "perf", f"gpus/{field}", POSITIVE)


METRICS: Final[tuple[Metric, ...]] = (
    _reward("reward", "mean", "up", "Mean total reward: the weighted sum over reward functions."),
    _reward("reward_std", "std", "none", "Sample standard deviation of the total over the generation.", POSITIVE),
    _reward("rewards/<f>/mean", "mean", "up"),
    _reward("rewards/<f>/std", "std", "none", bounds=POSITIVE),
    _reward("rewards/<f>/min", "min", "none"),
    _reward("rewards/<f>/max", "max", "none"),
    _reward("rewards/<f>/group_std", "group_std", "none", bounds=POSITIVE),
    _reward("rewards/<f>/equal_share", "equal_share", "down", bounds=SHARE),
    _reward("rewards/<f>/best_share", "best_share", "none", bounds=SHARE),
    _reward("rewards/<f>/worst_share", "worst_share", "down", bounds=SHARE),
    _reward("rewards/<f>/none_share", "none_share", "none", bounds=SHARE),
    _reward("rewards/<f>/advantage_share", "advantage_share", "none"),
    _reward("group/std", "group_std", "none", "Mean over groups of the sample deviation of the total.", POSITIVE),
    _reward("group/equal_share", "equal_share", "down", "Share of groups whose totals are all equal.", SHARE),
    _reward("group/best_share", "best_share", "none", "Share of groups whose totals are all the best.", SHARE),
    _reward("group/worst_share", "worst_share", "down", "Share of groups whose totals are all the worst.", SHARE),
    _quality("live_share", "", "up", SHARE),
    _step("frac_reward_zero_std", "", "down", SHARE),
    _quality("format_rate", "", "up", SHARE),
    _quality("format_compliant", "completions"),
    _quality("n", "completions"),
    _quality("response_chars", "characters"),
    _quality("think_chars", "characters"),
    _quality("answer_chars", "characters"),
    _quality("response_tokens", "tokens"),
    _quality("think_tokens", "tokens"),
    _quality("answer_tokens", "tokens"),
    _quality("reasoning_indicators", "per response"),
    _quality("truncated_share", "", "down", SHARE),
    _quality("eos_unrecognised_share", "", "down", SHARE),
    _quality("empty_share", "", "down", SHARE),
    _quality("distinct_share", "", "none", SHARE),
    _quality("repetition", "", "down", SHARE),
    _quality("turns", "per completion"),
    _quality("tool_calls", "per completion"),
    _quality("tool_errors", "per completion", "down"),
    _quality("tool_chars", "characters"),
    _quality("sampling_ratio"),
    _quality("masked_share", "", "down", SHARE),
    _step("completions/mean_length", "tokens", "none"),
    _step("completions/min_length", "tokens", "none"),
    _step("completions/max_length", "tokens", "none"),
    _step("completions/mean_terminated_length", "tokens", "none"),
    _step("completions/min_terminated_length", "tokens", "none"),
    _step("completions/max_terminated_length", "tokens", "none"),
    _step("completions/clipped_ratio", "", "down", SHARE),
    _step("kl", "nats per token", "none", ANY),
    _step("entropy", "nats per token", "none"),
    _step("clip_ratio", "", "none", SHARE),
    _step("clip_ratio/low_mean", "", "none", SHARE),
    _step("clip_ratio/low_min", "", "none", SHARE),
    _step("clip_ratio/high_mean", "", "none", SHARE),
    _step("clip_ratio/high_max", "", "none", SHARE),
    _step("clip_ratio/region_mean", "", "none", SHARE),
    _step("loss", "", "none", ANY),
    _step("policy_loss", "", "none", ANY),
    _step("value_loss", "", "none", ANY),
    _step("entropy_loss", "", "none", ANY),
    _step("grad_norm", "", "none"),
    _step("learning_rate", "", "none"),
    _step("epoch", "epochs", "up"),
    _step("num_tokens", "tokens", "up"),
    _step("step_time", "seconds", "down"),
    _perf("step_seconds", "seconds", "down"),
    _perf("generation_seconds", "seconds", "down"),
    Metric(
        "perf/reward_seconds/<f>", "seconds", "down", "Seconds of the step inside one reward function.",
        "perf", "reward_seconds/<f>", POSITIVE,
    ),
    _perf("update_seconds", "seconds", "down"),
    _perf("completions", "completions"),
    _perf("samples_per_second", "per second", "up"),
    _perf("tokens_per_second", "per second", "up"),
    _perf("rss_gib", "GiB"),
    _perf("ram_used_gib", "GiB"),
    _perf("ram_percent", "percent", "none", (0.0, 100.0)),
    _perf("cpu_percent", "percent", "none", (0.0, 100.0)),
    _gpu("allocated_gib"),
    _gpu("reserved_gib"),
    _gpu("peak_gib"),
    _gpu("used_gib"),
    _gpu("total_gib"),
    _perf("logging_seconds", "seconds", "down"),
)  # fmt: skip
"""Every canonical metric in reading order: what is paid, what is written, how the policy moves, what it costs."""

_BY_NAME: Final = {m.name: (place, m) for place, m in enumerate(METRICS) if "<" not in m.name}
_PATTERNS: Final = [
    (re.compile(re.escape(m.name).replace("<f>", "(.+)").replace("<i>", r"(\d+)")), place, m)
    for place, m in enumerate(METRICS)
    if "<" in m.name
]


def metric(name: str) -> Metric | None:
    """The canonical metric of this name, under this name, or None; knows functions, GPUs and eval prefixes."""
    found = _find(name)
    return found[1] if found else None


def reading_order(names: Iterable[str]) -> list[str]:
    """Names as people read them: canonical ones as in METRICS, training before evaluation, then the others by name."""

    def key(name: str) -> tuple[bool, bool, int, str]:
        found = _find(name)
        return (name.startswith("eval_"), found is None, found[0] if found else 0, name)

    return sorted(names, key=key)


@cache
def _find(name: str) -> tuple[int, Metric] | None:
    found = _match(name)
    if found is None and name.startswith("eval_"):
        # eval_<name> before eval_<set>_<name>; the shortest set wins
        found = next((f for f in map(_match, _rests(name)) if f), None)
    return (found[0], replace(found[1], name=name)) if found else None


def _rests(name: str) -> list[str]:
    """What follows `eval_` and each possible name of an eval set, the shortest set first."""
    pieces = name.split("_")
    return ["_".join(pieces[i:]) for i in range(1, len(pieces))]


def _match(name: str) -> tuple[int, Metric] | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    for pattern, place, known in _PATTERNS:
        match = pattern.fullmatch(name)
        if match:
            return place, replace(known, name=name, field=known.field.replace("<f>", match[1]))
    return None
