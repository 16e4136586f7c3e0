"""Which chart shows which metrics, in the order in which a reader asks."""

from typing import Final

from grpolog.report.build.plan import SHARE, Line, Plan


def _plan(key: str, title: str, about: str, *lines: tuple[str, ...], **more: bool | str) -> Plan:
    return Plan(f"panel-{key}", title, about, tuple(Line(label, names) for label, *names in lines), **more)  # type: ignore[arg-type]


STABLE = (
    _plan(
        "kl", "Divergence from the reference model", "How far the policy has moved from where it started.",
        ("KL", "kl"), evaluated=True,
    ),
    _plan(
        "update-kl", "Divergence of one update", "How far an update moved the policy from where the update began.",
        ("KL", "update_kl"), optional=True,
    ),
    _plan(
        "entropy", "Entropy", "How undecided the policy is at each token; near 0 it always says the same.",
        ("entropy", "entropy"), evaluated=True,
    ),
    _plan(
        "loss", "Loss", "What the optimizer minimises; in GRPO no measure of progress.", ("loss", "loss"),
        ("policy", "policy_loss"), ("value", "value_loss"), ("entropy part", "entropy_loss"),
        ("auxiliary", "aux_loss"), evaluated=True,
    ),
    _plan("grad-norm", "Gradient norm", "Norm of the gradient before clipping.", ("gradient norm", "grad_norm")),
    _plan(
        "clip", "Clipped tokens", "Share of tokens whose probability ratio left the clipping range.",
        ("at either bound", "clip_ratio/region_mean", "clip_ratio"), ("at the lower", "clip_ratio/low_mean"),
        ("at the upper", "clip_ratio/high_mean"), ("CISPO", "cispo_clip_ratio"), unit=SHARE,
    ),
    _plan(
        "clip-extremes", "Clipped tokens, extremes", "Smallest and largest share over single completions.",
        ("least at the lower", "clip_ratio/low_min"), ("most at the upper", "clip_ratio/high_max"), unit=SHARE,
        optional=True,
    ),
    _plan("learning-rate", "Learning rate", "Step size of the optimizer.", ("learning rate", "learning_rate")),
    _plan(
        "advantages", "Advantages", "What completions or tokens are pushed by.", ("mean", "advantages/mean"),
        ("lowest", "advantages/min"), ("highest", "advantages/max"), optional=True,
    ),
    _plan(
        "importance-ratio", "Importance ratio", "Probability of the trainer over that of the sampler.",
        ("mean, uncorrected", "quality/sampling_ratio"), ("mean", "sampling/importance_sampling_ratio/mean"),
        ("lowest", "sampling/importance_sampling_ratio/min"), ("highest", "sampling/importance_sampling_ratio/max"),
        optional=True,
    ),
    _plan(
        "logp-difference", "Trainer against sampler", "Difference of log probabilities of the sampled tokens.",
        ("mean", "sampling/sampling_logp_difference/mean"), ("highest", "sampling/sampling_logp_difference/max"),
        unit="nats", optional=True,
    ),
    _plan(
        "mismatch", "Divergence between trainer and sampler", "Over the sampled tokens.", ("KL", "sampling/kl"),
        optional=True,
    ),
    _plan(
        "staleness", "Staleness", "Optimizer steps between sampling a completion and learning from it.",
        ("mean", "sampling/staleness/mean"), ("highest", "sampling/staleness/max"), optional=True,
    ),
    _plan(
        "masked", "Masked by the sampling correction", "Share of completions or tokens left out of the loss.",
        ("masked", "quality/masked_share"), unit=SHARE, optional=True,
    ),
)  # fmt: skip

SIGNAL = _plan(
    "signal", "Learning signal",
    "Share of completions that teach something, and of groups whose totals are all equal, best or worst.",
    ("live completions", "group/live_share"), ("groups all equal", "group/equal_share", "frac_reward_zero_std"),
    ("all best", "group/best_share"), ("all worst", "group/worst_share"), unit=SHARE,
)  # fmt: skip

