"""Keys of SkyRL.

Source: SkyRL of 2026-08, `train/trainer.py`, `train/evaluate.py`, `train/generators/utils.py` and the workers.
"""

from grpolog.metrics.keys import Key

KEYS: tuple[Key, ...] = (
    Key("reward/avg_raw_reward", "reward"),
    Key("reward/avg_pass_at_<*>", caveat="share of prompts with at least one answer that is paid"),
    Key("reward/mean_positive_reward", caveat="mean of the rewards, negative ones taken as 0"),
    Key("reward/num_zero_variance_filtered", caveat="groups left out since their rewards are all equal"),
    Key("loss/avg_final_rewards", caveat="mean reward after penalties"),
    Key("loss/avg_raw_advantages", "advantages/mean"),
    Key("loss/avg_raw_advantages_abs", caveat="mean absolute advantage"),
    Key("loss/avg_kl", "kl", "the part that is taken from the reward"),
    Key("generate/avg_num_tokens", "completions/mean_length"),
    Key("generate/min_num_tokens", "completions/min_length"),
    Key("generate/max_num_tokens", "completions/max_length"),
    Key("generate/avg_tokens_zero_rewards", caveat="mean length of completions with reward 0"),
    Key("generate/avg_tokens_non_zero_rewards", caveat="mean length of completions with a reward"),
    Key("policy/final_loss", "loss"),
    Key("policy/policy_loss", "policy_loss"),
    Key("policy/policy_entropy", "entropy"),
    Key("policy/policy_kl", "kl", "estimator as `kl_estimator_type` says"),
    Key("policy/policy_lr", "learning_rate"),
    Key("policy/grad_norm", "grad_norm"),
    Key("policy/raw_grad_norm", "grad_norm"),
    Key("policy/loss_metrics/clip_ratio", "clip_ratio"),
    Key("policy/ppo_clip_ratio", "clip_ratio"),
    *(
        Key(f"policy/loss_metrics/is_ratio_{of}", f"sampling/importance_sampling_ratio/{of}")
        for of in ("mean", "max")
    ),
    *(
        Key(f"policy/rollout_train_logprobs_abs_diff_{of}", f"sampling/sampling_logp_difference/{of}")
        for of in ("mean", "max")
    ),
    Key("async/staleness_mean", "sampling/staleness/mean"),
    Key("async/staleness_max", "sampling/staleness/max"),
    Key("trainer/epoch", "epoch"),
    Key("trainer/global_step", caveat="the optimizer step"),
    Key("trainer/tokens_per_second_per_gpu", "perf/throughput", "per GPU, over the update alone"),
    Key("timing/step", "step_time"),
    Key("timing/generate", "perf/generation_seconds"),
    Key("timing/policy_train", "perf/update_seconds"),
    Key("timing/<*>", caveat="seconds of a part of the step"),
    Key("eval/all/avg_score", "reward", mode="eval"),
    Key("eval/all/generate/avg_num_tokens", "completions/mean_length", mode="eval"),
    Key("eval/all/<**>", caveat="another statistic of an evaluation"),
    Key("eval/<set>/avg_score", "reward", mode="eval"),
    Key("eval/<**>", caveat="another statistic of an evaluation"),
)  # fmt: skip
