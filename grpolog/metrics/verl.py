"""Keys of verl.

Source: verl's `metric_utils.py`, `core_algos.py`, `ray_trainer.py` and `rollout_corr_helper.py`, from 0.2 to 0.9.
`critic/...` is logged by GRPO too, which has no critic.
"""

from grpolog.metrics.keys import Always, Key

_REWARD = (
    Key("critic/score/mean", "reward", until="0.5"),
    Key("critic/score/mean", "reward", "completions that were aborted are left out", since="0.6"),
    Key("critic/score/max", caveat="highest score of a completion"),
    Key("critic/score/min", caveat="lowest score of a completion"),
    *(Key(f"critic/rewards/{of}", caveat="the score after the KL penalty") for of in ("mean", "max", "min")),
    *(Key(f"critic/advantages/{of}", f"advantages/{of}") for of in ("mean", "max", "min")),
    *(Key(f"critic/returns/{of}", caveat="return of a token") for of in ("mean", "max", "min")),
    *(Key(f"critic/values/{of}", caveat="the critic's value of a token") for of in ("mean", "max", "min")),
)

_RESPONSES = (
    *(
        Key(
            f"response_length/{of}", f"completions/{of}_length",
            "answers of tools within a response count; what was aborted counts as 0",
        )
        for of in ("mean", "max", "min")
    ),
    Key(
        "response_length/clip_ratio", "completions/clipped_ratio",
        "completions as long as the limit, those that end just there too; in the V1 trainer as long as the longest of "
        "the batch (verl #7817)",
    ),
    *(
        Key(f"response_length_non_aborted/{of}", caveat="of the completions that were not aborted")
        for of in ("mean", "max", "min", "clip_ratio")
    ),
    Key("response/aborted_ratio", caveat="share of completions without any token"),
    Key("prompt_length/mean", "prompts/mean_length"),
    *(Key(f"prompt_length/{of}", caveat="of prompts, tokens") for of in ("max", "min")),
    Key("prompt_length/clip_ratio", caveat="share of prompts as long as the limit"),
    Key("num_turns/mean", "quality/turns", "turns of user and tools count too"),
    Key("tool_call_counts/mean", "quality/tool_calls"),
)  # fmt: skip

_POLICY = (
    Key("actor/loss", "loss"),
    Key("actor/pg_loss", "policy_loss"),
    Key("actor/kl_loss", "kl", "estimator and mean as `kl_loss_type` and `loss_agg_mode` say; k3 by default"),
    Key("actor/reward_kl_penalty", "kl", "estimator as `kl_penalty` says; the signed k1 by default"),
    Key("critic/kl", "kl", "estimator as `kl_penalty` says; the signed k1 by default"),
    Key("actor/kl_coef", caveat="weight of the KL term"),
    Key("actor/reward_kl_penalty_coeff", caveat="weight of the KL penalty"),
    Key("actor/ppo_kl", "update_kl", "the signed k1 estimator"),
    Key("actor/entropy", "entropy"),
    Key("actor/entropy_loss", "entropy", "the entropy itself, not a loss"),
    Key("actor/pg_clipfrac", "clip_ratio"),
    Key(
        "actor/pg_clipfrac_lower",
        caveat="share of tokens with a negative advantage whose loss the dual clip capped; not TRL's "
        "clip_ratio/low_mean",
    ),
    Key("actor/grad_norm", "grad_norm"),
    Key("actor/lr", "learning_rate"),
    Key("rollout_corr/kl", "sampling/kl", "the signed k1 estimator"),
    Key("rollout_corr/k3_kl", caveat="divergence between sampler and trainer, the k3 estimator"),
    *(
        Key(
            f"rollout_corr/rollout_is_{of}", f"sampling/importance_sampling_ratio/{of}",
            "after truncation or masking; of whole completions a product over tokens",
        )
        for of in ("mean", "min", "max")
    ),
    *(
        Key(
            f"training/rollout_probs_diff_{of}",
            caveat="absolute difference of probabilities between sampler and trainer, not of their logarithms",
        )
        for of in ("mean", "max", "std")
    ),
    *(
        Key(f"training/off_policy/trajectory_staleness/{of}", f"sampling/staleness/{of}")
        for of in ("mean", "max")
    ),
)  # fmt: skip

_COSTS = (
    Key("training/epoch", "epoch"),
    Key("training/global_step", caveat="the optimizer step"),
    Key("global_seqlen/<*>", caveat="tokens of a batch on one rank"),
    Key("perf/total_num_tokens", "tokens_per_step"),
    Key("perf/throughput", "perf/throughput", "per GPU, over the whole step"),
    Key("perf/mfu/actor", "perf/mfu", "of the update of the actor"),
    Key("mfu/actor", "perf/mfu", "of the update of the actor", until="0.2"),
    Key("perf/cpu_memory_used_gb", "perf/ram_used_gib", "of the whole machine"),
    Key("perf/time_per_step", "step_time", "validation and saving included"),
    Key("timing_s/step", "step_time", "validation and saving included"),
    Key("timing_s/gen", "perf/generation_seconds"),
    Key("timing_s/update_actor", "perf/update_seconds", "the update alone, without log-probabilities"),
    Key("timing_s/<*>", caveat="seconds of a part of the step"),
    Key("timing_per_token_ms/<*>", caveat="milliseconds per token of a part of the step"),
)

_EVALUATION = (
    Key("val-core/<set>/reward/mean@<*>", "reward", mode="eval"),
    Key("val-aux/<set>/reward/mean@<*>", "reward", mode="eval"),
    Key("val-core/<set>/<f>/mean@<*>", "rewards/<f>/mean", mode="eval"),
    Key("val-aux/<set>/<f>/mean@<*>", "rewards/<f>/mean", mode="eval"),
    Key("val-aux/num_turns/mean", "quality/turns", "turns of user and tools count too", mode="eval"),
    Key("val-core/<**>", caveat="another statistic of a validation"),
    Key("val-aux/<**>", caveat="another statistic of a validation"),
    Key("val/test_score/<set>", "reward", mode="eval", until="0.3"),
)

KEYS: tuple[Key, ...] = (*_REWARD, *_RESPONSES, *_POLICY, *_COSTS, *_EVALUATION)

VERSIONS = tuple(f"0.{minor}" for minor in range(2, 10))
"""Minor versions whose sources were read."""

ALWAYS: tuple[Always, ...] = tuple(
    Always(name)
    for name in (
        "advantages/mean", "advantages/max", "advantages/min", "completions/mean_length", "completions/max_length",
        "completions/min_length", "completions/clipped_ratio", "prompts/mean_length", "policy_loss", "grad_norm",
        "learning_rate", "step_time",
    )
)  # fmt: skip
"""What each run logs besides its reward."""
