"""Recorded completions of one prompt as a group to be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl

from grpolog.report.build.phrases import listed
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.turns import cut_turns, turns_of
from grpolog.report.model import AlertNote, Completion, Group
from grpolog.report.numbers import count, percent
from grpolog.report.text import one_line

GROUP_CHARS = 96_000
"""Characters of all completions of a group that everyone sees, at most; longer ones are cut alike."""

OTHER_GROUP_CHARS = 16_000
"""The same of one of the many others."""

PROMPT_CHARS = 12_000

FUNCTIONS = 12
"""Reward functions listed with a completion at most."""

_SHORTEST = 400
_EXTRA, _EXTRA_CHARS = 12, 300
_TITLES: Final[dict[str, str]] = {"best": "best", "worst": "worst", "divided": "most divided"}
_KEPT: Final[dict[str, str]] = {
    "best": "with the highest mean total of its logging window so far",
    "worst": "with the lowest mean total of its logging window so far",
    "divided": "with the largest spread of totals of its logging window so far",
    "lot": "by lot",
    "pinned": "as its prompt is followed through all evaluations",
    "all": "as every group is",
}
FINISH: Final = {
    "stop": "ended by itself",
    "length": "cut off at the length limit",
    "unrecognised": "counted as cut off, though below the limit",
}
"""How a completion ended, in words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a group is shown for."""

    title: str = ""
    why: str = ""
    """Empty of one of the many others."""


def group_of(
    rows: pl.DataFrame, head: Mapping[str, Any], rewards: Rewards, shown: Shown, alerts: tuple[AlertNote, ...] = ()
) -> Group:
    """A recorded group to be read.

    Args:
        rows: its rows of `run.examples`, in order.
        head: its row of `recorded_groups`.
        rewards: the reward functions of the run.
        shown: why it is shown.
        alerts: alerts that name it.
    """
    first = rows.row(0, named=True)
    scale = rows["advantage"].abs().filter(rows["advantage"].is_finite()).max()
    limit = max((GROUP_CHARS if shown.why else OTHER_GROUP_CHARS) // rows.height, _SHORTEST)
    prompt, _ = cut_turns(turns_of(first["prompt"], first["prompt_messages"]), PROMPT_CHARS)
    return Group(
        key=head["key"],
        title=shown.title or _title(head["kept"]),
        why=shown.why,
        kept=_kept(head["kept"]),
        represents=_represents(head),
        step=head["step"],
        where=where_of(head["mode"], head["eval_name"]),
        prompt_id=head["prompt_id"],
        source=head["source"] or "",
        prompt=prompt,
        completions=tuple(
            _completion(row, rewards, limit, float(scale) if isinstance(scale, float) else 0.0)
            for row in rows.iter_rows(named=True)
        ),
        mean=head["mean"],
        std=head["std"],
        outcome=head["outcome"],
        alerts=alerts,
    )


def where_of(mode: str, eval_name: str | None) -> str:
    """`training`, or which evaluation."""
    where = "training" if mode == "train" else "evaluation"
    return where if eval_name is None else f"{where} on {one_line(eval_name, 60)}"


def steps_of(first: int, last: int) -> str:
    """`step 5`, or `steps 5 to 9`."""
    return f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"


def _title(reasons: list[str]) -> str:
    """`Kept as best and most divided`, of a group that is shown for nothing else."""
    extremes = [_TITLES[reason] for reason in dict.fromkeys(reasons) if reason in _TITLES]
    if extremes:
        return f"Kept as {listed(extremes)}"
    return "Drawn by lot" if "lot" in reasons else "Followed prompt" if "pinned" in reasons else ""


def _kept(reasons: list[str]) -> str:
    return f"Kept {listed([_KEPT[reason] for reason in dict.fromkeys(reasons) if reason in _KEPT])}."


def _represents(head: Mapping[str, Any]) -> str:
    """How many groups were generated for its step, and how many of its part of the run did worse and better."""
    if head["of_step"] is None:
        return ""
    one = f"One of {count(head['of_step'], 'group')} generated for step {head['step']:,}."
    if head["of_step"] == 1:
        one = f"The only group generated for step {head['step']:,}."
    if head["below"] is None or head["of_stretch"] < 2:
        return one
    return (
        f"{one} Of the {head['of_stretch']:,} groups of {steps_of(head['first'], head['last'])}, "
        f"{percent(head['below'])} have a lower mean total, {percent(head['above'])} a higher one."
    )


def _completion(row: dict[str, Any], rewards: Rewards, limit: int, scale: float) -> Completion:
    turns = turns_of(row["completion"], row["completion_messages"])
    characters = sum(len(turn.text) for turn in turns)
    turns, _ = cut_turns(turns, limit)
    scored, left_out = _scored(row["rewards"] or {}, rewards)
    extra = _extra(row["extra"])
    if left_out:
        extra = (("further functions", f"{left_out:,} are in the log"), *extra)
    finish = FINISH.get(row["finish"] or "", "")
    return Completion(
        index=row["index"],
        turns=turns,
        rewards=scored,
        total=row["total"],
        advantage=row["advantage"],
        advantage_scale=scale,
        tokens=row["tokens"],
        characters=characters,
        finish=finish or ("cut off" if row["truncated"] else ""),
        cut_chars=row["cut_chars"] or 0,
        extra=extra,
    )


def _scored(paid: dict[str, float | None], rewards: Rewards) -> tuple[tuple[tuple[str, float | None], ...], int]:
    """Rewards by function, and how many functions are left out; a function that the run does not name and that did
    not score is one of another attempt.
    """
    named = set(rewards.names)
    known = {name: value for name, value in paid.items() if name in named or value is not None}
    order = {name: place for place, name in enumerate(rewards.names)}
    names = sorted(known, key=lambda name: order.get(name, len(order)))
    return tuple((name, known[name]) for name in names[:FUNCTIONS]), max(0, len(names) - FUNCTIONS)


def _extra(text: str | None) -> tuple[tuple[str, str], ...]:
    content = orjson.loads(text) if text else None
    if not isinstance(content, dict):
        return ()
    return tuple(
        (str(name), one_line(value if isinstance(value, str) else orjson.dumps(value).decode(), _EXTRA_CHARS))
        for name, value in list(content.items())[:_EXTRA]
    )
