import itertools

import numpy as np
import pytest

from grpolog.report.charts.axis import Axis, step_axis, value_axis


def axis(*values: float, bounds: tuple[float | None, float | None] = (None, None)) -> Axis:
    return value_axis(np.array(values, dtype=float), bounds)


@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-3, 1.0, 37.0, 1e5, 1e9, 1e15])
@pytest.mark.parametrize(("low", "high"), [(0.1, 1.0), (-1.0, 1.0), (-3.0, -2.9), (0.999, 1.0), (5.0, 5.0)])
def test_ticks_are_few_ascending_different_and_span_the_values(size: float, low: float, high: float) -> None:
    found = axis(low * size, high * size)
    assert 3 <= len(found.ticks) <= 9
    assert all(a < b for a, b in itertools.pairwise(found.ticks))
    assert len(set(found.labels)) == len(found.labels)
    assert found.shows(low * size)
    assert found.shows(high * size)
    assert max(map(len, found.labels)) <= 10


def test_values_near_zero_begin_at_zero() -> None:
    assert axis(0.2, 1.9).low == 0
    assert axis(-1.9, -0.2).high == 0
    assert axis(100.0, 104.0).low >= 99


def test_a_share_that_uses_a_third_of_its_range_shows_all_of_it() -> None:
    found = axis(0.1, 0.5, bounds=(0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_small_share_is_not_squashed_by_its_bounds() -> None:
    found = axis(0.0, 0.012, bounds=(0.0, 1.0))
    assert (found.low, found.high) == (0.0, pytest.approx(0.015, abs=0.003))


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_constant_share_stays_within_its_bounds(value: float) -> None:
    found = axis(value, value, bounds=(0.0, 1.0))
    assert found.low >= 0
    assert found.high <= 1
    assert found.shows(value)


def test_one_spike_does_not_flatten_the_rest() -> None:
    found = axis(*[0.01 + 0.0001 * i for i in range(300)], 1000.0)
    assert found.high < 0.3
    assert not found.shows(1000.0)
    assert found.place(1000.0) == 1.0


def test_values_beyond_the_bounds_are_still_shown() -> None:
    assert axis(0.5, 1.4, bounds=(0.0, 1.0)).shows(1.4)


def test_no_value_at_all_gives_a_unit_axis() -> None:
    assert (axis().low, axis().high) == (0.0, 1.0)


def test_step_ticks_are_whole_numbers_with_separators() -> None:
    assert step_axis(1, 100_000).labels == ("20,000", "40,000", "60,000", "80,000", "100,000")
    assert step_axis(1, 3).labels == ("1", "2", "3")
    assert step_axis(5, 5).labels == ("4", "5", "6")


def test_tiny_and_huge_ticks_are_powers_of_ten() -> None:
    assert axis(1e-9, 4e-9).labels[1] == "1e−9"
    assert axis(0, 4e9).labels[1] == "1e9"
    assert axis(0, 0.3).labels[1] == "0.1"
