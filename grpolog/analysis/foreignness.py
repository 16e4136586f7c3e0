"""What the audit of a log of another program says besides: where it comes from, and what it cannot tell."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from grpolog.events import RunEvent

_JUDGED: Final[dict[str, tuple[str, ...]]] = {
    "the reward": ("reward",),
    "groups without contrast": ("group/equal_share", "frac_reward_zero_std"),
    "the length of completions": ("completions/mean_length", "quality/response_tokens", "quality/response_chars"),
    "truncation": ("completions/clipped_ratio", "quality/truncated_share"),
    "the entropy of the policy": ("entropy",),
    "KL to the reference model": ("kl",),
    "the gradient": ("grad_norm",),
    "time": ("perf/step_seconds", "step_time"),
    "memory": ("perf/rss_gib", "perf/ram_used_gib", "perf/gpu0/allocated_gib"),
}
"""What reports and rules look at, and the metrics of which one is needed for it."""


def foreign_sentences(
    info: RunEvent | None, names: list[str], events: Mapping[str, pl.DataFrame], repeated: int
) -> Iterator[str]:
    """Sentences about a log that was imported; none about a log of ours.

    Args:
        info: the run event of the newest attempt.
        names: the metrics that the log holds.
        events: by event its flat table.
        repeated: rows that stood there twice.
    """
    if info is None or info.capture != "imported":
        return
    framework = info.framework or "an unknown framework"
    version = (info.versions or {}).get(info.framework or "")
    source = (info.capture_note or "imported").partition(" from ")[0]
    yield f"{source[:1].upper()}{source[1:]}; {framework}{f' {version}' if version else ', version unknown'}."
    if repeated:
        yield f"{repeated:,} repeated rows or completions were left out."
    logged, sampled = _steps(events["step"]), _steps(events["quality"])
    if not sampled:
        yield "No completion was recorded: what the model writes cannot be judged."
    elif logged:
        yield f"Completions are there of {len(sampled & logged):,} of {len(logged):,} logged steps of training."
    missing = [what for what, needed in _JUDGED.items() if not any(name in names for name in needed)]
    if not any(name.startswith("eval_") for name in names):
        missing.append("evaluation")
    if missing:
        yield f"Not in this log, and so not judged: {', '.join(missing)}."


def _steps(table: pl.DataFrame) -> set[int]:
    return set(table.filter(pl.col("mode") == "train")["step"].to_list())
