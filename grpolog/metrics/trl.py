"""Keys of TRL's GRPO and RLOO trainers, and of forks that keep its names (Unsloth, ms-swift, open-r1).

Source of versions and meanings: TRL's own `grpo_trainer.py` from 0.14 to 1.16.
"""

from grpolog.metrics.keys import Key

_REWARD_STD = (
    Key("reward_std", "reward_std", "mean of the spreads within groups, not the spread of the batch", until="0.21"),
    Key(
        "reward_std",
        "reward_std",
        "spread of groups or of the batch, as `scale_rewards` says",
        since="0.22",
        until="0.26",
    ),
    Key("reward_std", "reward_std", since="0.27"),
)

KEYS: tuple[Key, ...] = (
    *_REWARD_STD,
    Key("reward", "reward", until="0.26"),
    Key("reward", "reward", "sum of the rewards without their weights", since="0.27", until="0.29"),
    Key("reward", "reward", since="1.0"),
    Key("rewards/<f>/mean", "rewards/<f>/mean"),
    Key("rewards/<f>/std", "rewards/<f>/std"),
    Key("rewards/<f>", "rewards/<f>/mean"),  # 0.14 to 0.16, and the asynchronous trainer
    Key("completion_length", "completions/mean_length"),  # 0.14 to 0.16, and Unsloth
    Key(
        "frac_reward_zero_std",
        "frac_reward_zero_std",
        "a share of groups only when advantages are scaled by group; else it is 0 or 1 for the whole batch",
    ),
    Key("kl", "kl", "the k3 estimator in GRPO, the signed k1 in RLOO"),
)
