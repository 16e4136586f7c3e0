"""Keys of NeMo-RL.

Source: NeMo-RL 0.7, `algorithms/grpo.py`, `algorithms/loss/loss_functions.py` and `experience/rollouts.py`. Shares of
baselines are logged in percent.
"""

from grpolog.metrics.keys import Key

_BASELINE = "of the completions, by their baseline, which with leave-one-out leaves each one itself out"

KEYS: tuple[Key, ...] = (
    Key("train/reward", "reward"),
    Key("train/filtered_reward", caveat="mean reward of the completions that filtering kept"),
    Key("train/baseline_reward/pct_0", "group/worst_share", f"worst is 0; share {_BASELINE}", factor=0.01),
    Key("train/baseline_reward/pct_1", "group/best_share", f"best is 1; share {_BASELINE}", factor=0.01),
    Key("train/baseline_reward/pct_mixed", caveat=f"percent neither 0 nor 1 {_BASELINE}"),
    *(Key(f"train/advantages/{of}", f"advantages/{of}") for of in ("mean", "max", "min")),
    Key("train/loss", "loss"),
    Key("train/grad_norm", "grad_norm"),
    Key("train/lr", "learning_rate"),
    Key("train/kl_penalty", "kl", "estimator as `reference_policy_kl_type` says; k3 by default"),
    Key("train/gen_kl_error", "sampling/kl", "estimator as `reference_policy_kl_type` says; k3 by default"),
    Key("train/policy_kl_error", caveat="divergence of trainer from sampler; gen_kl_error is that of sampler from it"),
    Key("train/js_divergence_error", caveat="Jensen-Shannon divergence between sampler and trainer"),
    Key("train/token_mult_prob_error", caveat="mean of exp(|difference of log-probabilities|) of sampler and trainer"),
    Key(
        "train/sampling_importance_ratio", "sampling/importance_sampling_ratio/mean",
        "after truncation or masking; of whole completions a product over tokens",
    ),
    Key("train/is_oob_ratio", caveat="share outside the bounds of the importance sampling correction"),
    Key("train/approx_entropy", "entropy", "estimated from the sampled tokens alone"),
    *(
        Key(f"train/probs_ratio{of}", caveat="ratio of the policy to the one that the update began with")
        for of in ("", "_min", "_max", "_clamped", "_clamped_min", "_clamped_max")
    ),
    Key("train/mean_gen_tokens_per_sample", "completions/mean_length", "all turns of a conversation together"),
    Key("train/max_gen_tokens_per_sample", "completions/max_length", "all turns of a conversation together"),
    Key("train/mean_prompt_length", "prompts/mean_length"),
    Key("train/truncation_rate", "completions/clipped_ratio"),
    Key("train/natural_termination_rate", caveat="share of conversations that ended by themselves"),
    Key("train/avg_turns_per_sample", "quality/turns"),
    Key("train/total_num_tokens", "tokens_per_step"),
    Key("train/avg_trajectory_age", "sampling/staleness/mean"),
    Key("timing/train/total_step_time", "step_time"),
    Key("timing/train/generation", "perf/generation_seconds"),
    Key("timing/train/exposed_generation", "perf/generation_seconds", "the part that training waits for"),
    Key("timing/train/policy_training", "perf/update_seconds"),
    Key("performance/tokens_per_sec", "perf/throughput", "over the whole step"),
    Key("performance/train_fp_utilization", "perf/mfu", "of the update"),
    Key("validation/accuracy", "reward", "called accuracy: it is the mean reward", mode="eval"),
    Key("validation/avg_length", "completions/mean_length", mode="eval"),
    Key("validation/<**>", caveat="another statistic of a validation"),
)  # fmt: skip
