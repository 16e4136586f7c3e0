"""Canonical metric names of the fields of events."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from grpolog.events import TOTAL, StepEvent
from grpolog.metrics import METRICS

STEP = {f: m.name for m in METRICS if (f := m.name.replace("/", "_")) in StepEvent.model_fields}
"""Metric by field of a step event; the entries of its `metrics` keep their names."""

FIELDS = {metric: field for field, metric in STEP.items()}
"""Field of a step event by metric."""

TOTALS = frozenset({"train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "train_loss"})
"""Keys of Hugging Face's closing row; they speak of the whole run, not of a step."""

QUALITY = {m.field: m.name for m in METRICS if m.event == "quality"}
"""Metric by field of a quality event."""

PERF = {m.field: m.name for m in METRICS if m.event == "perf" and "/" not in m.field}
"""Metric by scalar field of a perf event."""

_REWARD = [m for m in METRICS if m.event == "reward"]


@cache
def reward(name: str) -> dict[str, str]:
    """Metric by field of the reward event of function `name`, or of the total."""
    if name == TOTAL:
        return {m.field: m.name for m in _REWARD if "<f>" not in m.name}
    return {m.field: m.name.replace("<f>", name) for m in _REWARD if "<f>" in m.name}


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
