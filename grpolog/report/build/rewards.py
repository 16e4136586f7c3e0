"""Which reward functions a run has, and which of them is the task."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from grpolog.report.build.lines import Lines
from grpolog.report.model import FunctionRow

ROWS = 40
"""Functions in the table at most."""

_MEAN = re.compile(r"rewards/(.+)/mean", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rewards:
    """The reward functions of a run."""

    names: tuple[str, ...]
    """Those with a value in training, the primary one first, then in the trainer's order."""

    primary: str | None
    """The function that is the task itself: the one that the log names, or the only one; None when unknown."""

    weights: Mapping[str, float]
    """Weights that the log tells."""

    def mean(self, name: str) -> str:
        """The metric of a function's mean."""
        return f"rewards/{name}/mean"


def rewards_of(lines: Lines) -> Rewards:
    """The functions with a value in the log, in training or else in evaluation."""
    info = lines.run.info
    found = [match[1] for metric in lines.names if (match := _MEAN.fullmatch(metric))]
    if not found and lines.eval_sets:
        prefixed = re.compile(r"eval_(?:.+_)?rewards/(.+)/mean", re.DOTALL)
        found = list(dict.fromkeys(match[1] for metric in lines.names if (match := prefixed.fullmatch(metric))))
    told = list(info.reward_functions or ()) if info else []
    place = {name: number for number, name in enumerate(told)}
    primary = info.primary if info and info.primary in found else found[0] if len(found) == 1 else None
    ordered = sorted(found, key=lambda name: (name != primary, place.get(name, len(place))))
    return Rewards(tuple(ordered), primary, (info.reward_weights if info else None) or {})


def function_rows(lines: Lines, rewards: Rewards) -> tuple[FunctionRow, ...]:
    """The functions as rows of a table, at most `ROWS`."""
    return tuple(_row(lines, rewards, name) for name in trained(lines, rewards)[:ROWS])


def trained(lines: Lines, rewards: Rewards) -> tuple[str, ...]:
    """The functions with a value in training."""
    return tuple(name for name in rewards.names if lines.first_known(rewards.mean(name)))


def _row(lines: Lines, rewards: Rewards, name: str) -> FunctionRow:
    mean = lines.series(rewards.mean(name))
    share, spread, equal = (
        lines.series(f"rewards/{name}/{of}").end for of in ("advantage_share", "group_std", "equal_share")
    )
    return FunctionRow(
        name=name,
        primary=name == rewards.primary,
        weight=rewards.weights.get(name),
        first=mean.first,
        last=mean.end,
        advantage_share=share,
        group_std=spread,
        equal_share=equal,
        spark=lines.spark(rewards.mean(name)),
    )
