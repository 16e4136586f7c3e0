"""Rows and completions of different files in the order of steps."""

from foreign_logs import rows_of

from grpolog.sources.items import Closing, Opening, Row
from grpolog.sources.joined import joined


def row(step, reward=0.5):
    return Row({"reward": reward}, step)


def order(items, generations):
    """Items as steps, completions as their names."""
    found = joined(items, [(step, [name]) for step, name in generations])
    return [item.step if isinstance(item, Row) else item for item in found]


def test_completions_come_before_the_row_of_their_step():
    assert order([row(1), row(2), row(4)], [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (9, "e")]) == [
        "a", 1, "b", 2, "c", "d", 4, "e",
    ]  # fmt: skip


def test_completions_of_a_step_that_was_made_again_belong_to_the_last_start():
    rows = [row(step) for step in (0, 1, 2, 3, 2, 3, 4)]
    assert order(rows, [(0, "a"), (1, "b"), (2, "c"), (3, "d")]) == ["a", 0, "b", 1, 2, 3, "c", 2, "d", 3, 4]


def test_completions_alone_and_rows_alone_are_enough():
    assert order([], [(1, "a"), (2, "b")]) == ["a", "b"]
    assert order([row(1)], []) == [1]


def test_the_opening_stays_first_and_nothing_follows_the_end():
    begin, end = Opening("x"), Closing("finished")
    assert order([begin, row(1), end], [(1, "a"), (2, "b")]) == [begin, "a", 1, "b", end]


def test_completions_are_read_when_their_turn_comes():
    read = []

    def found(step):
        read.append(step)
        return []

    running = joined([row(1), row(2)], ((step, found(step)) for step in (1, 2)))
    assert rows_of([next(running)]) == [(1, {"reward": 0.5})]
