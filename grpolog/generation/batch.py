"""One generation's completions as plain arrays: what all batch statistics are computed from."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Message = dict[str, Any]
Text = str | list[Message]
"""Plain text, or a conversation as a list of messages."""

Floats = NDArray[np.float64]

Aggregation = Literal["sum_then_normalize", "normalize_then_sum", "rloo"]
Scale = Literal["group", "batch", "none"]


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a run turns rewards into advantages, and which function is the task."""

    names: tuple[str, ...]
    """Names of the K reward functions."""

    weights: tuple[float, ...]
    """Weight of each in the total."""

    aggregation: Aggregation = "sum_then_normalize"
    """TRL's `multi_objective_aggregation`; `rloo` for leave-one-out baselines."""

    scale: Scale = "group"
    """TRL's `scale_rewards`; for `rloo`: `batch` if advantages are normalised, else `none`."""

    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Lowest and highest possible value of a function, where given."""

    primary: str | None = None
    """The function that is the task."""

    @property
    def mode(self) -> str:
        """The mode in one word, as the run event says it."""
        return f"{self.aggregation}/{self.scale}"


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The n completions of one generation over all ranks; group g holds rows g*G to (g+1)*G-1.

    The last group may be shorter than `group_size`. Arrays have n rows unless said otherwise. Nothing in it changes and
    it equals nothing but itself, so that what is computed from it may be remembered.
    """

    prompts: list[Text]
    """Prompt of each completion (repeated within a group)."""

    completions: list[Text]
    """What was sampled, tool output included."""

    rewards: Floats
    """(n, K), in the order of `Scoring.names`; NaN where a function did not score."""

    group_size: int
    """Completions per prompt, G."""

    advantages: Floats | None = None
    """The trainer's advantages; None when it did not tell."""

    tokens: NDArray[np.int64] | None = None
    """Length of each completion in tokens, tool output left out."""

    truncated: NDArray[np.bool_] | None = None
    """Whether the trainer flags the completion as cut off."""

    total_tokens: NDArray[np.int64] | None = None
    """Length including tool output, to be compared with the limit; None: same as `tokens`."""

    limit: int | None = None
    """Longest completion allowed, tokens."""

    masked: Floats | None = None
    """Share of each completion's tokens that were masked out of the loss."""

    sampling_ratio: float | None = None
    """Mean raw importance ratio trainer / sampler of the generation."""

    sampling_masked_share: float | None = None
    """Share of completions or tokens that the sampling correction masked."""

    images: list[str | None] | None = None
    """Hash of each prompt's images."""

    row_ids: list[str | None] | None = None
    """Dataset row of each prompt."""

    sources: list[str | None] | None = None
    """Origin of each prompt."""

    extra: dict[str, list[Any]] = field(default_factory=dict)
    """Columns logged by reward functions."""

    @property
    def n(self) -> int:
        """Number of completions."""
        return len(self.completions)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return -(-self.n // self.group_size)

    def grid(self, values: Floats) -> Floats:
        """`values` (n, ...) as (groups, G, ...), the last group filled up with NaN."""
        short = self.groups * self.group_size - self.n
        if short:
            values = np.concatenate([values, np.full((short, *values.shape[1:]), np.nan)])
        return values.reshape(self.groups, self.group_size, *values.shape[1:])

    def rows(self, grid: Floats) -> Floats:
        """The inverse of `grid`: (groups, G, ...) as (n, ...)."""
        return grid.reshape(self.groups * self.group_size, *grid.shape[2:])[: self.n]
