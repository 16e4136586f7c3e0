"""What a log lacks: metrics that its framework always logs, and what therefore cannot be judged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from grpolog import metrics
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


@dataclass(frozen=True, slots=True)
class MissingKey:
    """A metric that should be in the log and is not."""

    metric: str
    """Canonical name; with `<f>` that of any reward function."""

    logged_by: str
    """Framework and versions that always log it."""

    unless: str = ""
    """With which settings they do not; empty where they always do."""

    not_judged: str = ""
    """What cannot be judged without it; empty where something else tells that too."""


def missing_keys(info: RunEvent | None, logged: Collection[str], names: Collection[str]) -> tuple[MissingKey, ...]:
    """The metrics that the framework of a run always logs and the log does not hold.

    Args:
        info: the run event of the newest attempt.
        logged: the metrics in the trainer's rows of training.
        names: all metrics that the log holds.
    """
    if info is None:
        return ()
    version = (info.versions or {}).get(info.framework or "")
    found = metrics.missing_metrics(info.framework, version, info.trainer, info.beta, logged)
    if found is None:
        return ()
    without = {metric: what for what in not_judged(names) for metric in _JUDGED[what]}
    by = f"{info.framework} {found.versions}"
    return tuple(MissingKey(each.metric, by, each.unless, without.get(each.metric, "")) for each in found.metrics)


def not_judged(names: Collection[str]) -> list[str]:
    """What cannot be judged by metrics of these names."""
    return [what for what, needed in _JUDGED.items() if not any(name in names for name in needed)]


def sentence_of(missing: Sequence[MissingKey]) -> str:
    """The missing metrics one by one, those of which the same is to be said together."""
    together = [list(same) for _, same in groupby(missing, key=lambda key: (key.unless, key.not_judged))]
    return f"Missing, though {missing[0].logged_by} always logs it: {'; '.join(map(_told, together))}."


def _told(same: Sequence[MissingKey]) -> str:
    names = ", ".join(f"`{key.metric}`" for key in same)
    unless = f" (unless {same[0].unless})" if same[0].unless else ""
    judged = f", so {same[0].not_judged} cannot be judged" if same[0].not_judged else ""
    return f"{names}{unless}{judged}"