GAMING = (
    _plan(
        "length", "Length of completions", "Tokens per completion; terminated: those that ended by themselves.",
        ("mean", "completions/mean_length", "quality/response_tokens"), ("shortest", "completions/min_length"),
        ("longest", "completions/max_length"), ("mean of terminated", "completions/mean_terminated_length"),
        evaluated=True,
    ),
    _plan(
        "prompt-length", "Length of prompts", "Tokens per prompt.", ("mean", "prompts/mean_length"), optional=True,
    ),
    _plan(
        "truncated", "Cut off and empty", "Shares of completions that did not end as they should.",
        ("cut off", "quality/truncated_share", "completions/clipped_ratio"),
        ("cut off below the limit", "quality/eos_unrecognised_share"), ("empty", "quality/empty_share"), unit=SHARE,
        evaluated=True,
    ),
    _plan(
        "format", "Format", "Share of completions in the expected form.", ("format rate", "quality/format_rate"),
        unit=SHARE, evaluated=True,
    ),
    _plan(
        "repetition", "Variety", "Repeated word 3-grams within an answer; different answers within a group.",
        ("repetition", "quality/repetition"), ("distinct answers", "quality/distinct_share"), unit=SHARE,
    ),
    _plan(
        "reasoning", "Reasoning indicators", "Phrases such as “Step 1” or “First” per response.",
        ("indicators", "quality/reasoning_indicators"), evaluated=True,
    ),
    _plan(
        "parts", "Length of the parts", "Mean characters of the response and of its parts.",
        ("response", "quality/response_chars"), ("thinking", "quality/think_chars"),
        ("answer", "quality/answer_chars"),
    ),
    _plan(
        "spread", "Spread of the total reward", "Standard deviation over completions, and within groups.",
        ("all completions", "reward_std"), ("within groups", "group/std"),
    ),
    _plan(
        "tools", "Turns and tools", "Mean numbers per conversation.", ("assistant turns", "quality/turns"),
        ("tool calls", "quality/tool_calls", "tools/call_frequency"), ("tool errors", "quality/tool_errors"),
        optional=True,
    ),
    _plan(
        "tool-failures", "Failed tool calls", "Share of tool calls that failed.",
        ("failed", "tools/failure_frequency"), unit=SHARE, optional=True,
    ),
    _plan(
        "tool-output", "Tool output", "Characters per conversation.", ("output", "quality/tool_chars"), optional=True,
    ),
)  # fmt: skip

EFFICIENT = (
    _plan(
        "tokens-per-second", "Tokens per second", "Completion tokens sampled per second of the step, all ranks.",
        ("tokens", "perf/tokens_per_second"),
    ),
    _plan(
        "samples-per-second", "Completions per second", "Completions sampled per second of the step, all ranks.",
        ("completions", "perf/samples_per_second"),
    ),
    _plan(
        "throughput", "Throughput", "Tokens of prompts and completions that are learned from.",
        ("tokens", "perf/throughput"), optional=True,
    ),
    _plan(
        "mfu", "Utilisation", "Share of the devices' peak that training used.", ("MFU", "perf/mfu"), unit=SHARE,
        optional=True,
    ),
    _plan(
        "memory", "Memory", "Resident memory of the process, and memory in use on the machine.",
        ("process", "perf/rss_gib"), ("machine", "perf/ram_used_gib"),
    ),
    _plan(
        "load", "Load", "Processor time of all cores, and memory, in use.", ("CPU", "perf/cpu_percent"),
        ("memory", "perf/ram_percent"),
    ),
    _plan(
        "logging", "Cost of logging", "Seconds that grpolog took on the training thread per step.",
        ("logging", "perf/logging_seconds"),
    ),
    _plan("tokens", "Tokens so far", "Tokens of prompts and completions since the start.", ("tokens", "num_tokens")),
)  # fmt: skip

BESIDE: Final = frozenset(
    {line for plan in (SIGNAL, *STABLE, *GAMING, *EFFICIENT) for wanted in plan.lines for line in wanted.metrics}
    | {"reward", "reward_std", "epoch", "step_time", "quality/n", "quality/format_compliant"}
    | {"quality/think_tokens", "quality/answer_tokens"}
    | {"completions/min_terminated_length", "completions/max_terminated_length"}
    | {f"perf/{part}" for part in ("step_seconds", "generation_seconds", "update_seconds", "completions")}
)
"""Metrics with a panel, or whose panel is drawn from another metric that says the same; not drawn a second time."""

BESIDE_BEGINNINGS: Final = ("rewards/", "perf/reward_seconds/", "perf/gpu")
"""What the names of more such metrics begin with: one for each reward function or GPU."""
