"""Which row each event belongs to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grpolog.trends.placement import Placement, _one_by_one, place_all

Event = tuple[str, int] | tuple[str, int, str]


def rows(*events: Event, ended: bool = False) -> list[tuple[int, list[Event]]]:
    """Rows with their steps and events; `ended` adds what is left."""
    placement, found, waiting = Placement(), [], []
    for event in events:
        before, after = placement.place(event[0], event[1], evaluation="eval" in event)
        if before is not None:
            found.append((before, waiting))
            waiting = []
        waiting = [*waiting, event]
        if after is not None:
            found.append((after, waiting))
            waiting = []
    return found + ([(placement.end(), waiting)] if ended and waiting else [])


def test_a_step_event_ends_its_row() -> None:
    events = [("reward", 1), ("perf", 1), ("step", 1), ("step", 2)]
    assert rows(*events) == [(1, events[:3]), (2, events[3:])]


def test_the_next_step_ends_a_row_without_a_step_event() -> None:
    events = [("reward", 1), ("perf", 1), ("reward", 2), ("step", 2)]
    assert rows(*events) == [(1, events[:2]), (2, events[2:])]


def test_a_step_event_that_ends_another_row_leaves_its_own_open() -> None:
    events = [("reward", 1), ("step", 4), ("perf", 4), ("reward", 5)]
    assert rows(*events) == [(1, events[:1]), (4, events[1:3])]
    assert rows(*events, ended=True)[-1] == (5, events[3:])


def test_evaluations_and_latecomers_ride_on_the_next_row() -> None:
    events = [("step", 1), ("perf", 1), ("step", 1, "eval"), ("reward", 0, "eval"), ("step", 2)]
    assert rows(*events) == [(1, events[:1]), (2, events[1:])]


def test_what_is_left_at_the_end_belongs_to_the_newest_step() -> None:
    events = [("step", 1), ("reward", 3, "eval")]
    assert rows(*events, ended=True) == [(1, events[:1]), (3, events[1:])]
    events = [("reward", 2), ("reward", 1, "eval")]
    assert rows(*events, ended=True) == [(2, events)]


def test_a_step_counter_that_runs_backwards_makes_rows_all_the_same() -> None:
    events = [("step", 2), ("step", 1), ("step", 2)]
    assert rows(*events) == [(2, events[:1]), (1, events[1:2]), (2, events[2:])]


EVENT = st.tuples(st.booleans(), st.integers(0, 4), st.booleans())


@given(st.lists(EVENT, max_size=30), st.booleans())
def test_many_events_are_placed_as_each_by_itself(events: list[tuple[bool, int, bool]], ascending: bool) -> None:
    if ascending:
        events.sort(key=lambda event: event[1])
    ends, steps, evaluations = (
        np.array([event[k] for event in events], kind) for k, kind in enumerate((bool, int, bool))
    )
    rows, closed, left = place_all(ends, steps, evaluations)
    expected = _one_by_one(ends, steps, evaluations)
    assert (rows.tolist(), closed, left) == (expected[0].tolist(), expected[1], expected[2])
