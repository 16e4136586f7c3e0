"""Which recorded groups stand for a run: the extremes and the usual of its newest, first and middle part, and the
prompts that were followed through the evaluations.
"""

from collections.abc import Iterator
from typing import Final, Literal

import polars as pl

from grpolog.report.build.groups import Shown, steps_of
from grpolog.report.build.phrases import listed

STRETCH = 10
"""A stretch is this part of the recorded steps: the newest tenth, the first one, one in the middle."""

PINNED = 2
"""Prompts whose first and newest answers in evaluation are chosen."""

Reason = Literal["best", "worst", "divided", "lot", "only", "unscored"]

# Of the newest stretch everything is shown, of earlier ones less.
_WANTED: Final[dict[str, tuple[Reason, ...]]] = {
    "newest": ("best", "worst", "divided", "lot"),
    "first": ("best", "worst", "lot"),
    "middle": ("best", "worst"),
}
_SCORES: Final[dict[Reason, tuple[str, bool]]] = {
    "best": ("mean", False),
    "worst": ("mean", True),
    "divided": ("std", False),
}
_TITLES: Final[dict[Reason, str]] = {
    "best": "Best",
    "worst": "Worst",
    "divided": "Most divided",
    "lot": "Drawn by lot",
    "only": "The only group",
    "unscored": "Unscored",
}
_WHY: Final[dict[Reason, str]] = {
    "best": "the highest mean total",
    "worst": "the lowest mean total",
    "divided": "the largest spread of totals",
    "only": "the only one",
    "unscored": "the last one",
}


def extremes(heads: pl.DataFrame) -> Iterator[tuple[int, Shown]]:
    """Rows of groups of training that stand for a part of the run, each once, and what for.

    Args:
        heads: rows of `recorded_groups` with their number as `row`.
    """
    steps = heads["step"].unique().sort().to_list()
    size = max(1, len(steps) // STRETCH)
    middle = (len(steps) - size) // 2
    stretches = {"newest": steps[-size:], "first": steps[:size], "middle": steps[middle : middle + size]}
    taken: set[int] = set()
    for when, reasons in _WANTED.items() if steps else ():
        inside = heads.filter(pl.col("step").is_in(stretches[when]))
        found: dict[int, list[Reason]] = {}
        for reason in reasons:
            row = usual(inside) if reason == "lot" else _extreme(inside, reason)
            if row is not None:
                found.setdefault(row, []).append(reason)
        if not found:
            found[int(inside["row"][-1])] = ["unscored"]
        for row, deserved in found.items():
            if row not in taken:
                taken.add(row)
                yield row, _shown(deserved, when, stretches[when][0], stretches[when][-1])


def usual(inside: pl.DataFrame) -> int | None:
    """The newest group that was drawn by lot; where every group was kept, the one with the smallest id of its prompt,
    which is a hash.
    """
    drawn = inside.filter(pl.col("kept").list.contains("lot"))
    if drawn.height:
        return int(drawn["row"][-1])
    kept = inside.filter(pl.col("kept").list.contains("all")).sort("prompt_id", maintain_order=True)
    return int(kept["row"][0]) if kept.height else None


def followed(heads: pl.DataFrame) -> Iterator[tuple[int, Shown]]:
    """The newest and the first answers to a few prompts that come up in all evaluations."""
    prompts = heads.select("eval_name", "prompt_id").unique(maintain_order=True).rows()
    for eval_name, prompt in prompts[:PINNED]:
        mine = heads.filter(pl.col("eval_name").eq_missing(pl.lit(eval_name)), pl.col("prompt_id") == prompt)
        yield int(mine["row"][-1]), _answers("newest")
        if mine.height > 1:
            yield int(mine["row"][0]), _answers("first")


def _answers(when: str) -> Shown:
    return Shown(f"Followed prompt, {when} answers", f"Its {when} answers in evaluation.")


def _extreme(inside: pl.DataFrame, reason: Reason) -> int | None:
    """The group that a reason is true of, the newest of equals."""
    column, descending = _SCORES[reason]
    known = inside.filter(pl.col(column).is_finite()).sort(column, descending=descending, maintain_order=True)
    return int(known["row"][-1]) if known.height else None


def _shown(reasons: list[Reason], when: str, first: int, last: int) -> Shown:
    """`Worst and most divided, newest steps`. A group that is the best and the worst is the only one."""
    if "best" in reasons and "worst" in reasons:
        reasons = [reason for reason in reasons if reason == "lot"] or ["only"]
    titles = listed([_TITLES[reason] for reason in reasons])
    extreme = listed([_WHY[reason] for reason in reasons if reason in _WHY])
    lot = "; it was drawn by lot too" if "lot" in reasons else ""
    why = f"{extreme[:1].upper()}{extreme[1:]} of the recorded groups of {steps_of(first, last)}{lot}."
    if not extreme:
        why = f"One of the groups of {steps_of(first, last)}, drawn by lot: what is usual."
    return Shown(f"{titles[0]}{titles[1:].lower()}, {when} steps", why)
