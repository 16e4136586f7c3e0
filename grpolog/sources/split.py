"""One foreign row as the parts it speaks of: training, and each eval set."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grpolog.events import Mode
from grpolog.metrics import Meaning
from grpolog.trends import naming

TOTALS = frozenset({"train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "train_loss"})
"""Keys of Hugging Face's closing row; they speak of the whole run, not of a step."""

_FIELDS = {metric: field for field, metric in naming.STEP.items()}
_ALONE = {"epoch"}  # says nothing without another number


@dataclass(frozen=True, slots=True)
class Part:
    """The numbers of one row about training or one eval set."""

    mode: Mode
    eval_name: str | None
    fields: Mapping[str, Any]
    """Fields of the step event."""

    keys: frozenset[str]
    """Canonical names."""

    digest: int
    """Equal for equal numbers."""


def parts_of(numbers: Mapping[str, float], meaning: Callable[[str], Meaning]) -> list[Part]:
    """The parts of a row; none for a row that holds nothing but closing totals.

    Args:
        numbers: the row by the framework's own keys.
        meaning: what each key means.
    """
    eval_set = _eval_set(numbers)
    found: dict[tuple[Mode, str | None], dict[str, float]] = {}
    for key, value in numbers.items():
        if key in TOTALS:
            continue
        mode: Mode = "train"
        name = None
        if key.startswith("eval_"):
            mode, name = "eval", eval_set
            key = key.removeprefix(f"eval_{eval_set}_") if eval_set else key.removeprefix("eval_")
        what = meaning(key)
        if what.mode == "eval":
            mode, name = "eval", what.eval_name
        scaled = value if what.factor == 1.0 else value * what.factor
        found.setdefault((mode, name), {}).setdefault(what.metric, scaled)
    evaluations = [metrics for (mode, _), metrics in found.items() if mode == "eval"]
    train = found.get(("train", None), {})
    if evaluations and train.keys() <= _ALONE:
        found.pop(("train", None), None)
        for metrics in evaluations:
            metrics |= train  # the epoch of an eval row
    return [_part(mode, name, metrics) for (mode, name), metrics in found.items() if metrics.keys() - _ALONE]


def _part(mode: Mode, name: str | None, metrics: Mapping[str, float]) -> Part:
    fields: dict[str, Any] = {_FIELDS[metric]: float(value) for metric, value in metrics.items() if metric in _FIELDS}
    others = {metric: value for metric, value in metrics.items() if metric not in _FIELDS}
    digest = hash(frozenset((metric, repr(value)) for metric, value in metrics.items()))
    return Part(mode, name, fields | {"metrics": others or None}, frozenset(metrics), digest)


def _eval_set(numbers: Mapping[str, float]) -> str | None:
    """The eval set of a row of Hugging Face, from its key `eval_<set>_runtime`; None for the only one."""
    for key in numbers:
        match = re.fullmatch(r"eval_(?:(.+)_)?runtime", key)
        if match:
            return match[1]
    return None
