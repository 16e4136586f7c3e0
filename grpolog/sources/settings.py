"""What a logged configuration says of a run, as fields of the run event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from grpolog.masking import mask

_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "model": (
        "model_name_or_path",
        "_name_or_path",
        "model_config._name_or_path",
        "actor_rollout_ref.model.path",
        "pretrain",
    ),
    "group_size": ("num_generations", "actor_rollout_ref.rollout.n", "n_samples_per_prompt"),
    "eval_group_size": ("num_generations_eval",),
    "max_completion_length": ("max_completion_length", "data.max_response_length", "generate_max_len"),
    "max_steps": ("max_steps", "trainer.total_training_steps"),
    "beta": ("beta", "init_kl_coef"),
}
"""Keys of TRL, verl and OpenRLHF by field, the surest first; a dot leads into a nested object."""


def described(config: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the run event, the configuration itself without credentials among them."""
    found: dict[str, Any] = {"config": mask(config)} if config else {}
    for field, keys in _FIELDS.items():
        accept = _ACCEPTED.get(field, _whole)
        value = next((value for value in map(accept, _values(config, keys)) if value is not None), None)
        if value is not None:
            found[field] = value
    mode = _advantage_mode(config)
    return found | ({"advantage_mode": mode} if mode else {})


def versions_in(config: Mapping[str, Any]) -> dict[str, str]:
    """Versions of packages that a configuration names."""
    names = {package: config.get(f"{package}_version") for package in ("transformers", "trl", "peft", "torch")}
    return {package: version for package, version in names.items() if isinstance(version, str) and version}


def _values(config: Mapping[str, Any], keys: Iterable[str]) -> Iterable[Any]:
    for key in keys:
        value: Any = config
        for part in key.split(".") if key not in config else [key]:
            value = value.get(part) if isinstance(value, Mapping) else None
        yield value


def _whole(value: Any) -> int | None:
    """A positive whole number of at most 64 bits."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


_ACCEPTED: Final[dict[str, Callable[[Any], Any]]] = {"model": _name, "beta": _number}


def _advantage_mode(config: Mapping[str, Any]) -> str | None:
    """TRL's formula: `multi_objective_aggregation` and `scale_rewards`, which was a bool before TRL 0.22."""
    given = config.get("scale_rewards")
    scale = {"True": "group", "False": "none"}.get(str(given), given)
    if scale not in ("group", "batch", "none"):
        return None
    aggregation = config.get("multi_objective_aggregation") or "sum_then_normalize"
    return f"{aggregation}/{scale}" if aggregation in ("sum_then_normalize", "normalize_then_sum") else None
