"""A group as the elements of a page: a line to choose it by, a table of its rewards, its answers.

They stand in the page itself and in the data of its script alike (see `group_data`).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Final

from grpolog.report.elements import Child, Element, element
from grpolog.report.group_marks import bar, strip
from grpolog.report.model import Completion, Group, Turn
from grpolog.report.numbers import count, number, signed, whole
from grpolog.report.text import one_line

ROOM: Final = 12_000
"""Characters of the answers of a group that stand in the page itself; its best and its worst answer always do."""

FOLD: Final = 900
"""Characters of a text that stand open; the rest is folded."""

OPENING: Final = 160
"""Characters of the prompt in the line that a group is chosen by."""

Scale = tuple[float, float]

_SYMBOLS: Final = {"all good": "✔", "mixed": "◐", "all bad": "✖", "all equal": "="}
_KINDS: Final = {"thinking": " · thinking", "tool_call": " · tool call"}
_SHADES: Final = 4


def scale_of(groups: Iterable[Group]) -> Scale:
    """The lowest total of all groups, at most 0, and the highest."""
    totals = [c.total for group in groups for c in group.completions if c.total is not None and math.isfinite(c.total)]
    return min(0.0, min(totals, default=0.0)), max(totals, default=1.0)


def article(group: Group, scale: Scale, *, opened: bool) -> Element:
    """The group with as many of its answers as there is room for, from both ends of its ranking."""
    ranked = group.ranked
    places = readable(ranked)
    more = len(ranked) - len(places)
    note = f"{count(more, 'more completion')} of this group {'is' if more == 1 else 'are'} shown by the script of this "
    body = element(
        "div",
        *about(group),
        prompt(group),
        scores(group),
        element("ol", *(answer(ranked[place]) for place in places), class_="completions"),
        element("p", f"{note}page only.", class_="note") if more else None,
        class_="body",
    )
    details = element("details", line(group, scale), body, open="" if opened else None)
    return element("article", details, class_="group", id=group.key, aria_labelledby=f"{group.key}-h")


def line(group: Group, scale: Scale) -> Element:
    """What a group is chosen by."""
    step = f"step {group.step:,}"
    totals = [completion.total for completion in group.ranked if completion.total is not None]
    spread = f" ± {number(group.std)}" if group.std is not None else ""
    return element(
        "summary",
        element("h3", group.title or step, id=f"{group.key}-h"),
        element("span", step) if group.title else None,
        element("span", outcome(group), class_="chip") if group.outcome else None,
        element("span", "▲ alert", class_="chip warning") if group.alerts else None,
        element("span", strip(totals, *scale), " ", element("b", number(group.mean)), spread, class_="sum"),
        element("span", opening(group.prompt), class_="opening"),
    )


def outcome(group: Group) -> str:
    """How its answers did, with the symbol for it; empty when unknown."""
    return f"{_SYMBOLS[group.outcome]} {group.outcome}" if group.outcome else ""


def opening(turns: Sequence[Turn]) -> str:
    """The beginning of what was asked: of a conversation its last turn, which is the question."""
    text = one_line(turns[-1].text[: 4 * OPENING] if turns else "", 4 * OPENING)
    return text if len(text) <= OPENING else f"{text[:OPENING]}…"


def card(group: Group) -> Element:
    """The group in a few words: why it is shown, its question, and how its best and its worst answer end."""
    return element(
        "li",
        element("h3", element("a", group.title, href=f"#{group.key}")),
        _facts(
            f"step {group.step:,}",
            outcome(group),
            f"total {number(group.mean)}{f' ± {number(group.std)}' if group.std is not None else ''}",
        ),
        element("p", opening(group.prompt), class_="asked"),
        *_extremes(group.ranked),
        element("p", group.why, class_="note"),
    )


def about(group: Group) -> Iterator[Element]:
    """Where it comes from, why it is here, and which alerts name it."""
    yield _facts(
        one_line(group.where, 80),
        count(len(group.completions), "completion"),
        f"source {one_line(group.source, 80)}" if group.source else "",
        f"prompt {one_line(group.prompt_id, 40)}",
    )
    yield element("p", " ".join(filter(None, (group.why, group.kept, group.represents))), class_="note")
    if group.alerts:
        yield element(
            "ul", *(element("li", *_named(alert.text, alert.target)) for alert in group.alerts), class_="named"
        )


def prompt(group: Group) -> Element:
    """What was asked."""
    return element("div", element("h4", "Prompt"), *turns(group.prompt), class_="prompt")


def scores(group: Group) -> Element:
    """The rewards of all completions, the highest total first."""
    ranked = group.ranked
    paid = [dict(completion.rewards) for completion in ranked]
    names = tuple(dict.fromkeys(name for rewards in paid for name in rewards))
    columns = [list(_column([rewards.get(name) for rewards in paid])) for name in names]
    head = [_head("Completion"), _head("Total"), _head("Advantage", "")]
    head += [_head(one_line(name, 120), "n name") for name in names]
    rows = (_row(completion, [column[place] for column in columns]) for place, completion in enumerate(ranked))
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", *head, _head("Tokens"), _head("Ended", ""))),
            element("tbody", *rows),
            class_="scores",
        ),
        class_="scroll tall",
        role="group",
        aria_label="Rewards of the completions",
        tabindex=0,
    )


def answer(completion: Completion) -> Element:
    """A completion with its numbers."""
    cut, extra = completion.cut_chars, completion.extra
    pairs = (
        element("div", element("dt", one_line(name, 80)), element("dd", one_line(value, 300))) for name, value in extra
    )
    return element(
        "li",
        element("h4", f"Completion {completion.index}"),
        _facts(
            f"total {number(completion.total)}",
            f"advantage {signed(completion.advantage)}",
            count(completion.tokens, "token") if completion.tokens is not None else "",
            count(completion.characters, "character"),
            completion.finish,
        ),
        *turns(completion.turns),
        element("p", f"{cut:,} characters were not recorded.", class_="note") if cut else None,
        element("dl", *pairs, class_="pairs") if extra else None,
    )


def readable(ranked: Sequence[Completion]) -> list[int]:
    """Places of the answers that there is room for: the best, the worst, the second best, the second worst, ..."""
    half = (len(ranked) + 1) // 2
    pairs = zip_longest(range(half), range(len(ranked) - 1, half - 1, -1))
    room, taken = ROOM, list[int]()
    for place in (place for pair in pairs for place in pair if place is not None):
        room -= sum(len(turn.text) for turn in ranked[place].turns)
        if room < 0 and len(taken) > 1:
            break
        taken.append(place)
    return sorted(taken)


def _extremes(ranked: Sequence[Completion]) -> Iterator[Element]:
    """Best and worst answer, or the only one, by the end of the text: that is where the answer stands."""
    named = (("Only", ranked[0]),) if len(ranked) == 1 else (("Best", ranked[0]), ("Worst", ranked[-1]))
    for which, completion in named:
        text = one_line(completion.turns[-1].text[-4 * OPENING :], 4 * OPENING)
        ending = f"…{text[-OPENING:]}" if len(text) > OPENING else text
        yield element("p", element("b", f"{which}, {number(completion.total)}:"), f" {ending}", class_="said")


def _facts(*texts: str) -> Element:
    spans = [element("span", text) for text in texts if text]
    return element("p", *(child for span in spans for child in (span, " ")), class_="facts")


def _named(text: str, target: str) -> tuple[Child, ...]:
    said = one_line(text, 200)
    return "▲ ", element("a", said, href=f"#{target}") if target else said


def turns(said: Sequence[Turn]) -> Iterator[Element]:
    """The turns of a prompt or completion, long texts folded."""
    for turn in said:
        if turn.role or turn.kind != "text":
            role = one_line(turn.role, 60) + _KINDS.get(turn.kind, "")
            yield element("p", role, class_=f"role {turn.kind}")
        if not turn.text:
            yield element("p", "Empty.", class_="note")
            continue
        shown, folded = _split(turn.text)
        yield element("pre", shown, dir="auto")
        if folded:
            more = element("summary", count(len(folded), "more character"))
            yield element("details", more, element("pre", folded, dir="auto"), class_="more")


def _split(text: str) -> tuple[str, str]:
    """A text as the part that stands open and the part that is folded; short rests are not worth folding."""
    if len(text) <= FOLD * 4 // 3:
        return text, ""
    space = max(text.rfind(" ", FOLD // 2, FOLD), text.rfind("\n", FOLD // 2, FOLD))
    place = space if space > 0 else FOLD
    return text[:place], text[place:]


def _head(text: str, class_: str = "n") -> Element:
    return element("th", text, scope="col", class_=class_ or None)


def _row(completion: Completion, rewards: Iterable[Element]) -> Element:
    drawn = bar(completion.advantage, completion.advantage_scale)
    return element(
        "tr",
        element("th", str(completion.index), scope="row", class_="n"),
        element("td", number(completion.total), class_="n"),
        element("td", drawn, f" {signed(completion.advantage)}", class_="n"),
        *rewards,
        element("td", whole(completion.tokens), class_="n"),
        element("td", completion.finish or "–"),
    )


def _column(rewards: Sequence[float | None]) -> Iterator[Element]:
    """The rewards of one function, shaded between the lowest and the highest of the group."""
    known = [reward for reward in rewards if reward is not None and math.isfinite(reward)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    for reward in rewards:
        told = reward is not None and math.isfinite(reward) and low < high
        shade = round((reward - low) / (high - low) * _SHADES) if told and reward is not None else 0
        yield element("td", "not scored" if reward is None else number(reward), class_=f"n h{shade}")
