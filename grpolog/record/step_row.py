"""One row of a trainer's log as a `step` event."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from grpolog.events import Mode, StepEvent
from grpolog.trends import naming


def eval_set(logs: Mapping[str, Any]) -> str | None:
    """The name of the eval set of an eval row, from its key `eval_<name>_runtime`; None for the only one."""
    for key in logs:
        match = re.fullmatch(r"eval_(?:(.+)_)?runtime", key)
        if match:
            return match[1]
    return None


def is_eval(logs: Mapping[str, Any]) -> bool:
    """Whether a row is that of an evaluation."""
    return any(key.startswith("eval_") for key in logs)


def is_evaluation(metrics: Mapping[str, Any]) -> bool:
    """Whether a row of a caller's own holds nothing but numbers of an evaluation, as `eval_` says."""
    names = metrics.keys() - {"epoch", "step"}
    return bool(names) and all(str(name).startswith("eval_") for name in names)


def totals(logs: Mapping[str, Any]) -> dict[str, float]:
    """The closing totals of a row of the trainer."""
    return {key: float(logs[key]) for key in naming.TOTALS & logs.keys() if isinstance(logs[key], (int, float))}


def step_event(
    step: int,
    logs: Mapping[str, Any],
    mode: Mode,
    eval_name: str | None,
    counts: Counter[str],
) -> StepEvent | None:
    """The step event of a row; None if the row holds no number besides `epoch` and the closing totals.

    Args:
        step: optimizer step of the row.
        logs: the trainer's row; keys of eval rows may carry `eval_`, `eval_<set>_` or, under a caller's own prefix,
            `<set>_`.
        mode: train or eval.
        eval_name: name of the eval set.
        counts: counts values that are no numbers under `not_a_number`.
    """
    fields: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    for name, value in logs.items():
        if value is None or name in naming.TOTALS:
            continue
        number = value if type(value) is float else _number(value)
        if number is None:
            counts["not_a_number"] += 1
            continue
        key = _unprefixed(name, eval_name) if mode == "eval" else name
        field = naming.FIELDS.get(key)
        if field is not None:
            fields[field] = float(number)
        elif key != "step":
            metrics[key] = number
    if not metrics and not fields.keys() - {"epoch"}:
        return None
    fields.update(step=step, mode=mode, eval_name=eval_name, metrics=metrics or None)
    return StepEvent.model_validate(fields)


def _unprefixed(key: str, eval_name: str | None) -> str:
    for prefix in (f"eval_{eval_name}_", "eval_", f"{eval_name}_"):
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


def _number(value: Any) -> float | int | None:
    if isinstance(value, (bool, int, float)):
        return value
    if (hasattr(value, "item") and getattr(value, "size", 1) == 1) or callable(getattr(value, "numel", None)):
        try:
            value = value.item()  # numpy and torch scalars
        except (TypeError, ValueError, RuntimeError):
            return None
        return value if isinstance(value, (bool, int, float)) else None
    return None
