"""Recorded completions of one prompt as a group to be read."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
import polars as pl

from grpolog.report.build.phrases import listed
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.turns import cut_turns, turns_of
from grpolog.report.model import Completion, Group
from grpolog.report.text import one_line

GROUP_CHARS = 96_000
"""Characters of all completions of a group at most; longer ones are cut alike."""

PROMPT_CHARS = 12_000

FUNCTIONS = 12
"""Reward functions listed with a completion at most."""

Reason = Literal["best", "worst", "divided", "lot", "only", "unscored", "pinned"]
"""What a group is shown for."""

_SHORTEST = 400
_EXTRA, _EXTRA_CHARS = 12, 300
_TITLES: Final[dict[Reason, str]] = {
    "best": "Best",
    "worst": "Worst",
    "divided": "Most divided",
    "lot": "Drawn by lot",
    "only": "The only group",
    "unscored": "Unscored",
    "pinned": "Followed prompt",
}
_WHY: Final[dict[Reason, str]] = {
    "best": "the highest mean total",
    "worst": "the lowest mean total",
    "divided": "the largest spread of totals",
    "only": "the only one",
    "unscored": "the last one",
}
FINISH: Final = {
    "stop": "ended by itself",
    "length": "cut off at the length limit",
    "unrecognised": "counted as cut off, though below the limit",
}
"""How a completion ended, in words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Why a group is shown."""

    reasons: tuple[Reason, ...]
    when: Literal["newest", "first", "middle"]
    """Which part of the run it stands for."""

    steps: tuple[int, int]
    """The first and the last step of that part."""


def group_of(rows: pl.DataFrame, rewards: Rewards, key: str, shown: Shown) -> Group:
    """The group of `rows`, which are its completions in order.

    Args:
        rows: rows of `run.examples`.
        rewards: the reward functions of the run.
        key: unique in the report.
        shown: why it is shown.
    """
    first = rows.row(0, named=True)
    totals = rows["total"]
    scale = rows["advantage"].abs().filter(rows["advantage"].is_finite()).max()
    limit = max(GROUP_CHARS // rows.height, _SHORTEST)
    prompt, _ = cut_turns(turns_of(first["prompt"], first["prompt_messages"]), PROMPT_CHARS)
    where = "training" if first["mode"] == "train" else "evaluation"
    return Group(
        key=key,
        title=_title(shown),
        why=_why(shown),
        step=first["step"],
        where=where if first["eval_name"] is None else f"{where} on {one_line(first['eval_name'], 60)}",
        prompt_id=first["prompt_id"],
        source=first["source"] or "",
        prompt=prompt,
        completions=tuple(
            _completion(row, rewards, limit, float(scale) if isinstance(scale, float) else 0.0)
            for row in rows.iter_rows(named=True)
        ),
        mean=_float(totals.mean()),
        std=_float(totals.std()),
    )


def _title(shown: Shown) -> str:
    """`Worst and most divided, newest steps`."""
    titles = listed([_TITLES[reason] for reason in shown.reasons])
    what = "answers" if "pinned" in shown.reasons else "steps"
    return f"{titles[0]}{titles[1:].lower()}, {shown.when} {what}"


def _why(shown: Shown) -> str:
    if "pinned" in shown.reasons:
        return f"One of the prompts that are followed through all evaluations: its {shown.when} answers."
    first, last = shown.steps
    steps = f"step {last:,}" if first == last else f"steps {first:,} to {last:,}"
    extremes = listed([_WHY[reason] for reason in shown.reasons if reason in _WHY])
    if not extremes:
        return f"One of the groups of {steps}, drawn by lot: what is usual."
    lot = "; it was drawn by lot too" if "lot" in shown.reasons else ""
    return f"{extremes[0].upper()}{extremes[1:]} of the recorded groups of {steps}{lot}."


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


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
