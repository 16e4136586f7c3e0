"""Keys of TRL's GRPO, RLOO and asynchronous GRPO trainers, and of forks that keep its names (Unsloth, open-r1).

Source of keys, versions and meanings: TRL's own `grpo_trainer.py`, `rloo_trainer.py` (written anew in 0.22) and
`async_grpo_trainer.py`, from 0.14 to 1.16. Up to 1.8 `kl`, `entropy` and the clip ratios of several ranks are means of
the ranks' means, from 1.9 over all tokens (#6380); on one rank that is the same.
"""

from grpolog.metrics.keys import Always, Key

_UNWEIGHTED = "sum of the rewards without their weights"
_PENALISED = "after clipping and the KL penalty"
_WITHIN = "mean of the spreads within groups, not the spread of the batch"
_SPREAD = "spread of the sum of the rewards without their weights"

_REWARD = (
    Key("reward", "reward", until="0.26"),
    Key("reward", "reward", _UNWEIGHTED, since="0.27", until="0.29"),
    Key("reward", "reward", since="1.0"),
    Key("reward", "reward", _PENALISED, since="0.22", until="0.26", trainer="RLOO"),
    Key("reward", "reward", _UNWEIGHTED, since="0.27", until="0.29", trainer="RLOO"),
    Key("reward", "reward", since="1.0", trainer="RLOO"),
    Key("reward", "reward", _UNWEIGHTED, since="1.0", trainer="AsyncGRPO"),
    Key("reward_std", "reward_std", _WITHIN, until="0.21"),
    Key(
        "reward_std", "reward_std", "mean of the spreads within groups, or that of the batch, as `scale_rewards` says",
        since="0.22", until="0.26",
    ),
    Key("reward_std", "reward_std", _SPREAD, since="0.27", until="0.29"),
    Key("reward_std", "reward_std", since="1.0"),
    Key("reward_std", "reward_std", f"{_WITHIN}, {_PENALISED}", since="0.22", until="0.26", trainer="RLOO"),
    Key("reward_std", "reward_std", _SPREAD, since="0.27", until="0.29", trainer="RLOO"),
    Key("reward_std", "reward_std", since="1.0", trainer="RLOO"),
    Key("reward_std", "reward_std", _WITHIN, since="1.0", trainer="AsyncGRPO"),
    Key("rewards/<f>/mean", "rewards/<f>/mean", since="0.17"),
    Key("rewards/<f>/std", "rewards/<f>/std", since="0.17"),
    # the same four keys in every trainer of preferences (DPO, ORPO, CPO, KTO)
    Key("rewards/chosen", caveat="implicit reward of preferred answers: the log is of a trainer of preferences"),
    Key("rewards/rejected", caveat="implicit reward of rejected answers: the log is of a trainer of preferences"),
    Key("rewards/margins", caveat="chosen minus rejected: the log is of a trainer of preferences"),
    Key("rewards/accuracies", caveat="share of pairs in the right order: the log is of a trainer of preferences"),
    Key("rewards/<f>", "rewards/<f>/mean"),  # 0.14 to 0.16, and the asynchronous trainer
    Key("frac_reward_zero_std", "frac_reward_zero_std", since="0.18", until="0.21"),
    Key(
        "frac_reward_zero_std", "frac_reward_zero_std",
        "a share of groups only with `scale_rewards` group or none and `sum_then_normalize`, else 0 or 1 for the whole "
        "batch; 1 in an evaluation with one generation per prompt",
        since="0.22",
    ),
    Key(
        "frac_reward_zero_std", "frac_reward_zero_std", "1 in an evaluation with one generation per prompt",
        since="0.22", trainer="RLOO",
    ),
)  # fmt: skip

_COMPLETIONS = (
    Key("completion_length", "completions/mean_length"),  # 0.14 to 0.16, and Unsloth
    *(
        Key(f"completions/{length}", f"completions/{length}", since="0.17")
        for length in (
            "mean_length", "min_length", "max_length", "mean_terminated_length", "min_terminated_length",
            "max_terminated_length", "clipped_ratio",
        )
    ),
    Key("tools/call_frequency", "tools/call_frequency", since="0.26"),
    Key("tools/failure_frequency", "tools/failure_frequency", since="0.26"),
    Key("rollout/turns_mean", "quality/turns", since="1.0", trainer="AsyncGRPO"),
)  # fmt: skip

_OF_COMPLETIONS = "share of completions: the ratio is of whole completions"

