"""Keys of slime.

Source: slime of 2026-08, `observability/` and `backends/megatron_utils/`. Its rollouts and its updates count steps of
their own (`rollout/step`, `train/step`).
"""

from grpolog.metrics.keys import Key

KEYS: tuple[Key, ...] = (
    Key("rollout/raw_reward", "reward"),
    Key("rollout/rewards", caveat="mean reward after normalisation"),
    Key("rollout/advantages", "advantages/mean"),
    Key("rollout/returns", caveat="mean return"),
    *(Key(f"rollout/response_len/{of}", f"completions/{of}_length") for of in ("mean", "min", "max")),
    Key("rollout/response_len/median", caveat="median length of completions, tokens"),
    Key("rollout/response_lengths", caveat="mean length of completions, tokens, tool answers included"),
    Key("rollout/truncated_ratio", "completions/clipped_ratio"),
    Key("rollout/repetition_frac", caveat="share of long completions whose end compresses more than tenfold"),
    Key("rollout/zero_std/count_<*>", caveat="groups whose rewards all have this value"),
    Key("rollout/step", caveat="number of the rollout"),
    Key("train/loss", "loss"),
    Key("train/pg_loss", "policy_loss"),
    Key("train/value_loss", "value_loss"),
    Key("train/entropy_loss", "entropy", "the entropy itself, not a loss"),
    Key("train/kl_loss", "kl", "estimator as `kl_loss_type` says"),
    Key("train/ppo_kl", "update_kl", "the signed k1 estimator"),
    Key("train/pg_clipfrac", "clip_ratio"),
    Key("train/grad_norm", "grad_norm"),
    Key("train/lr-pg_0", "learning_rate"),
    Key("train/train_rollout_logprob_abs_diff", "sampling/sampling_logp_difference/mean"),
    Key("train/tis", "sampling/importance_sampling_ratio/mean", "before truncation"),
    Key("train/step", caveat="number of the update"),
    Key("perf/rollout_time", "perf/generation_seconds", "scoring included"),
    Key("perf/actor_train_time", "perf/update_seconds"),
    Key("perf/step_time", "step_time"),
    Key("eval/step", caveat="number of the rollout"),
    Key("eval/<set>/response_len/mean", "completions/mean_length", mode="eval"),
    Key("eval/<set>/truncated_ratio", "completions/clipped_ratio", mode="eval"),
    Key("eval/<set>-truncated_ratio", "completions/clipped_ratio", mode="eval"),
    Key("eval/<*>-pass@<*>", caveat="share of prompts with a right answer among so many"),
    Key("eval/<*>/<**>", caveat="another statistic of an evaluation"),
    Key("eval/<set>", "reward", mode="eval"),
)
