"""What is known of a run before its first row: what rules need beside the metrics."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from grpolog.events import RunEvent


@dataclass(frozen=True, slots=True)
class Setting:
    """Facts of a run; None where they are not known."""

    group_size: int | None = None
    """Completions per prompt."""

    completions_per_step: int | None = None
    """Completions behind one row: the error of a rate depends on it."""

    primary: str | None = None
    """The reward function that is the task, as its owner says; else it is guessed by name, and rules that need to
    be sure of it stay at info."""

    reward_range: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Lowest and highest value of reward functions; observed where it is not given."""

    beta: float | None = None
    """Weight of the KL term; 0: no KL is measured."""

    max_completion_length: int | None = None
    """Limit of a completion, tokens."""

    half_precision: bool = False
    """Whether training runs in fp16, where the loss scaler looks for its scale by gradients that overflow."""

    reference_sync_steps: int | None = None
    """Optimizer steps between two syncs of the reference model with the policy; None: it stays as it is."""

    max_staleness: int | None = None
    """Optimizer steps that may lie between sampling and learning; None where the run does not say."""

    @classmethod
    def of(cls, run: RunEvent | None) -> Self:
        """What the run event tells; nothing without one."""
        if run is None:
            return cls()
        config = run.config or {}
        return cls(
            group_size=run.group_size,
            completions_per_step=run.completions_per_step,
            primary=run.primary if run.primary_source == "given" else None,
            reward_range={name: (low, high) for name, (low, high) in (run.reward_range or {}).items()},
            beta=run.beta,
            max_completion_length=run.max_completion_length,
            reference_sync_steps=_sync_steps(config),
            max_staleness=_staleness(config),
            half_precision=config.get("fp16") is True or config.get("mixed_precision") == "fp16",
        )


def _sync_steps(config: Mapping[str, Any]) -> int | None:
    """What TRL's and ms-swift's `sync_ref_model` means."""
    steps = config.get("ref_model_sync_steps")
    moves = config.get("sync_ref_model") is True and config.get("ref_model_mixup_alpha") != 0
    return steps if moves and isinstance(steps, int) and steps > 0 else None


_STALENESS: Final = ("max_staleness", "max_trajectory_age_steps", "max_off_policy_steps", "max_staleness_steps")
"""As TRL's AsyncGRPO, NeMo-RL, prime-rl and SkyRL call it. verl's `staleness_threshold` is a share of samples."""


def _staleness(config: Mapping[str, Any]) -> int | None:
    """The level that a configuration allows, wherever it stands in it: `trainer.fully_async.max_staleness_steps`."""
    for key, value in config.items():
        found = _staleness(value) if isinstance(value, Mapping) else value
        if (isinstance(value, Mapping) or re.split("[./]", str(key))[-1] in _STALENESS) and type(found) is int:
            return found if found >= 0 else None
    return None
