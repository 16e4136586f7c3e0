"""Keys of ms-swift's GRPO trainer: TRL's, but for a few of its own.

Source: `swift/rlhf_trainers/grpo_trainer.py` and `swift/rl_core/advantage.py` of 2026-08.
"""

from dataclasses import replace

from grpolog.metrics import trl
from grpolog.metrics.keys import Key

_OWN = (
    Key("reward", "reward"),
    Key(
        "reward_std", "reward_std",
        "mean of the spreads within groups; the spread of the batch only with `scale_rewards` batch",
    ),
    Key("frac_reward_zero_std", "frac_reward_zero_std", "1 in an evaluation with one generation per prompt"),
    Key("kl", "kl", "the k3 estimator; the signed k1 where it is taken from the reward"),
    Key("entropy/mean", "entropy", "mean over completions of their means"),
    Key("entropy/max", caveat="highest mean entropy of a completion"),
    Key("entropy/min", caveat="lowest mean entropy of a completion"),
    Key("entropy/threshold", caveat="entropy above which tokens are learned from"),
    Key("num_turns", "quality/turns"),
    Key("rollout_correction/kl", "sampling/kl"),
    Key("global_step/max_steps", caveat="where training stands, as text"),
    Key("memory(GiB)", caveat="highest memory of a GPU so far, GiB"),
    Key("train_speed(iter/s)", caveat="updates a second since the start"),
)  # fmt: skip

_NEWEST = [replace(key, since="") for key in trl.KEYS if not key.until and not key.trainer]
"""TRL's keys as they are today; its versions are not ms-swift's."""

KEYS: tuple[Key, ...] = (*_OWN, *(key for key in _NEWEST if key.key not in {own.key for own in _OWN}))
