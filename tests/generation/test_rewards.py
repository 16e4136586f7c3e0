from typing import Any

import numpy as np
import pytest

from grpolog.events import Envelope, RewardEvent
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.ranges import Ranges
from grpolog.generation.rewards import reward_events

NAN = float("nan")
WHERE = {"step": 3, "mode": "eval", "eval_name": "math", "generation": 7}


def events_of(
    columns: dict[str, list[float]],
    group_size: int = 2,
    weights: tuple[float, ...] | None = None,
    ranges: dict[str, tuple[float, float]] | None = None,
) -> dict[str, RewardEvent]:
    rewards = np.array(list(columns.values()), dtype=np.float64).T
    n = len(rewards)
    batch = Batch(prompts=["p"] * n, completions=["c"] * n, rewards=rewards, group_size=group_size)
    scoring = Scoring(tuple(columns), weights or (1.0,) * len(columns), ranges=ranges or {})
    known = Ranges()
    known.observe(batch, scoring)
    return {event.name: event for event in reward_events(batch, scoring, known, WHERE)}


def test_every_function_and_then_the_total_has_an_event() -> None:
    events = events_of({"accuracy": [1.0, 0.0], "format": [0.5, 0.5]}, weights=(1.0, 2.0))
    assert list(events) == ["accuracy", "format", "total"]
    assert [event.weight for event in events.values()] == [1.0, 2.0, None]
    assert {(e.step, e.mode, e.eval_name, e.generation) for e in events.values()} == {(3, "eval", "math", 7)}
    assert events["total"].mean == 1.5


def test_an_event_says_all_that_its_fields_promise() -> None:
    event = events_of({"f": [0.0, 1.0, 1.0, 1.0, 4.0, NAN]})["f"]
    said = event.model_dump(exclude_none=True, exclude={*Envelope.model_fields, *WHERE})
    assert said == {
        "name": "f",
        "n": 5,
        "mean": pytest.approx(1.4),
        "std": pytest.approx(np.std([0, 1, 1, 1, 4], ddof=1)),
        "min": 0.0,
        "q25": 1.0,
        "median": 1.0,
        "q75": 1.0,
        "max": 4.0,
        "none_share": pytest.approx(1 / 6),
        "weight": 1.0,
        "group_std": pytest.approx(np.sqrt(0.5) / 2),
        "equal_share": 0.5,  # the group with one scored completion is no evidence
        "advantage_share": pytest.approx(1.0),
    }


def test_quartiles_and_moments_are_numpys_over_what_was_scored() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(37)
    values[::5] = NAN
    event = events_of({"f": values.tolist(), "g": rng.standard_normal(37).tolist()}, group_size=4)["f"]
    assert [event.min, event.q25, event.median, event.q75, event.max] == pytest.approx(
        np.nanquantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    )
    assert (event.mean, event.std) == pytest.approx((np.nanmean(values), np.nanstd(values, ddof=1)))


def test_a_function_that_scored_nothing_is_null_throughout() -> None:
    event = events_of({"f": [NAN, NAN], "g": [0.0, 1.0]}, ranges={"f": (0, 1)})["f"]
    assert event == RewardEvent(**WHERE, name="f", n=0, none_share=1.0, weight=1.0, advantage_share=0.0)


def test_best_and_worst_shares_leave_out_groups_that_nobody_scored() -> None:
    event = events_of({"f": [1, 1, 0, 0, 1, 0, NAN, NAN, NAN, 1]})["f"]
    assert (event.best_share, event.worst_share, event.equal_share) == (0.5, 0.25, pytest.approx(2 / 3))


def test_best_and_worst_are_unknown_without_a_range() -> None:
    event = events_of({"f": [0.0, 0.5, 1.0, 1.0]})["f"]
    assert (event.best_share, event.worst_share) == (None, None)


def test_a_given_range_decides_what_is_best_also_after_rounding_to_float32() -> None:
    values = [float(np.float32(0.9)), 0.9, 0.1, float(np.float32(0.1)), 0.5, 0.5]
    event = events_of({"f": values}, ranges={"f": (0.1, 0.9)})["f"]
    assert (event.best_share, event.worst_share, event.equal_share) == (pytest.approx(1 / 3), pytest.approx(1 / 3), 1)


