"""A group as the elements of a page."""

import re
from collections.abc import Iterator
from typing import Any

from grpolog.report.elements import Element, markup
from grpolog.report.group_marks import bar, strip
from grpolog.report.group_view import (
    FOLD,
    OPENING,
    ROOM,
    answer,
    article,
    card,
    line,
    opening,
    outcome,
    readable,
    scale_of,
    scores,
)
from grpolog.report.model import AlertNote, Completion, Group, Turn


def completion(index: int, total: float | None = None, text: str = "!", **fields: Any) -> Completion:
    given: dict[str, Any] = {
        "turns": (Turn("", text),), "rewards": (), "advantage": None, "advantage_scale": 0.0, "tokens": None,
        "characters": len(text), "finish": "",
    } | fields  # fmt: skip
    return Completion(index=index, total=total, **given)


def group(*completions: Completion, **fields: Any) -> Group:
    given: dict[str, Any] = {
        "key": "group-0-1-0-0", "title": "Best", "why": "Why.", "kept": "Kept.", "represents": "", "step": 1,
        "where": "training", "prompt_id": "p", "source": "", "prompt": (Turn("", "?"),), "mean": None, "std": None,
    } | fields  # fmt: skip
    return Group(completions=completions, **given)


def parts(element: Element, tag: str, class_: str = "") -> Iterator[Element]:
    """The elements of this tag and class within, in order."""
    if element[0] == tag and class_ in ((element[1] or {}).get("class") or ""):
        yield element
    for child in element[2:]:
        if not isinstance(child, str):
            yield from parts(child, tag, class_)


def text(element: Element) -> str:
    return "".join(child if isinstance(child, str) else text(child) for child in element[2:])


def rows(table: Element) -> list[list[str]]:
    return [[text(cell) for cell in row[2:]] for row in parts(table, "tr")]


def test_the_highest_total_comes_first_and_an_unknown_one_last() -> None:
    found = scores(
        group(completion(0, 0.5), completion(1), completion(2, float("nan")), completion(3, 2.0), completion(4, 0.5))
    )
    assert [row[0] for row in rows(found)[1:]] == ["3", "0", "4", "1", "2"]


def test_the_table_has_what_each_function_paid() -> None:
    one = completion(0, 1.5, rewards=(("a", 1.0), ("b<", None)), advantage=-0.5, advantage_scale=1.0, tokens=1200)
    other = completion(1, 0.5, rewards=(("c", 0.5),), finish="cut off")
    assert rows(scores(group(one, other))) == [
        ["Completion", "Total", "Advantage", "a", "b<", "c", "Tokens", "Ended"],
        ["0", "1.500", " −0.500", "1", "not scored", "not scored", "1,200", "–"],
        ["1", "0.500", " –", "not scored", "not scored", "0.500", "–", "cut off"],
    ]


def test_rewards_are_shaded_between_the_lowest_and_the_highest_of_their_function() -> None:
    paid = (1.0, 0.5, float("nan"), None, 0.0)
    found = scores(group(*(completion(n, -float(n), rewards=(("a", p), ("b", 0.5))) for n, p in enumerate(paid))))
    cells = [cell[1]["class"] for cell in parts(found, "td", " h")]
    assert cells == ["n h4", "n h0", "n h2", "n h0", "n h0", "n h0", "n h0", "n h0", "n h0", "n h0"]


