"""Keys of the Tinker cookbook's `metrics.jsonl`.

Source: tinker-cookbook of 2026-08, `rl/metric_util.py`, `rl/metrics.py` and `rl/train.py`. Metrics of an environment
(`env/all/<name>`) keep their own names: nothing says whether they are paid. Recipes log keys of their own too.
"""

from grpolog.metrics.keys import Key

_TURN = "per turn, not per completion"
_SAME = "of all groups those whose rewards are all the same and"
_OWN = "as the run's own code logs it"

KEYS: tuple[Key, ...] = (
    Key("env/all/reward/total", "reward"),
    Key("env/all/by_group/frac_mixed", "group/equal_share", factor=-1.0, offset=1.0),
    Key("env/all/by_group/frac_all_good", "group/best_share", f"{_SAME} at least 0.5"),
    Key("env/all/by_group/frac_all_bad", "group/worst_share", f"{_SAME} below 0.5"),
    Key("env/all/ac_tokens_per_turn", "completions/mean_length", _TURN),
    Key("env/all/ob_tokens_per_turn", "prompts/mean_length", _TURN),
    Key("env/all/turns_per_episode", "quality/turns"),
    Key("env/<**>", caveat="a metric of the environment"),
    Key("optim/entropy", "entropy", "estimated from the sampled tokens alone"),
    Key("optim/kl_sample_train_v1", "sampling/kl", "the signed k1 estimator"),
    Key("optim/kl_sample_train_v2", caveat="divergence between sampler and trainer, the k2 estimator"),
    Key("kl_policy_base", "kl", "the signed k1 estimator, from the base model"),
    Key("optim/lr", "learning_rate"),
    Key("progress/epoch", "epoch"),
    Key("progress/batch", caveat="number of the batch"),
    Key("progress/step", caveat="number of the batch"),
    Key("progress/done_frac", caveat="share of the run that is done"),
    Key("time/total", "step_time"),
    Key("time/<**>", caveat="seconds of a part of the step"),
    Key("reward/mean", "reward", _OWN),
    Key("policy/entropy", "entropy", _OWN),
    Key("test/env/all/reward/total", "reward", mode="eval"),
    Key("test/env/all/ac_tokens_per_turn", "completions/mean_length", _TURN, mode="eval"),
    Key("test/env/all/<**>", caveat="a metric of the environment, in evaluation"),
    Key("test/env/<set>/reward/total", "reward", mode="eval"),
    Key("test/env/<set>/ac_tokens_per_turn", "completions/mean_length", _TURN, mode="eval"),
    Key("test/env/<**>", caveat="a metric of the environment, in evaluation"),
)
