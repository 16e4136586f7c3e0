"""Keys of OpenPipe's ART (`history.jsonl`).

Source: openpipe-art 0.5.18, `model.py`, `metrics.py` and the backends. A trajectory's own metrics are logged as
`train/<name>` and `val/<name>` and keep their names.
"""

from grpolog.metrics.keys import Key

KEYS: tuple[Key, ...] = (
    Key("train/reward", "reward"),
    Key("train/reward_std_dev", "group/std", "with n instead of n - 1"),
    Key("train/exception_rate", caveat="share of trajectories that ended in an exception"),
    Key("train/steps_off_policy", "sampling/staleness/mean"),
    Key("loss/train", "loss", "the policy's part"),
    Key("loss/entropy", "entropy"),
    Key("loss/kl_div", "kl"),
    Key("loss/kl_policy_ref", "kl"),
    Key("loss/grad_norm", "grad_norm"),
    Key("loss/learning_rate", "learning_rate"),
    Key("train/policy_loss", "policy_loss"),
    Key("train/kl_div", "kl"),
    Key("train/grad_norm", "grad_norm"),
    Key("train/learning_rate", "learning_rate"),
    Key("data/step_trainer_tokens", "tokens_per_step"),
    Key("data/cum/trainer_tokens", "num_tokens"),
    Key("time/step_wall_s", "step_time"),
    Key("time/step_actor_s", "perf/generation_seconds"),
    Key("time/step_trainer_s", "perf/update_seconds"),
    Key("throughput/avg_trainer_tok_per_s", "perf/throughput", "over the seconds of training since the start"),
    Key("val/reward", "reward", mode="eval"),
    Key("val/reward_std_dev", "group/std", "with n instead of n - 1", mode="eval"),
    Key("test/reward", "reward", mode="eval"),
)