def test_answers_stand_in_the_page_from_both_ends_until_there_is_no_room() -> None:
    long = "x" * (ROOM // 3)
    made = group(*(completion(index, float(-index), long) for index in range(6)))
    found = article(made, (0.0, 1.0), opened=False)
    assert [text(head) for head in parts(found, "h4")] == ["Prompt", "Completion 0", "Completion 1", "Completion 5"]
    assert "3 more completions of this group are shown by the script of this page only." in text(found)


def test_the_best_and_the_worst_answer_are_there_whatever_their_length() -> None:
    assert readable([completion(index, float(-index), "x" * ROOM) for index in range(4)]) == [0, 3]
    assert readable([completion(0, 1.0, "x" * 2 * ROOM)]) == [0]


def test_a_card_tells_how_the_best_and_the_worst_answer_end() -> None:
    answers = completion(0, 0.5, "a\nb"), completion(1, 1.0, "x" * OPENING + "yz")
    found = card(group(*answers, mean=0.75, std=0.25, outcome="mixed"))
    assert [text(part).strip() for part in found[2:]] == [
        "Best", "step 1 ◐ mixed total 0.750 ± 0.250", "?", f"Best, 1: …{'x' * (OPENING - 2)}yz", "Worst, 0.500: a b",
        "Why.",
    ]  # fmt: skip
    assert [link[1] for link in parts(found, "a")] == [{"href": "#group-0-1-0-0"}]
    assert [text(part) for part in parts(card(group(completion(0))), "p", "said")] == ["Only, –: !"]


def test_a_line_tells_title_step_outcome_alert_totals_and_question() -> None:
    found = line(
        group(completion(0, 1.0), step=1200, outcome="mixed", mean=1.5, std=0.5, alerts=(AlertNote("x", ""),)), (0, 1)
    )
    assert [text(part) for part in found[2:]] == [
        "Best", "step 1,200", "◐ mixed", "▲ alert", " 1.500 ± 0.500", "?",
    ]  # fmt: skip
    assert [text(part) for part in line(group(completion(0), title=""), (0, 1))[2:]] == ["step 1", " –", "?"]


def test_alerts_link_to_their_rows() -> None:
    notes = (AlertNote("truncation: 7 of 8", "alert-3"), AlertNote("stall", ""))
    found = article(group(completion(0), alerts=notes), (0.0, 1.0), opened=True)
    (named,) = parts(found, "ul", "named")
    assert [text(item) for item in parts(named, "li")] == ["▲ truncation: 7 of 8", "▲ stall"]
    assert [link[1] for link in parts(named, "a")] == [{"href": "#alert-3"}]


def test_an_answer_says_what_was_not_recorded_and_what_was_logged_beside() -> None:
    found = answer(completion(3, 1.0, cut_chars=1234, extra=(("gold", "4"),), finish="ended by itself", tokens=1))
    assert text(found).startswith("Completion 3total 1 advantage – 1 token 1 character ended by itself")
    assert text(found).endswith("1,234 characters were not recorded.gold4")


def test_turns_have_their_role_and_kind() -> None:
    turns = (
        Turn("assistant", "hm", "thinking"),
        Turn("assistant", "add(1)", "tool_call"),
        Turn("tool · add", "2", "tool"),
    )
    found = answer(completion(0, turns=turns))
    roles = [(text(role), role[1]["class"]) for role in parts(found, "p", "role")]
    assert roles == [
        ("assistant · thinking", "role thinking"), ("assistant · tool call", "role tool_call"),
        ("tool · add", "role tool"),
    ]  # fmt: skip


def test_strips_of_a_page_share_their_scale() -> None:
    one, other = group(completion(0, 1.0)), group(completion(0, 2.0), completion(1, -2.0), completion(2, float("inf")))
    assert scale_of([one, other]) == (-2.0, 2.0)
    assert scale_of([one]) == (0.0, 1.0)
    assert scale_of([group(completion(0))]) == (0.0, 1.0)


def test_a_strip_has_a_bar_for_each_answer_up_to_64() -> None:
    heights = re.findall(r"v-([\d.]+)", markup(strip([2.0, 1.0, float("nan"), 0.0], 0.0, 2.0)))
    assert heights == ["18.0", "9.8", "1.5"]
    assert markup(strip([1.0] * 130, 0.0, 1.0)).count("M") == 44
    assert strip([], 0.0, 1.0) is strip([float("nan")], 0.0, 1.0) is None
    assert "v-1.5" in markup(strip([1.0], 1.0, 1.0))


def test_an_advantage_is_a_bar_from_the_middle() -> None:
    assert 'x="30.0" width="15.0"' in markup(bar(1.0, 2.0))
    assert 'x="0.0" width="30.0"' in markup(bar(-9.0, 2.0))
    assert bar(None, 1.0) is bar(1.0, 0.0) is bar(float("nan"), 1.0) is None


def test_a_conversation_opens_with_its_question() -> None:
    assert opening((Turn("system", "be brief"), Turn("user", "2 +\n2?"))) == "2 + 2?"
    assert opening((Turn("", "x" * (OPENING + 1)),)) == "x" * OPENING + "…"
    assert opening(()) == ""


def test_a_long_text_is_folded_at_a_space_and_nothing_is_lost() -> None:
    found = answer(completion(0, text="word " * 400))
    shown, folded = (text(part) for part in parts(found, "pre"))
    assert (shown + folded, folded[:5]) == ("word " * 400, " word")
    assert FOLD // 2 < len(shown) <= FOLD
    assert f"{2000 - len(shown):,} more characters" in text(found)
    assert [len(text(part)) for part in parts(answer(completion(0, text="x" * 2 * FOLD)), "pre")] == [FOLD, FOLD]
    assert [len(text(part)) for part in parts(answer(completion(0, text="x" * FOLD)), "pre")] == [FOLD]


def test_outcomes_have_a_symbol() -> None:
    known = ("all good", "mixed", "all bad", "all equal", "")
    assert [outcome(group(completion(0), outcome=one)) for one in known] == [
        "✔ all good", "◐ mixed", "✖ all bad", "= all equal", "",
    ]  # fmt: skip
