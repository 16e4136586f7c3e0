"""A group as it stands on a page."""

import re
from typing import Any

from grpolog.report.charts import strip
from grpolog.report.group_view import FOLD, OPENING, ROOM, Extreme, View, opening, split, views
from grpolog.report.model import Completion, Group, Turn


def completion(index: int, total: float | None = None, text: str = "!", **fields: Any) -> Completion:
    given: dict[str, Any] = {
        "turns": (Turn("", text),), "rewards": (), "advantage": None, "advantage_scale": 0.0, "tokens": None,
        "characters": len(text), "finish": "",
    } | fields  # fmt: skip
    return Completion(index=index, total=total, **given)


def group(*completions: Completion, **fields: Any) -> Group:
    given: dict[str, Any] = {
        "key": "group-0-1-0-0", "title": "Best", "why": "", "kept": "", "represents": "", "step": 1,
        "where": "training", "prompt_id": "p", "source": "", "prompt": (Turn("", "?"),), "mean": None, "std": None,
    } | fields  # fmt: skip
    return Group(completions=completions, **given)


def view(*completions: Completion, **fields: Any) -> View:
    (found,) = views([group(*completions, **fields)])
    return found


def indices(completions: tuple[Completion, ...]) -> list[int]:
    return [completion.index for completion in completions]


def test_the_highest_total_comes_first_and_an_unknown_one_last() -> None:
    found = view(completion(0, 0.5), completion(1), completion(2, float("nan")), completion(3, 2.0), completion(4, 0.5))
    assert [completion.index for completion, _ in found.rows] == [3, 0, 4, 1, 2]


def test_rewards_are_shaded_between_the_lowest_and_the_highest_of_their_function() -> None:
    found = view(
        completion(0, 3.0, rewards=(("a", 1.0), ("b", 0.5))),
        completion(1, 2.0, rewards=(("a", 0.5), ("b", 0.5), ("c", None))),
        completion(2, 1.0, rewards=(("a", float("nan")), ("b", 0.5))),
        completion(3, 0.0, rewards=(("a", 0.0),)),
    )
    assert found.functions == ("a", "b", "c")
    assert [[(cell.text, cell.shade) for cell in cells] for _, cells in found.rows] == [
        [("1", 4), ("0.500", 0), ("not scored", 0)],
        [("0.500", 2), ("0.500", 0), ("not scored", 0)],
        [("NaN", 0), ("0.500", 0), ("not scored", 0)],
        [("0", 0), ("not scored", 0), ("not scored", 0)],
    ]


def test_answers_are_printed_from_both_ends_until_there_is_no_room() -> None:
    long = "x" * (ROOM // 3)
    found = view(*(completion(index, float(-index), long) for index in range(6)))
    assert (indices(found.answers), found.left_out) == ([0, 1, 5], 3)


def test_the_best_and_the_worst_answer_are_printed_whatever_their_length() -> None:
    found = view(*(completion(index, float(-index), "x" * ROOM) for index in range(4)))
    assert (indices(found.answers), found.left_out) == ([0, 3], 2)


def test_the_extremes_are_told_by_the_end_of_their_text() -> None:
    found = view(completion(0, 0.5, "a\nb"), completion(1, 1.0, "x" * OPENING + "yz"))
    assert found.extremes == (Extreme("Best", 1.0, "…" + "x" * (OPENING - 2) + "yz"), Extreme("Worst", 0.5, "a b"))
    assert view(completion(0)).extremes == (Extreme("Only", None, "!"),)


def test_strips_of_a_page_share_their_scale() -> None:
    one, other = group(completion(0, 1.0)), group(completion(0, 2.0), completion(1, -2.0))
    first, _ = views([one, other])
    assert first.strip == strip([1.0], -2.0, 2.0)
    assert views([one], [other])[0].strip == first.strip


def test_a_strip_has_a_bar_for_each_answer_up_to_64() -> None:
    heights = re.findall(r"v-([\d.]+)", strip([2.0, 1.0, float("nan"), 0.0], 0.0, 2.0))
    assert heights == ["18.0", "9.8", "1.5"]
    assert strip([1.0] * 130, 0.0, 1.0).count("M") == 44
    assert strip([], 0.0, 1.0) == strip([float("nan")], 0.0, 1.0) == ""
    assert "v-1.5" in strip([1.0], 1.0, 1.0)


def test_a_conversation_opens_with_its_question() -> None:
    assert opening((Turn("system", "be brief"), Turn("user", "2 +\n2?"))) == "2 + 2?"
    assert opening((Turn("", "x" * (OPENING + 1)),)) == "x" * OPENING + "…"
    assert opening(()) == ""


def test_a_long_text_is_folded_at_a_space_and_nothing_is_lost() -> None:
    text = "word " * 400
    open_part, folded = split(text)
    assert (open_part + folded, folded[:5]) == (text, " word")
    assert FOLD // 2 < len(open_part) <= FOLD
    assert split("x" * FOLD) == ("x" * FOLD, "")
    assert split("x" * 2 * FOLD) == ("x" * FOLD, "x" * FOLD)


def test_outcomes_have_a_symbol() -> None:
    assert [view(completion(0), outcome=outcome).symbol for outcome in ("all good", "mixed", "")] == ["✔", "◐", ""]
