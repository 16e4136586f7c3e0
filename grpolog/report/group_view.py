"""A group as it stands on a page without help of a script: a line to choose it by, a table of its rewards, and as many
of its answers as there is room for, from both ends.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

from markupsafe import Markup

from grpolog.report.charts import strip
from grpolog.report.model import Completion, Group, Turn
from grpolog.report.numbers import number
from grpolog.report.text import one_line

ROOM: Final = 12_000
"""Characters of all answers of a group that are printed, at most; the best and the worst answer always are."""

FOLD: Final = 900
"""Characters of a text that stand open; the rest is folded."""

OPENING: Final = 160
"""Characters of the prompt in the line that a group is chosen by."""

SYMBOLS: Final = {"all good": "✔", "mixed": "◐", "all bad": "✖", "all equal": "="}
"""What stands before an outcome, which is never told by colour alone."""

_SHADES: Final = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A reward in the table of a group."""

    text: str
    shade: int
    """0 to 4: where it stands between the lowest and the highest of the group; 0 where all are equal."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """The best or the worst answer of a group in a few words."""

    which: str
    total: float | None
    ending: str
    """Where the answer stands: the end of its text, on one line."""


@dataclass(frozen=True, slots=True)
class View:
    """A group as the template prints it."""

    group: Group
    opening: str
    """The beginning of what was asked, on one line."""

    symbol: str
    strip: Markup
    functions: tuple[str, ...]
    rows: tuple[tuple[Completion, tuple[Cell, ...]], ...]
    """By completion, the highest total first, its rewards in the order of `functions`."""

    answers: tuple[Completion, ...]
    """Completions whose text is printed, in the same order."""

    left_out: int
    """Completions whose text is not."""

    extremes: tuple[Extreme, ...]
    """Best and worst; the only one of a group of one."""


def views(groups: Sequence[Group], others: Sequence[Group] = ()) -> tuple[View, ...]:
    """The groups as they are printed, their strips on one scale.

    Args:
        groups: the groups.
        others: further groups of the page, which share the scale.
    """
    scale = scale_of(chain(groups, others))
    return tuple(_view(group, *scale) for group in groups)


def scale_of(groups: Iterable[Group]) -> tuple[float, float]:
    """The lowest total of all groups, at most 0, and the highest."""
    totals = [c.total for group in groups for c in group.completions if c.total is not None and math.isfinite(c.total)]
    return min(0.0, min(totals, default=0.0)), max(totals, default=1.0)


def split(text: str) -> tuple[str, str]:
    """A text as the part that stands open and the part that is folded; short rests are not worth folding."""
    if len(text) <= FOLD * 4 // 3:
        return text, ""
    space = max(text.rfind(" ", FOLD // 2, FOLD), text.rfind("\n", FOLD // 2, FOLD))
    place = space if space > 0 else FOLD
    return text[:place], text[place:]


def opening(turns: Sequence[Turn]) -> str:
    """The beginning of what was asked: of a conversation its last turn, which is the question."""
    text = one_line(turns[-1].text[: 4 * OPENING] if turns else "", 4 * OPENING)
    return text if len(text) <= OPENING else f"{text[:OPENING]}…"


def _view(group: Group, low: float, high: float) -> View:
    ranked = group.ranked
    names = tuple(dict.fromkeys(name for completion in ranked for name, _ in completion.rewards))
    columns = [_column([dict(completion.rewards).get(name) for completion in ranked]) for name in names]
    answers = _readable(ranked)
    return View(
        group=group,
        opening=opening(group.prompt),
        symbol=SYMBOLS.get(group.outcome, ""),
        strip=strip([completion.total for completion in ranked if completion.total is not None], low, high),
        functions=names,
        rows=tuple((completion, tuple(column[place] for column in columns)) for place, completion in enumerate(ranked)),
        answers=answers,
        left_out=len(ranked) - len(answers),
        extremes=tuple(_extremes(ranked)),
    )


def _extremes(ranked: Sequence[Completion]) -> Iterator[Extreme]:
    only = len(ranked) == 1
    for which, completion in (("Only", ranked[0]),) if only else (("Best", ranked[0]), ("Worst", ranked[-1])):
        text = one_line(completion.turns[-1].text[-4 * OPENING :], 4 * OPENING)
        yield Extreme(which, completion.total, f"…{text[-OPENING:]}" if len(text) > OPENING else text)


def _column(rewards: Sequence[float | None]) -> list[Cell]:
    known = [reward for reward in rewards if reward is not None and math.isfinite(reward)]
    low, high = min(known, default=0.0), max(known, default=0.0)

    def shade(reward: float | None) -> int:
        if reward is None or not math.isfinite(reward) or low == high:
            return 0
        return round((reward - low) / (high - low) * _SHADES)

    return [Cell("not scored" if reward is None else number(reward), shade(reward)) for reward in rewards]


def _readable(ranked: Sequence[Completion]) -> tuple[Completion, ...]:
    """The answers that there is room for: the best, the worst, the second best, the second worst, ..."""
    half = (len(ranked) + 1) // 2
    pairs = zip_longest(range(half), range(len(ranked) - 1, half - 1, -1))
    room, taken = ROOM, set[int]()
    for number_of, place in enumerate(place for pair in pairs for place in pair if place is not None):
        room -= sum(len(turn.text) for turn in ranked[place].turns)
        if room < 0 and number_of > 1:
            break
        taken.add(place)
    return tuple(completion for place, completion in enumerate(ranked) if place in taken)
