"""Series over what all of them reach, and what of them belongs together."""

import numpy as np
import pytest

from grpolog.analysis.compare.aligned import Values, paired, reached, window_of


def values(y: list[float], x: list[float] | None = None) -> Values:
    return Values(np.array(x if x is not None else range(1, len(y) + 1), dtype=float), np.array(y, dtype=float))


def test_the_window_is_the_last_quarter_of_what_all_reach() -> None:
    assert window_of([values([0.0] * 100), values([0.0] * 200, list(range(21, 221)))], 5) == (80.25, 100)


def test_it_is_the_last_half_where_a_quarter_holds_too_few() -> None:
    assert window_of([values([0.0] * 9, [float(25 * k) for k in range(9)])] * 2, 5) == (100, 200)


@pytest.mark.parametrize("other", [values([]), values([1.0, 2.0], [11.0, 12.0])])
def test_there_is_none_where_nothing_is_reached_by_all(other: Values) -> None:
    assert window_of([values([1.0] * 9), other], 5) is None


def test_values_of_the_same_place_are_paired() -> None:
    one, other = values([1.0, 2.0, 3.0, 4.0]), values([10.0, 20.0, 30.0], [2.0, 3.0, 9.0])
    a, b = paired(one, other, (1, 4))
    assert (a.tolist(), b.tolist()) == ([2.0, 3.0], [10.0, 20.0])


def test_what_both_have_in_common_cancels_out() -> None:
    shared = np.random.default_rng(1).normal(0, 1, 50)
    a, b = paired(values(list(shared + 0.1)), values(list(shared)), (1, 50))
    assert (a - b).tolist() == pytest.approx([0.1] * 50)


def test_other_places_are_paired_by_bins() -> None:
    one = values([float(k) for k in range(100)], [k + 0.5 for k in range(100)])
    a, b = paired(one, values([1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 60.0, 90.0]), (0.0, 100.0))
    assert (a.tolist(), b.tolist()) == ([12.0, 37.0, 62.0, 87.0], [1.0, 2.0, 3.0, 4.0])


def test_a_level_is_reached_by_the_running_mean_not_by_a_spike() -> None:
    spiked = [0.0, 3.0, *[0.0] * 38, *[1.0] * 60]
    assert reached(values(spiked), 0.9) == 45.0
    assert reached(values(spiked), 2.0) is None
    assert reached(values([3.0, 2.0, 1.0]), 2.0, up=False) == 2.0
    assert reached(values([]), 0.0) is None
