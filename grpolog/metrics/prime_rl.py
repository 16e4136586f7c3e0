"""Keys of prime-rl, whose trainer and orchestrator write rows of their own for the same step.

Source: prime-rl of 2026-08, `orchestrator/metrics.py` and `trainer/rl/train.py`, and 0.3 and 0.5 for older keys. Of
several environments and agents the key of all environments is read; the others keep their own names.
"""

from grpolog.metrics.keys import Key

_ALL = "train/agg/all/<*>"
_TURNS = "all turns of a conversation together"

_NOW = (
    Key(f"{_ALL}/reward/mean", "reward"),
    Key(f"{_ALL}/rewards/<f>/mean", "rewards/<f>/mean"),
    *(Key(f"{_ALL}/num_output_tokens/{of}", f"completions/{of}_length", _TURNS) for of in ("mean", "min", "max")),
    Key(f"{_ALL}/num_input_tokens/mean", "prompts/mean_length", _TURNS),
    Key(f"{_ALL}/num_turns/mean", "quality/turns"),
    Key(f"{_ALL}/is_truncated/mean", "completions/clipped_ratio"),
    Key(f"{_ALL}/solved_all", "group/best_share", "best is a reward of exactly 1"),
    Key(f"{_ALL}/solved_none", "group/worst_share", "worst is a reward of 0"),
    Key("entropy/all/mean", "entropy"),
    Key("mismatch_kl/all/mean", "sampling/kl", "the k3 estimator"),
    Key("off_policy/mean", "sampling/staleness/mean"),
    Key("off_policy/max", "sampling/staleness/max"),
    Key("progress/tokens", "tokens_per_step"),
    Key("progress/total_tokens", "num_tokens"),
)

_OLDER = (
    Key("reward/mean", "reward"),  # 0.3
    Key("reward/all/mean", "reward"),  # 0.5
    *(Key(f"completion_len/{of}", f"completions/{of}_length", "mean over prompts") for of in ("mean", "min", "max")),
    *(Key(f"decode_len/all/{of}", f"completions/{of}_length", "mean over prompts") for of in ("mean", "min", "max")),
    Key("num_turns/mean", "quality/turns"),
    Key("num_turns/all/mean", "quality/turns"),
    Key("is_truncated/mean", "completions/clipped_ratio"),
    Key("is_truncated/all/mean", "completions/clipped_ratio"),
    *(Key(key, "group/best_share", "best is a reward of 1") for key in ("batch/solve_all", "solve_all/all")),
    *(Key(key, "group/worst_share", "worst is a reward of 0") for key in ("batch/solve_none", "solve_none/all")),
    Key("entropy/mean", "entropy"),
    Key("mismatch_kl/mean", "sampling/kl", "the k3 estimator"),
)

_ALWAYS = (
    Key("loss/mean", "loss"),
    Key("optim/grad_norm", "grad_norm"),
    Key("optim/lr", "learning_rate"),
    Key("kl_ent_ratio/mean", caveat="divergence between sampler and trainer over the entropy"),
    Key("masked_advantage_positive/mean", caveat="share of the masked tokens whose advantage is positive"),
    Key("masked_advantage_negative/mean", caveat="share of the masked tokens whose advantage is negative"),
    Key("perf/throughput", "perf/throughput", "over forward and backward alone"),
    Key("perf/mfu", "perf/mfu", factor=0.01),
    Key("time/step", "step_time", "the trainer's and the orchestrator's own; the row that was written last counts"),
    Key("time/<*>", caveat="seconds of a part of the step"),
)

_EVALUATION = (
    Key("eval/<set>/all/<*>/reward/mean", "reward", mode="eval"),
    Key("eval/<set>/all/<*>/avg@<*>", "reward", mode="eval"),
    Key("eval/<set>/all/<*>/rewards/<f>/mean", "rewards/<f>/mean", mode="eval"),
    Key("eval/<set>/all/<*>/num_output_tokens/mean", "completions/mean_length", _TURNS, mode="eval"),
    Key("eval/<set>/all/<*>/is_truncated/mean", "completions/clipped_ratio", mode="eval"),
    Key("eval/<*>/all/<**>", caveat="another statistic of an evaluation"),
    Key("eval/<*>/effective/<**>", caveat="a statistic of an evaluation without the runs that failed"),
    Key("eval/<set>/avg@<*>", "reward", mode="eval"),
    Key("eval/<set>/completion_len/avg", "completions/mean_length", mode="eval"),
    Key("eval/<set>/completion_len/mean", "completions/mean_length", mode="eval"),
    Key("eval/<set>/is_truncated/mean", "completions/clipped_ratio", mode="eval"),
)

KEYS: tuple[Key, ...] = (*_NOW, *_OLDER, *_ALWAYS, *_EVALUATION)
