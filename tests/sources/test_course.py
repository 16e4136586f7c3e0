"""Another start whose first row lies behind the first step: a resume, or a run of its own."""

from pathlib import Path

import pytest
from foreign_logs import assembled, attempts, lines, steps
from printed import bar, cleared, openings, row

from grpolog.analysis import read
from grpolog.sources.course import Course, Place
from grpolog.sources.items import Closing, Item, Opening, Row


def began(before: list[Place], ahead: list[Place], stated: int | None = None, totals=(None, None)) -> int:
    """The step that a start continues from, behind the rows of another one."""
    course = Course()
    course.began(before[0].step, before, None, totals[0])
    for place in before:
        course.take(place)
    return course.began(ahead[0].step, ahead, stated, totals[1])


def places(*steps: int, per_epoch: float = 100.0) -> list[Place]:
    return [Place(step, step / per_epoch, 1e-6 * (1 - step / 1000)) for step in steps]


def bare(*steps: int) -> list[Place]:
    return [Place(step) for step in steps]


def test_a_start_behind_the_first_step_is_a_resume_unless_something_tells_otherwise():
    assert began(bare(1, 2, 3, 4, 5), bare(4, 5, 6)) == 3
    assert began(places(5, 10, 15, 20), places(15, 20, 25)) == 14
    assert began(bare(5, 10, 15), bare(10)) == 9


def test_a_start_at_or_before_the_first_step_is_a_run_of_its_own():
    assert began(bare(5, 10, 15), bare(5, 10)) == 0
    assert began(bare(5, 10, 15), bare(3, 4)) == 0


def test_rows_at_multiples_of_their_first_step_count_from_nothing():
    assert began(bare(1, 2, 3, 4, 5, 6), bare(5, 10, 15)) == 0
    assert began(bare(1, 2, 3, 4, 5, 6), bare(5, 6, 7)) == 4
    assert began(bare(1, 2, 3), bare(10, 20)) == 0


def test_a_resume_behind_the_last_row_continues_from_it():
    assert began(bare(1, 2, 3), bare(6, 7)) == 3


@pytest.mark.parametrize("stated", [3, 0])
def test_what_the_source_says_goes_before_all_else(stated: int):
    assert began(bare(1, 2, 3, 4), bare(4, 8, 12), stated) == stated
    assert began(bare(1, 2, 3, 4), bare(4, 5, 6), stated) == stated


def test_a_stated_step_behind_the_first_row_is_none():
    assert began(bare(1, 2, 3, 4), bare(3, 4), stated=7) == 2


def test_other_epochs_at_the_same_steps_are_those_of_another_run():
    assert began(places(1, 2, 3, 4, 5), places(3, 4, 5, per_epoch=50)) == 0
    assert began(places(1, 2, 3, 4, 5), [Place(3, 0.03001, 5e-6), Place(4, 0.04, 5e-6)]) == 2  # a lower rate by hand


def test_an_epoch_that_fell_back_is_that_of_another_run():
    assert began(places(10, 20, 30), places(25, 31, per_epoch=400)) == 0
    assert began(places(10, 20, 30), places(25, 31)) == 24


def test_a_schedule_that_begins_again_is_that_of_another_run():
    warm = [Place(step, None, step / 10) for step in (1, 2, 3, 4)]
    assert began(warm, [Place(3, None, 0.1), Place(4, None, 0.2)]) == 0
    assert began(warm, [Place(3, None, 0.3), Place(4, None, 0.4)]) == 2
    constant = [Place(step, None, 1e-6) for step in (1, 2, 3, 4)]
    assert began(constant, constant[2:]) == 2


def test_another_number_of_steps_is_that_of_another_run_unless_it_goes_on_behind_the_last():
    assert began(bare(1, 2, 3, 4), bare(3, 4), totals=(100, 50)) == 0
    assert began(bare(1, 2, 3, 4), bare(3, 4), totals=(100, 100)) == 2
    assert began(bare(1, 2, 3, 4), bare(5, 6), totals=(4, 8)) == 4


def test_a_third_run_is_held_against_the_second_one():
    course = Course()
    for first, *more in ((1, 2, 3, 4, 5, 6), (5, 10, 15), (5, 10)):
        resumed = course.began(first, bare(first, *more), None, None)
        for place in bare(first, *more):
            course.take(place)
    assert resumed == 0


def test_completions_of_a_step_take_nothing_from_what_its_row_tells():
    course = Course()
    for place in (Place(1), Place(1, 0.01), Place(2, 0.02), Place(2), Place(3, 0.03)):
        course.take(place)
    assert course.began(2, places(2, 3, per_epoch=50), None, None) == 0


def test_rows_of_a_run_of_its_own_make_all_rows_before_void(tmp_path: Path):
    order = [1, 2, 3, 4, 5, 6, 5, 10, 15]
    run = read(lines(tmp_path / "m.jsonl", *({"step": s, "reward": n / 9, "loss": 0.1} for n, s in enumerate(order))))
    assert attempts(run) == [0, 0]
    assert [step for _, step, superseded in steps(run) if not superseded] == [5, 10, 15]


def test_a_later_start_names_the_functions_of_its_own_rows():
    first, second = ({f"rewards/{name}/mean": 0.5, "reward": 0.5} for name in "ab")
    found: list[Item] = [Opening("trl"), *(Row(first, step) for step in (1, 2, 3)), Closing("finished")]
    events, _ = assembled(*found, Opening("trl"), Row({"reward": 0.1}, 2), Row(second, 4))
    starts = [event for event in events if event.event == "run" and event.phase == "start"]
    assert [start.reward_functions for start in starts] == [["a"], ["b"]]
    assert [start.resumed_from_step for start in starts] == [0, 0]


def printed(shown: int, *at: int, kl: float = 0.1) -> str:
    """A run whose bar goes on from a step to its rows."""
    return bar(0) + bar(shown) + "".join(bar(step) + cleared(row(step, kl=kl), step) for step in at)


def test_a_bar_that_goes_to_one_began_from_scratch(tmp_path: Path):
    assert [found.continues_from for found in openings(tmp_path, printed(1, 4, 9))] == [0]
    assert [found.continues_from for found in openings(tmp_path, printed(51, 55, 60))] == [None]
    assert [found.continues_from for found in openings(tmp_path, row(1) + row(2))] == [None]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("  Total optimization steps = 100\n", 0),
        ("  Total optimization steps = 100\n  Continuing training from global step 50\n", 50),
        ("Total steps = 100\n", None),  # as Unsloth prints it, which is silent about checkpoints
        ("Setting global step to 50\n", 50),
        ("Training from scratch\n", 0),
    ],
)
def test_the_words_before_the_first_row_tell_the_checkpoint(tmp_path: Path, words: str, expected: int | None):
    [found] = openings(tmp_path, words + printed(51, 55, 60))
    assert found.continues_from == expected


def test_two_runs_in_a_text_are_told_apart_and_a_resume_is_one(tmp_path: Path):
    path = tmp_path / "log.txt"
    path.write_text(printed(1, 1, 2, 3, 4, 5) + "\n" + printed(1, 4, 9, kl=0.2))
    assert attempts(read(path)) == [0, 0]
    path.write_text(printed(1, 1, 2, 3, 4, 5) + "\n" + printed(4, 4, 9, kl=0.2))
    assert attempts(read(path)) == [0, 3]
