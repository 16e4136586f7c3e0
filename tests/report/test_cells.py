from hypothesis import example, given
from hypothesis import strategies as st

from grpolog.report.cells import table
from grpolog.report.folding import columns
from grpolog.report.text import visible


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("name", "n", "text"), ("数学", "12", "hi"), ("a", "3", "")]
    assert table(rows, 40, left=(0, 2)) == ["name   n  text", "数学  12  hi", "a      3"]


def test_a_text_in_the_last_column_takes_what_is_left() -> None:
    rows = [("id", "text"), ("a", "one two three four")]
    assert table(rows, 18, left=(0, 1)) == ["id  text", "a   one two three…"]


def test_a_column_without_room_is_left_out() -> None:
    rows = [("a", "b", "c"), ("1" * 8, "2" * 8, "3" * 8)]
    assert table(rows, 20) == ["a                b", "11111111  22222222"]
    assert table([("a", "b"), ("1" * 8, "some text")], 12, left=(0, 1)) == ["a", "11111111"]


def test_a_cell_has_at_most_so_many_columns() -> None:
    assert table([("a", "b"), ("1" * 30, "2")], 40, most=5) == ["a      b", "1111…  2"]


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1), st.integers(20, 80))
@example([("", "\x1f", "0" * 12), ("0" * 9, "", "")], 26)
def test_no_line_is_wider_than_told(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = table(rows, width, left=(0, 2))
    assert len(lines) == len(rows)
    assert max(map(columns, lines)) <= max(width, 26)
    assert all(visible(line) == line and "\n" not in line for line in lines)
