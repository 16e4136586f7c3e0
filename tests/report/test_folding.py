import pytest
from hostile import CORPUS
from hypothesis import given
from hypothesis import strategies as st

from grpolog.report.folding import clipped, columns, folded, folded_words, padded
from grpolog.report.text import visible


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("数学", 4), ("🚀!", 3), ("e\u0301", 1), ("", 0), ("Z̡̢͉͡a̸l̶g̷o̸", 5), ("▁█", 2)]
)
def test_wide_characters_count_twice_and_marks_not_at_all(text: str, width: int) -> None:
    assert columns(text) == width


def test_lines_break_between_words_and_long_words_where_they_must() -> None:
    assert folded("the quick brown fox", 9) == ["the quick", "brown fox"]
    assert folded("a very-long-word b", 6) == ["a", "very-l", "ong-wo", "rd b"]
    assert folded("数学が好きです", 5) == ["数学", "が好", "きで", "す"]
    assert folded("", 10) == [""]


def test_a_no_break_space_keeps_number_and_unit_together() -> None:
    assert folded("went from 5\u00a0%", 11) == ["went from", "5\u00a0%"]


def test_lines_after_a_break_hang_and_own_line_breaks_stay() -> None:
    assert folded("• one two three", 9, hang=2) == ["• one two", "  three"]
    assert folded("a\r\nb\n\nc", 9) == ["a", "b", "", "c"]
    assert folded_words("a\r\nb\n\nc", 9) == ["a b  c"]


def test_the_indentation_of_code_stays() -> None:
    assert folded("def f():\n\treturn 1", 20) == ["def f():", "    return 1"]


def test_what_is_too_wide_is_clipped_to_the_column() -> None:
    assert (clipped("数学が", 5), clipped("abc", 3), clipped("abcd", 3)) == ("数学…", "abc", "ab…")
    assert (padded("数学が", 4), padded("ab", 4), padded("ab", 4, right=True)) == ("数… ", "ab  ", "  ab")
    assert clipped("a\n\x1b[1m", 20) == "a ⟨U+001B⟩[1m"


@given(st.one_of(st.text(), st.sampled_from(CORPUS)), st.integers(2, 30), st.integers(0, 40))
def test_no_line_is_wider_than_told_and_nothing_but_blanks_is_lost(text: str, width: int, hang: int) -> None:
    lines = folded(text, width, hang)
    assert max(map(columns, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(visible(text).split())
    assert all(visible(line) == line and "\n" not in line and "\t" not in line for line in lines)
