"""The console's blocks: events as text for people, in the form that the original tool had.

Pure functions; what a trainer does not tell is left out, what a function did not score is `n/a`. Names and texts of
unknown origin are made visible.
"""

import re
from collections.abc import Sequence

from grpolog.events import TOTAL, AlertEvent, ExampleEvent, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.generation.texts import response_text
from grpolog.record.visible import visible
from grpolog.trends import Alert

_FIRST_CLAUSE = re.compile(r".+?(?=;|\.(?:\s|$)|$)")

TEXT_LIMIT = 4000
"""Longest completion shown, characters."""

_NAME_WIDTHS = (15, 40)
_GROUPS = 3


def step_lines(event: StepEvent) -> str:
    """The step line and, where the trainer tells any of its numbers, the GRPO line."""
    head = [f"Step {event.step:4d}"]
    head += (
        _told("Loss", event.loss, ".4f") + _told("LR", event.learning_rate, ".2e") + _told("Epoch", event.epoch, ".2f")
    )
    clip = event.clip_ratio if event.clip_ratio is not None else event.clip_ratio_region_mean
    entropy = event.entropy_loss if event.entropy_loss is not None else event.entropy
    grpo = [
        *_told("Policy", event.policy_loss, ".4f"),
        *_told("Value", event.value_loss, ".4f"),
        *_told("Entropy", entropy, ".4f"),
        *_told("KL", event.kl, ".4f"),
        *_told("Clip", clip, ".4f"),
        *_told("Grad norm", event.grad_norm, ".4f"),
    ]
    lines = [" | ".join(head)]
    if grpo:
        lines.append(" " * 9 + " | ".join(["GRPO", *grpo]))
    return "\n".join(lines)


def reward_block(rewards: Sequence[RewardEvent]) -> str:
    """Mean, spread and range of each reward function, then the total; empty without rewards."""
    if not rewards:
        return ""
    ordered = sorted(rewards, key=lambda event: event.name == TOTAL)
    names = [_cut(visible(event.name), _NAME_WIDTHS[1]) for event in ordered]
    width = max(_NAME_WIDTHS[0], *map(len, names))
    lines = ["Reward Breakdown:"]
    for name, event in zip(names, ordered, strict=True):
        start = f"  {name:<{width}}: {_number(event.mean, '6.3f')}"
        if event.name == TOTAL:
            lines.append(f"{start} (combined)")
        else:
            low, high = _number(event.min, "6.3f"), _number(event.max, "6.3f")
            lines.append(f"{start} ± {_number(event.std, '.3f')} [{low}, {high}]")
    return "\n".join(lines)


def quality_block(quality: QualityEvent | None) -> str:
    """Format compliance, lengths and reasoning indicators; empty without any."""
    if quality is None:
        return ""
    lines = []
    if quality.format_rate is not None:
        counted = "" if quality.format_compliant is None else f" ({quality.format_compliant}/{quality.n})"
        lines.append(f"  Format compliance: {quality.format_rate:6.1%}{counted}")
    if quality.response_chars is not None:
        lines.append(f"  Avg response length: {quality.response_chars:6.1f} chars")
    if quality.think_chars is not None:
        lines.append(f"  Avg think length:   {quality.think_chars:6.1f} chars")
    if quality.answer_chars is not None:
        lines.append(f"  Avg answer length:  {quality.answer_chars:6.1f} chars")
    if quality.reasoning_indicators is not None:
        lines.append(f"  Reasoning indicators: {quality.reasoning_indicators:5.2f} per response")
    return "\n".join(["Generation Quality:", *lines]) if lines else ""


def perf_block(perf: PerfEvent | None) -> str:
    """Time, speed, memory and CPU; empty without any. GB are GiB, as tools for GPUs count."""
    if perf is None:
        return ""
    lines = []
    if perf.step_seconds is not None:
        lines.append(f"  Step time:    {perf.step_seconds:6.2f}s")
    if perf.samples_per_second is not None:
        lines.append(f"  Samples/sec:  {perf.samples_per_second:5.1f}")
    gpus = [gpu for gpu in perf.gpus or [] if gpu.allocated_gib is not None]
    for gpu in gpus:
        label = "GPU memory:" if len(gpus) == 1 else f"GPU {gpu.index} memory:"
        reserved = "" if gpu.reserved_gib is None else f" (reserved: {gpu.reserved_gib:.2f}GB)"
        lines.append(f"  {label:<14}{gpu.allocated_gib:6.2f}GB{reserved}")
    if perf.ram_used_gib is not None:
        share = "" if perf.ram_percent is None else f" ({perf.ram_percent:.1f}%)"
        lines.append(f"  RAM usage:    {perf.ram_used_gib:6.2f}GB{share}")
    if perf.cpu_percent is not None:
        lines.append(f"  CPU usage:    {perf.cpu_percent:5.1f}%")
    return "\n".join(["Performance:", *lines]) if lines else ""


def examples_block(best: ExampleEvent, worst: ExampleEvent) -> str:
    """The best and the worst completion with their rewards."""
    rule = "=" * 80
    shown = [rule, "GENERATION EXAMPLES", rule, *_example("BEST", best), "-" * 40, *_example("WORST", worst), rule]
    return "\n".join(shown)


def _example(title: str, event: ExampleEvent) -> list[str]:
    text = event.completion if event.completion is not None else response_text(event.completion_messages)
    rewards = {**(event.rewards or {}), TOTAL: event.total}
    return [
        f"{title} EXAMPLE (idx {event.index}):",
        f"Content: {visible(_cut(text, TEXT_LIMIT), lines=True)}",
        "",
        "Reward breakdown:",
        *(f"  {_cut(visible(name), _NAME_WIDTHS[1])}: {_number(value, '.3f')}" for name, value in rewards.items()),
    ]


def alert_block(alert: Alert | AlertEvent) -> str:
    """An alert in one line, and while it stands the first thing to do about a warning or an error in a second, and in a
    third the most telling groups to read.
    """
    message = visible(alert.message.removeprefix(f"Step {alert.step}: "))
    state = "" if alert.state == "opened" else f", {alert.state}"
    lines = [f"Alert Step {alert.step} ({alert.severity}{state}): {visible(alert.rule)}: {message}"]
    if alert.severity != "info" and alert.state != "resolved":
        first = _FIRST_CLAUSE.match(alert.remedy or "")
        if first is not None:
            lines.append(f"  Remedy: {visible(first[0])}")
        groups = alert.groups if isinstance(alert, AlertEvent) else None
        if groups:
            told = (f"step {group.step} group {group.group} ({visible(group.shows)})" for group in groups[:_GROUPS])
            lines.append(f"  Read: {', '.join(told)}")
    return "\n".join(lines)


def _told(label: str, value: float | None, form: str) -> list[str]:
    return [] if value is None else [f"{label}: {value:{form}}"]


def _number(value: float | None, form: str) -> str:
    return f"{value:{form}}" if value is not None else f"{'n/a':>{form.partition('.')[0] or 1}}"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: limit - 1] + "…" if limit < 100 else f"{text[:limit]}… ({len(text) - limit} characters more)"
