from typing import Any

import numpy as np
import pytest

from grpolog.events import GroupEvent
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.groups import group_events
from grpolog.generation.prompts import prompt_id
from grpolog.generation.ranges import Ranges

NAN = float("nan")
WHERE = {"step": 5, "generation": 2}


def events_of(rewards: list[list[float]], group_size: int = 2, primary: str | None = "f", **fields: Any) -> Any:
    values = np.array(rewards, dtype=np.float64)
    n, k = values.shape
    fields.setdefault("prompts", [f"p{i // group_size}" for i in range(n)])
    batch = Batch(completions=["c"] * n, rewards=values, group_size=group_size, **fields)
    scoring = Scoring(tuple("fgh"[:k]), (1.0, 0.5, 2.0)[:k], ranges={"f": (0, 1)}, primary=primary)
    return group_events(batch, scoring, Ranges(), WHERE)


def test_an_event_says_how_its_prompt_did() -> None:
    event = events_of(
        [[1.0, 0.0], [0.0, 2.0], [NAN, NAN], [1.0, NAN]],
        tokens=np.array([10, 20, 30, 41]),
        truncated=np.array([False, False, True, True]),
        advantages=np.array([0.0, 0.0, -0.7, 0.7]),
        row_ids=["a", "a", "b", "b"],
        sources=["math", "math", None, None],
    )
    assert event == [
        GroupEvent(
            **WHERE,
            group=0,
            prompt_id=prompt_id("p0"),
            row_id="a",
            source="math",
            n=2,
            mean=1.0,
            std=0.0,
            reward_means={"f": 0.5, "g": 1.0},
            reward_stds={"f": 0.5**0.5, "g": 2**0.5},
            passes=1,
            mean_length=15.0,
            truncated_count=0,
            signal=False,
        ),
        GroupEvent(
            **WHERE,
            group=1,
            prompt_id=prompt_id("p1"),
            row_id="b",
            n=2,
            mean=1.0,
            std=None,
            reward_means={"f": 1.0, "g": None},
            reward_stds={"f": None, "g": None},
            passes=1,
            mean_length=35.5,
            truncated_count=2,
            signal=True,
        ),
    ]


def test_what_is_unknown_is_null() -> None:
    event = events_of([[0.5], [1.0]], primary=None)[0]
    said = (event.passes, event.mean_length, event.truncated_count, event.signal, event.row_id, event.source)
    assert said == (None,) * 6


def test_a_primary_that_is_no_function_gives_no_passes() -> None:
    assert events_of([[1.0], [1.0]], primary="accuracy")[0].passes is None


def test_passes_need_a_known_range() -> None:
    scoring = Scoring(("f",), (1.0,), primary="f")
    batch = Batch(["p"] * 4, ["c"] * 4, np.array([[-1.0], [3.0], [3.0], [-1.0]]), 4)
    ranges = Ranges()
    assert group_events(batch, scoring, ranges, WHERE)[0].passes is None
    ranges.observe(batch, scoring)
    assert group_events(batch, scoring, ranges, WHERE)[0].passes == 2


def test_a_ragged_last_group_counts_its_own_completions() -> None:
    events = events_of([[1.0], [0.0], [1.0]], tokens=np.array([1, 2, 3]), advantages=np.array([0.0, 0.0, 0.0]))
    assert [(e.n, e.mean, e.std is None, e.mean_length, e.signal) for e in events] == [
        (2, 0.5, False, 1.5, False),
        (1, 1.0, True, 3.0, False),
    ]


@pytest.mark.parametrize("group_size", [1, 3])
def test_nothing_scored_is_null_and_no_warning(group_size: int, recwarn: pytest.WarningsRecorder) -> None:
    events = events_of([[NAN]] * 3, group_size=group_size)
    assert [(e.mean, e.std, e.reward_means, e.passes) for e in events] == [(None, None, {"f": None}, 0)] * len(events)
    assert not recwarn.list


def test_no_completions_and_no_functions_are_no_trouble() -> None:
    assert group_events(Batch([], [], np.empty((0, 1)), 4), Scoring(("f",), (1.0,)), Ranges(), WHERE) == []
    bare = group_events(Batch(["p"], ["c"], np.empty((1, 0)), 1), Scoring((), ()), Ranges(), WHERE)
    assert (bare[0].mean, bare[0].reward_means) == (None, None)


def test_images_belong_to_the_prompt_id() -> None:
    ids = [events_of([[1.0], [1.0]], images=[image] * 2)[0].prompt_id for image in (None, "1f", "2f")]
    assert ids[0] == prompt_id("p0")
    assert len(set(ids)) == 3
