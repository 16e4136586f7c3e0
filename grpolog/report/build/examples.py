"""Which recorded groups a report shows, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from grpolog.analysis import Run
from grpolog.report.build.groups import Reason, Shown, group_of
from grpolog.report.build.rewards import Rewards
from grpolog.report.model import Group
from grpolog.report.numbers import count

STRETCH = 10
"""A stretch is this part of the recorded steps: the newest tenth, the first one, one in the middle."""

PINNED = 2
"""Prompts whose first and newest answers in evaluation are shown."""

_GROUP = ["attempt", "mode", "eval_name", "generation", "step", "group"]
# Of the newest stretch everything is shown, of earlier ones less.
_WANTED: Final[dict[Literal["newest", "first", "middle"], tuple[Reason, ...]]] = {
    "newest": ("best", "worst", "divided", "lot"),
    "first": ("best", "worst", "lot"),
    "middle": ("best", "worst"),
}
_SCORES: Final[dict[str, tuple[str, bool]]] = {
    "best": ("mean", False),
    "worst": ("mean", True),
    "divided": ("std", False),
}


@dataclass(frozen=True, slots=True)
class Examples:
    """The groups that are shown."""

    groups: tuple[Group, ...]
    note: str
    """Of how many they are a choice."""


def examples_of(run: Run, rewards: Rewards) -> Examples:
    """A choice of the recorded groups: the extremes of the newest steps first, then those of the first steps and of
    the middle, then the prompts that were followed through the evaluations.
    """
    table = run.examples.filter(~pl.col("superseded"))
    if table.is_empty():
        replaced = "The groups that were recorded belong to steps that a later attempt replaced."
        return Examples((), replaced if run.examples.height else "The log holds no completion to read.")
    table = table.with_row_index("row").with_columns(pl.col("row").min().over(_GROUP))
    heads = table.group_by("row", maintain_order=True).agg(
        pl.col("mode", "eval_name", "step", "prompt_id").first(),
        pl.col("total").mean().alias("mean"),
        pl.col("total").std().alias("std"),
        pl.concat_list(pl.col("kept"), pl.col("also_kept").fill_null([])).first().alias("reasons"),
    )
    chosen = dict(
        [*_extremes(heads.filter(pl.col("mode") == "train")), *_followed(heads.filter(pl.col("mode") == "eval"))]
    )
    groups = tuple(
        group_of(table.filter(pl.col("row") == row).sort("index"), rewards, f"example-{number}", shown)
        for number, (row, shown) in enumerate(chosen.items(), start=1)
    )
    return Examples(groups, _note(run, heads.height, table.height, len(groups)))


def _extremes(heads: pl.DataFrame) -> Iterator[tuple[int, Shown]]:
    """Rows of groups of training that are shown, each once, with what they are shown for."""
    steps = heads["step"].unique().sort().to_list()
    size = max(1, len(steps) // STRETCH)
    middle = (len(steps) - size) // 2
    stretches = {"newest": steps[-size:], "first": steps[:size], "middle": steps[middle : middle + size]}
    taken: set[int] = set()
    for when, reasons in _WANTED.items() if steps else ():
        inside = heads.filter(pl.col("step").is_in(stretches[when]))
        found: dict[int, list[Reason]] = {}
        for reason in reasons:
            row = _deserving(inside, reason)
            if row is not None:
                found.setdefault(row, []).append(reason)
        if not found:
            found[int(inside["row"][-1])] = ["unscored"]
        for row, deserved in found.items():
            if row not in taken:
                taken.add(row)
                yield row, Shown(_telling(deserved), when, (stretches[when][0], stretches[when][-1]))


def _deserving(inside: pl.DataFrame, reason: Reason) -> int | None:
    """The group that a reason is true of, the newest of equals. The lot is the newest that was drawn; where every
    group was kept, the one with the smallest hash of its prompt.
    """
    if reason == "lot":
        drawn = inside.filter(pl.col("reasons").list.contains("lot"))
        kept = inside.filter(pl.col("reasons").list.contains("all")).sort("prompt_id", maintain_order=True)
        return int(drawn["row"][-1]) if drawn.height else int(kept["row"][0]) if kept.height else None
    column, descending = _SCORES[reason]
    known = inside.filter(pl.col(column).is_finite()).sort(column, descending=descending, maintain_order=True)
    return int(known["row"][-1]) if known.height else None


def _telling(reasons: list[Reason]) -> tuple[Reason, ...]:
    """What is worth saying: a group that is the best and the worst is the only one."""
    if "best" in reasons and "worst" in reasons:
        return tuple(reason for reason in reasons if reason == "lot") or ("only",)
    return tuple(reasons)


def _followed(heads: pl.DataFrame) -> Iterator[tuple[int, Shown]]:
    """The newest and the first answers to a few prompts that come up in all evaluations."""
    prompts = heads.select("eval_name", "prompt_id").unique(maintain_order=True).rows()
    for eval_name, prompt in prompts[:PINNED]:
        mine = heads.filter(pl.col("eval_name").eq_missing(pl.lit(eval_name)), pl.col("prompt_id") == prompt)
        yield int(mine["row"][-1]), Shown(("pinned",), "newest", (mine["step"][-1], mine["step"][-1]))
        if mine.height > 1:
            yield int(mine["row"][0]), Shown(("pinned",), "first", (mine["step"][0], mine["step"][0]))


def _note(run: Run, groups: int, completions: int, shown: int) -> str:
    generated = run.audit.completions
    of = f" of {count(generated, 'generated one')}" if generated >= completions else ""
    return (
        f"{shown:,} of {count(groups, 'recorded group')} ({count(completions, 'completion')}{of}). "
        "Best, worst and most divided are extremes; only groups drawn by lot show what is usual."
    )
