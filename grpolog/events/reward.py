"""The `reward` and `group` events: what each function paid, over one generation and per prompt."""

from typing import Literal

from grpolog.events._envelope import GenerationEnvelope

TOTAL = "total"
"""Name of the reward event of the weighted sum."""


class RewardEvent(GenerationEnvelope):
    """Statistics of one reward function over one generation; `total` is the weighted sum."""

    event: Literal["reward"] = "reward"
    """Type of the event."""

    name: str
    """Name of the reward function, or `total`."""

    n: int
    """Completions that the function scored (did not answer None or NaN); for `total`: that any function scored."""

    mean: float | None = None
    """Mean over scored completions; null when none was scored."""

    std: float | None = None
    """Sample standard deviation (n - 1) over scored completions; null when fewer than two were."""

    min: float | None = None
    """Lowest reward."""

    q25: float | None = None
    """First quartile, linear interpolation."""

    median: float | None = None
    """Median."""

    q75: float | None = None
    """Third quartile."""

    max: float | None = None
    """Highest reward."""

    none_share: float | None = None
    """Share of completions that were not scored."""

    weight: float | None = None
    """Weight of the function in the total; null for `total`."""

    group_std: float | None = None
    """Mean over groups of the sample standard deviation within the group; groups with fewer than two scored
    completions are left out."""

    equal_share: float | None = None
    """Share of groups in which all scored completions got the same reward (within float32 rounding), of the groups
    with at least two scored completions; null when there is none."""

    best_share: float | None = None
    """Share of groups in which every scored completion got the best possible reward, of the groups with any scored
    completion. Null unless the range is known: given, or exactly two values observed so far; for `total`: known for
    every function whose weight is not 0."""

    worst_share: float | None = None
    """Share of groups in which every scored completion got the worst possible reward; as `best_share`."""

    advantage_share: float | None = None
    """The function's share in the advantage A: sum(A * c) / sum(A^2) over the completions that any function scored,
    with c its additive term of A. Shares may be negative. They sum to 1, unless rewards were not all that A is made of
    (a KL penalty or clipping in RLOO): then to the rewards' part. Null for `total`, with one completion per prompt,
    and where no advantage differs from 0 by more than float32 rounding."""


class GroupEvent(GenerationEnvelope):
    """One prompt of one generation: how its G completions did."""

    event: Literal["group"] = "group"
    """Type of the event."""

    group: int
    """Number of the group within the generation, from 0."""

    prompt_id: str
    """Hash of the prompt (text or messages, and images), 16 hex digits: the same prompt has the same id in every
    run."""

    row_id: str | None = None
    """Id of the dataset row where a column is named for it (`id`, `row_id`, `uid`, ...)."""

    source: str | None = None
    """Origin of the prompt where a column is named for it (`source`, `data_source`, `dataset`, ...)."""

    n: int
    """Completions in the group."""

    mean: float | None = None
    """Mean total reward; null when none was scored."""

    std: float | None = None
    """Sample standard deviation of the total reward; null when fewer than two were scored."""

    reward_means: dict[str, float | None] | None = None
    """Mean reward by function."""

    reward_stds: dict[str, float | None] | None = None
    """Sample standard deviation by function."""

    passes: int | None = None
    """Completions to which the primary function gave its best value; null unless primary and range are known."""

    mean_length: float | None = None
    """Mean length, tokens; null when tokens are unknown."""

    truncated_count: int | None = None
    """Completions cut off by the length limit or flagged so; null when unknown."""

    signal: bool | None = None
    """Whether any completion of the group has an advantage that differs from 0 by more than float32 rounding; null
    when advantages are unknown."""
