"""Keys of OpenRLHF, which writes them to TensorBoard and W&B as `train/<key>`.

Source: OpenRLHF 0.11, `ppo_trainer.py`, `ppo_actor.py`, `experience_maker.py` and `models/loss.py`.
"""

from grpolog.metrics.keys import Key

KEYS: tuple[Key, ...] = (
    Key("reward", "reward", "after length penalties"),
    Key("return", caveat="sum of the rewards of a completion's tokens, KL penalty included"),
    Key("score", caveat="what the reward function calls the score, by which prompts are filtered"),
    Key("group_reward_std", "group/std"),
    Key("rollout/reward_mean", caveat="mean reward of all that was sampled, before filtering"),
    Key("rollout/reward_std", "reward_std", "of all that was sampled, before filtering"),
    Key("rollout/response_length_mean", caveat="mean length of all that was sampled, before filtering"),
    Key("rollout/truncated_rate", caveat="share cut off of all that was sampled, before filtering"),
    Key("rollout/num_samples", caveat="completions that were sampled"),
    Key("dynamic_filtering_pass_rate", caveat="share of prompts that filtering kept"),
    Key("response_length", "completions/mean_length"),
    Key("total_length", caveat="mean length of prompt and completion, tokens"),
    Key("truncated", "completions/clipped_ratio"),
    Key("policy_loss", "policy_loss"),
    Key("critic_loss", "value_loss"),
    Key("kl", "kl", "estimator as `kl.estimator` says: k1, k2 or k3"),
    Key("logprobs_diff", caveat="mean log-probability minus that of the reference model"),
    Key("ppo_kl", "update_kl", "the signed k1 estimator"),
    Key("vllm_kl", "sampling/kl", "the signed k1 estimator"),
    Key("ppo_clip_ratio", "clip_ratio"),
    Key("entropy_loss", "entropy", "the entropy itself, not a loss"),
    Key("actor_lr", "learning_rate"),
    Key("actor_grad_norm", "grad_norm"),
    Key("timing/step_total", "step_time"),
    Key("timing/generation", "perf/generation_seconds"),
    Key("timing/ppo_train", "perf/update_seconds"),
    Key("timing/<*>", caveat="seconds of a part of the step"),
    Key("eval/eval_<set>_pass1", "reward", mode="eval"),
    Key("eval/eval_<set>_response_length_mean", "completions/mean_length", mode="eval"),
    Key("eval/eval_response_length_mean", "completions/mean_length", mode="eval"),
    Key("eval/eval_<set>_truncated_rate", "completions/clipped_ratio", mode="eval"),
    Key("eval/eval_truncated_rate", "completions/clipped_ratio", mode="eval"),
)
