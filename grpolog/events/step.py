"""The `step` event: the scalars of one row of the trainer's log."""

from typing import Literal

from grpolog.events._envelope import Envelope, Mode

Number = float | int | None


class StepEvent(Envelope):
    """One row that the trainer logged, in training or for one eval set.

    A typed field is a canonical metric name with `/` written as `_`; eval rows use the same fields without
    `eval_`. With `logging_steps` above 1 values are the trainer's means over its window.
    """

    event: Literal["step"] = "step"
    """Type of the event."""

    mode: Mode = "train"
    """train or eval."""

    eval_name: str | None = None
    """Name of the eval set, absent unless there are several."""

    loss: float | None = None
    """Training loss. GRPO's loss is no measure of progress. Hugging Face's default filter hides a NaN here."""

    policy_loss: float | None = None
    """Policy part of the loss, where the trainer separates it."""

    value_loss: float | None = None
    """Value part of the loss; GRPO has none."""

    entropy_loss: float | None = None
    """Entropy part of the loss, where the trainer separates it."""

    learning_rate: float | None = None
    """Learning rate of the update."""

    epoch: float | None = None
    """Passes over the training set so far."""

    grad_norm: float | None = None
    """Norm of the gradient before clipping."""

    kl: float | None = None
    """Divergence from the reference model, nats per token: the k3 estimator in GRPO, the signed k1 in RLOO.
    Absent when beta is 0."""

    entropy: float | None = None
    """Mean entropy of the policy, nats per token."""

    clip_ratio: float | None = None
    """Share of clipped tokens, from trainers that log one number."""

    clip_ratio_low_mean: float | None = None
    """Share of tokens clipped at the lower bound."""

    clip_ratio_low_min: float | None = None
    """Smallest share over completions of tokens clipped at the lower bound."""

    clip_ratio_high_mean: float | None = None
    """Share of tokens clipped at the upper bound."""

    clip_ratio_high_max: float | None = None
    """Largest share over completions of tokens clipped at the upper bound."""

    clip_ratio_region_mean: float | None = None
    """Share of tokens clipped at either bound."""

    reward: float | None = None
    """Mean total reward of the trainer's window."""

    reward_std: float | None = None
    """Spread of the total reward; of groups, of the batch, or of all, by the trainer's version."""

    frac_reward_zero_std: float | None = None
    """Share of completions whose group (or batch) shows no spread of the total, as the trainer says it."""

    num_tokens: float | None = None
    """Tokens of prompts and completions so far."""

    step_time: float | None = None
    """Seconds per update as the trainer measured them."""

    completions_mean_length: float | None = None
    """Mean length of completions, tokens."""

    completions_min_length: float | None = None
    """Length of the shortest completion, tokens."""

    completions_max_length: float | None = None
    """Length of the longest completion, tokens."""

    completions_mean_terminated_length: float | None = None
    """Mean length of the completions that ended by themselves, tokens."""

    completions_min_terminated_length: float | None = None
    """Shortest completion that ended by itself, tokens."""

    completions_max_terminated_length: float | None = None
    """Longest completion that ended by itself, tokens."""

    completions_clipped_ratio: float | None = None
    """Share of completions that did not end by themselves."""

    metrics: dict[str, Number] | None = None
    """Every other number of the row under the trainer's own name (`eval_` removed in eval rows)."""