_POLICY = (
    Key("kl", "kl", "the k3 estimator"),
    Key("kl", "kl", "the signed k1 estimator", since="0.22", trainer="RLOO"),
    Key("kl", "kl", "from the policy that sampled (k3), not from a reference model", since="1.0", trainer="AsyncGRPO"),
    Key("entropy", "entropy", since="0.20"),
    Key("clip_ratio", "clip_ratio", since="0.16", until="1.13"),  # after 0.16 only with the Liger kernel
    *(Key(f"clip_ratio/{of}_mean", f"clip_ratio/{of}_mean", since="0.17") for of in ("low", "high", "region")),
    *(
        Key(f"clip_ratio/{of}_mean", f"clip_ratio/{of}_mean", _OF_COMPLETIONS, since="0.22", trainer="RLOO")
        for of in ("low", "high", "region")
    ),
    Key(
        "clip_ratio/low_min", "clip_ratio/low_min", "smallest mean of a rank, not of a completion",
        since="0.17", until="1.8",
    ),
    Key("clip_ratio/low_min", "clip_ratio/low_min", since="1.9"),
    Key(
        "clip_ratio/high_max", "clip_ratio/high_max", "largest mean of a rank, not of a completion",
        since="0.17", until="1.8",
    ),
    Key("clip_ratio/high_max", "clip_ratio/high_max", since="1.9"),
    Key("cispo_clip_ratio", "cispo_clip_ratio", since="0.26"),
    Key("vespo/phi_seq_mean", "vespo/phi_seq_mean", since="1.0"),
    Key("loss", "loss"),
    Key("policy_loss", "policy_loss", since="1.8"),
    Key("aux_loss", "aux_loss", since="1.7"),
    Key("entropy_coef", "entropy_coef", since="1.8"),
    *(Key(key, key) for key in ("grad_norm", "learning_rate", "epoch")),
    *(
        Key(f"sampling/{key}", f"sampling/{key}", since="0.23")
        for key in ("sampling_logp_difference/mean", "sampling_logp_difference/max")
    ),
    *(
        Key(
            f"sampling/importance_sampling_ratio/{key}", f"sampling/importance_sampling_ratio/{key}",
            "after clipping or masking by the correction; with a sequence mode a product over tokens", since="0.23",
        )
        for key in ("min", "mean", "max")
    ),
    Key("sample/staleness_mean", "sampling/staleness/mean", since="1.0", trainer="AsyncGRPO"),
    Key("sample/staleness_max", "sampling/staleness/max", since="1.0", trainer="AsyncGRPO"),
    Key("ratio", caveat="mean ratio of the policy to the one that sampled", since="1.0", trainer="AsyncGRPO"),
)  # fmt: skip

_COSTS = (
    Key("num_tokens", "num_tokens", "counts from 0 again after a resume", since="0.16", until="0.16"),
    Key("num_tokens", "num_tokens", since="0.17"),
    Key("step_time", "step_time", "without the optimizer's own step", since="0.26"),
    Key("perf/step_s", "step_time", "from the end of one update to that of the next", since="1.0", trainer="AsyncGRPO"),
    Key("perf/trained_tok_s_wall_clock", "perf/throughput", since="1.0", trainer="AsyncGRPO"),
    Key("perf/mfu_wall_clock", "perf/mfu", factor=0.01, since="1.0", trainer="AsyncGRPO"),
    Key(
        "batch/trained_tokens_per_step", "tokens_per_step", "tokens of completions alone", since="1.0",
        trainer="AsyncGRPO",
    ),
    Key("profiling/Time taken: <*>.transformers.generate", "perf/generation_seconds", "seconds of one call"),
    Key("profiling/Time taken: <*>.vLLM.generate", "perf/generation_seconds", "seconds of one call"),
    Key("profiling/Time taken: <**>", caveat="seconds of one call"),
    Key("train_loss", caveat="mean loss of the whole run"),
    *(
        Key(key, caveat="a total of the whole run or evaluation, not of a step")
        for key in (
            "train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "runtime",
            "samples_per_second", "steps_per_second",
        )
    ),
)  # fmt: skip

KEYS: tuple[Key, ...] = (*_REWARD, *_COMPLETIONS, *_POLICY, *_COSTS)

VERSIONS = (*(f"0.{minor}" for minor in range(14, 30)), *(f"1.{minor}" for minor in range(17)))
"""Minor versions with a GRPO trainer whose sources were read."""

_LIGER = "it used the Liger kernel"
_OTHER_CLIP = "it used the Liger kernel or a loss that clips in another way"

ALWAYS: tuple[Always, ...] = (
    *(Always(name) for name in ("loss", "learning_rate", "epoch", "reward_std", "rewards/<f>/mean")),
    Always("completions/mean_length"),
    *(
        Always(f"completions/{length}", since="0.17")
        for length in (
            "min_length", "max_length", "mean_terminated_length", "min_terminated_length", "max_terminated_length",
            "clipped_ratio",
        )
    ),
    Always("num_tokens", since="0.16"),
    Always("frac_reward_zero_std", since="0.18"),
    Always("step_time", since="0.26"),
    Always("kl", only_with_kl=True),
    Always("entropy", _LIGER, ("clip_ratio",), since="0.20"),
    Always("clip_ratio", since="0.16", until="0.16"),
    *(
        Always(f"clip_ratio/{of}", _OTHER_CLIP, ("clip_ratio", "cispo_clip_ratio", "vespo/phi_seq_mean"), since="0.17")
        for of in ("low_mean", "low_min", "high_mean", "high_max", "region_mean")
    ),
)  # fmt: skip
"""What GRPO trainers log in each run besides `reward`, and RLOO trainers from 0.22 on."""
