"""Canonical metric names of the fields of events."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from grpolog.events import TOTAL, Envelope, GenerationEnvelope, PerfEvent, QualityEvent, StepEvent


def _own(model: type[Envelope]) -> list[str]:
    """The fields of `model` that hold its message, not its place in the log."""
    return [name for name in model.model_fields if name not in GenerationEnvelope.model_fields]


def _slashed(field: str) -> str:
    for prefix in ("clip_ratio", "completions"):
        if field.startswith(prefix + "_"):
            return f"{prefix}/{field[len(prefix) + 1 :]}"
    return field


STEP = {field: _slashed(field) for field in _own(StepEvent) if field != "metrics"}
"""Metric by field of a step event; the entries of `metrics` keep their names."""

QUALITY = {f: "group/live_share" if f == "live_share" else f"quality/{f}" for f in _own(QualityEvent)}
"""Metric by field of a quality event."""

PERF = {field: f"perf/{field}" for field in _own(PerfEvent) if field not in ("reward_seconds", "gpus")}
"""Metric by scalar field of a perf event."""

_TOTAL = {
    "mean": "reward",
    "std": "reward_std",
    "group_std": "group/std",
    "equal_share": "group/equal_share",
    "best_share": "group/best_share",
    "worst_share": "group/worst_share",
}
_FUNCTION = (
    "mean", "std", "min", "max", "group_std", "equal_share", "best_share", "worst_share", "none_share",
    "advantage_share",
)  # fmt: skip


def reward(name: str) -> dict[str, str]:
    """Metric by field of the reward event of function `name`."""
    return _TOTAL if name == TOTAL else {field: f"rewards/{name}/{field}" for field in _FUNCTION}


def eval_prefix(record: Mapping[str, Any]) -> str:
    """What stands before the metrics of an event: nothing, `eval_`, or `eval_<set>_`."""
    if record.get("mode") != "eval":
        return ""
    name = record.get("eval_name")
    return f"eval_{name}_" if name else "eval_"


def nested_perf(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The metrics inside the nested fields of a perf event: seconds by reward function, memory by GPU."""
    for name, seconds in mapping(record.get("reward_seconds")).items():
        yield f"perf/reward_seconds/{name}", seconds
    gpus = record.get("gpus")
    for gpu in gpus if isinstance(gpus, list) else []:
        fields = mapping(gpu)
        for field, value in fields.items():
            if field != "index":
                yield f"perf/gpu{fields.get('index')}/{field}", value


def mapping(value: Any) -> Mapping[str, Any]:
    """A nested value as a mapping: the model while training, the decoded object in replay; empty if neither."""
    if isinstance(value, Mapping):
        return value
    return value.__dict__ if isinstance(value, BaseModel) else {}
