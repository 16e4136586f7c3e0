"""Where the same name is not the same measure: other estimators, other sums, other prompts."""

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from grpolog import metrics
from grpolog.analysis.compare.arms import Arm
from grpolog.analysis.compare.axis import Across
from grpolog.analysis.run import Run
from grpolog.metrics import SHOWN_BY

_TOTALS: Final = frozenset({"reward", "reward_std", "group/std"})
_OF_GROUPS: Final = frozenset({"frac_reward_zero_std", "group/equal_share", "group/best_share", "group/worst_share"})
_GROUP_FIELDS: Final = ("equal_share", "best_share", "worst_share")

Sum = tuple[tuple[str, float], ...]
"""Names and weights of what a total is the sum of."""


def total_of(run: Run) -> Sum:
    """Of what the total reward is the sum; nothing where the log does not tell."""
    info = run.info
    names = (info.reward_functions if info else None) or [
        name.removeprefix("rewards/").removesuffix("/mean")
        for name in run.metric_names()
        if name.startswith("rewards/") and name.endswith("/mean")
    ]
    weights = (info.reward_weights if info else None) or {}
    return tuple(sorted((name, float(weights.get(name, 1.0))) for name in names))


def same_total(arms: Sequence[Arm]) -> bool:
    """Whether the total reward is the same sum in all runs, as far as their logs tell."""
    return len(_values(arms, total_of)) <= 1


def only_function(arms: Sequence[Arm]) -> str | None:
    """The reward function that is all of the total reward in every run; None where there are others, or weights."""
    sums = {total_of(run) for arm in arms for run in arm.runs}
    found = sums.pop() if len(sums) == 1 else ()
    return found[0][0] if len(found) == 1 and found[0][1] == 1.0 else None


def is_total(metric: str) -> bool:
    """Whether a metric is the total reward or one of its statistics, in training or evaluation."""
    known = metrics.canonical(metric)
    return known is not None and known.name in _TOTALS


def unlike(arms: Sequence[Arm], metric: str) -> tuple[str, ...]:
    """Why the values of a metric are not the same measure in all arms; empty where they are, as far as is known."""
    holding = [arm for arm in arms if any(metric in run.metric_names() for run in arm.runs)]
    if len(holding) < 2:
        return ()
    found = [_listed(holding, lambda run: run.caveat(metric) or "as defined")]
    if is_total(metric) and not same_total(holding):
        found.append(_listed(holding, lambda run: _sum(total_of(run))))
    known = metrics.canonical(metric)
    if known is not None and (known.name in _OF_GROUPS or known.field in _GROUP_FIELDS):
        found.append(_listed(holding, _groups))
    if known is not None and known.event in ("reward", "quality"):
        counted = "over every completion", "the trainer's mean over its logging window"
        found.append(_listed(holding, lambda run: counted[run.is_logged(metric)]))
    return tuple(text for text in found if text)


def general(arms: Sequence[Arm], across: Across) -> tuple[str, ...]:
    """What sets these runs apart as a whole, in sentences."""
    said = []
    for arm in arms:
        for run, name in zip(arm.runs, arm.names, strict=True):
            if run.objective is not None:
                said.append(f"{name} is no GRPO run: {SHOWN_BY[run.objective]}.")
    if not same_total(arms):
        sums = _listed(arms, lambda run: _sum(total_of(run)))
        said.append(f"The total reward is not the same sum, so totals are not compared. {sums}.")
    if frameworks := _listed(arms, _framework):
        said.append(f"Other frameworks or versions: {frameworks}.")
    said += _evaluations(arms)
    sizes = _listed(arms, _step)
    if sizes and across == "step":
        said.append(f"A step is not the same number of completions ({sizes}): aligned by tokens they may differ.")
    return tuple(said)


def _evaluations(arms: Sequence[Arm]) -> list[str]:
    """Whether the evaluations ask the same prompts."""
    asked = {arm.label: _asked(arm) for arm in arms}
    known = {label: prompts for label, prompts in asked.items() if prompts}
    if len({frozenset(prompts) for prompts in known.values()}) <= 1:
        return []
    shared = len(frozenset.intersection(*map(frozenset, known.values())))
    sizes = {len(prompts) for prompts in known.values()}
    counts = ", ".join(f"{label}: {len(prompts):,}" for label, prompts in known.items())
    each = f"{sizes.pop():,} each" if len(sizes) == 1 else counts
    return [f"The evaluations do not ask the same prompts: {each}, of which {shared:,} are in all."]


def _asked(arm: Arm) -> set[str]:
    tables = [run.groups.filter(pl.col("mode") == "eval")["prompt_id"].unique() for run in arm.runs]
    return set().union(*(table.to_list() for table in tables))


def _listed(arms: Sequence[Arm], of: Callable[[Run], str]) -> str:
    """`A: this; B and C: that`, empty where all that is known is the same."""
    by_text: dict[str, list[str]] = {}
    for arm in arms:
        text = " or ".join(dict.fromkeys(filter(None, map(of, arm.runs))))
        if text:
            by_text.setdefault(text, []).append(arm.label)
    if len(by_text) <= 1:
        return ""
    return "; ".join(f"{' and '.join(labels)}: {text}" for text, labels in by_text.items())


def _values(arms: Sequence[Arm], of: Callable[[Run], Sum]) -> set[Sum]:
    return {value for arm in arms for run in arm.runs if (value := of(run))}


def _sum(total: Sum) -> str:
    shown = [name if weight == 1 else f"{weight:g} × {name}" for name, weight in total[:8]]
    return " + ".join(shown) + (f" + {len(total) - 8} more" if len(total) > 8 else "")


def _framework(run: Run) -> str:
    info = run.info
    if info is None or not info.framework:
        return ""
    version = (info.versions or {}).get(info.framework)
    return " ".join(filter(None, (info.framework, version, info.trainer)))


def _groups(run: Run) -> str:
    return f"groups of {run.info.group_size:,}" if run.info is not None and run.info.group_size else ""


def _step(run: Run) -> str:
    return f"{run.info.completions_per_step:,}" if run.info is not None and run.info.completions_per_step else ""