def test_the_total_is_best_where_every_function_that_counts_is() -> None:
    columns = {"good": [1, 1, 1, 0, 0, 0], "penalty": [0, 0, 0, 0, 1, 1], "unweighted": [3, 4, 5, 6, 7, 8]}
    event = events_of(columns, weights=(1.0, -1.0, 0.0))["total"]
    assert (event.best_share, event.worst_share) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_a_total_counts_what_any_function_scored() -> None:
    event = events_of({"f": [1.0, NAN, NAN, 1.0], "g": [NAN, 2.0, NAN, 1.0]})["total"]
    assert (event.n, event.mean, event.none_share) == (3, pytest.approx(5 / 3), 0.25)


def test_two_values_count_as_a_range_until_a_third_is_seen() -> None:
    scoring = Scoring(("f",), (1.0,))
    ranges = Ranges()
    known = []
    for values in ([1.0, NAN], [1.0, np.inf], [1.0, -0.5], [1.0, 1.0], [0.25, 1.0], [1.0, -0.5]):
        ranges.observe(Batch(["p"] * 2, ["c"] * 2, np.array([values]).T, 2), scoring)
        known.append(ranges.of("f", scoring))
    assert known == [None, None, (-0.5, 1.0), (-0.5, 1.0), None, None]


def test_an_observed_range_never_grows_beyond_three_values() -> None:
    ranges = Ranges()
    scoring = Scoring(("f",), (1.0,))
    ranges.observe(Batch(["p"] * 99, ["c"] * 99, np.arange(99.0)[:, None], 9), scoring)
    assert len(ranges.observed["f"]) == 3


def test_spread_needs_two_scored_completions() -> None:
    events = events_of({"one": [NAN, 3.0, NAN, NAN], "two": [1.0, NAN, NAN, 2.0]}, ranges={"one": (0, 3)})
    assert (events["one"].mean, events["one"].std, events["one"].best_share) == (3.0, None, 1.0)
    assert events["two"].std == pytest.approx(0.5**0.5)


def test_rewards_are_equal_within_float32_rounding_and_no_more() -> None:
    assert events_of({"f": [0.1 + 0.2, 0.3, 5e3, 5e3 + 1e-3]})["f"].equal_share == 1.0
    assert events_of({"f": [1.0, 1.00001, 0.0, 1e-9, -2e-9, -1e-9]})["f"].equal_share == 0.0
    assert events_of({"f": [0.0, 0.0, -3.0, -3.0]})["f"].equal_share == 1.0


def test_the_range_of_the_total_follows_the_signs_of_the_weights() -> None:
    ranges = Ranges()
    given = {"f": (-1.0, 3.0), "g": (2.0, 5.0), "h": (0.0, np.inf)}
    assert ranges.of_total(Scoring(("f", "g"), (2.0, -1.0), ranges=given)) == (-7.0, 4.0)
    assert ranges.of_total(Scoring(("f", "x"), (2.0, 0.0), ranges=given)) == (-2.0, 6.0)
    assert ranges.of_total(Scoring(("f", "x"), (2.0, 0.1), ranges=given)) is None
    assert ranges.of_total(Scoring(("f", "h"), (2.0, 1.0), ranges=given)) is None
    assert ranges.of_total(Scoring(("f",), (0.0,), ranges=given)) is None


def test_infinite_rewards_stay_visible() -> None:
    event = events_of({"f": [np.inf, 0.0, 1.0, 1.0]})["f"]
    assert (event.max, event.mean, event.n) == (np.inf, np.inf, 4)
    lowest = events_of({"f": [-np.inf, 0.0, 1.0, 1.0]})["f"]
    assert (lowest.min, lowest.median, lowest.max) == (-np.inf, 0.5, 1.0)
    assert event.std is not None
    assert np.isnan(event.std)


@pytest.mark.parametrize("group_size", [1, 4, 8])
def test_ragged_and_single_groups_are_counted(group_size: int, recwarn: pytest.WarningsRecorder) -> None:
    events = events_of({"f": [1.0, 0.0, 1.0, 1.0, 1.0]}, group_size=group_size)
    assert events["f"].best_share == {1: 0.8, 4: 0.5, 8: 0.0}[group_size]
    assert events["f"].equal_share == {1: None, 4: 0.0, 8: 0.0}[group_size]
    assert (events["f"].group_std is None) == (group_size == 1)
    assert not recwarn.list


def test_an_empty_batch_has_no_events() -> None:
    empty: dict[str, Any] = {"f": [], "g": []}
    assert events_of(empty) == {}
