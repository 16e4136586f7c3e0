"""Windows, levels and noise of single series and of several in one stack."""

import math

import numpy as np
import pytest

from grpolog.trends.series import Series
from grpolog.trends.stack import Memory, Stack
from grpolog.trends.table import Floats

NAN = math.nan


def alone(values: list[float], first: int = 0, before: int = 0, memory: Memory | None = None) -> Series:
    return Series.alone("x", np.array(values), first, before, {} if memory is None else memory)


def same(found: Floats, expected: list[float]) -> None:
    np.testing.assert_array_equal(found, expected)


def test_windows_are_full_or_missing_and_may_lie_back() -> None:
    series = alone([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], first=2, before=10)
    same(series.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    same(series.now, [3.0, 4.0, 5.0, 6.0])
    same(series.count, [13.0, 14.0, 15.0, 16.0])
    same(series.mean(4), [NAN, 2.5, 3.5, 4.5])
    same(series.past(2, 1), [1.5, 2.5, 3.5, 4.5])
    same(series.past(2, 4), [NAN, NAN, NAN, 1.5])
    same(series.past(1, 5), [NAN, NAN, NAN, 1.0])
    same(series.past(1, 9), [NAN, NAN, NAN, NAN])
    same(series.mean(8), [NAN, NAN, NAN, NAN])


def test_a_series_in_a_stack_is_what_it_is_alone() -> None:
    dice = np.random.default_rng(0)
    values = dice.normal(size=(3, 400))
    values[1, :40] = NAN
    values[2, 60:90] = NAN
    stack, memory = Stack("s", values, 390, 5, {}), {}
    for row in range(3):
        together, single = Series(str(row), stack, row), Series.alone(str(row), values[row], 390, 5, memory)
        for window in (2, 16, 128):
            same(together.mean(window), single.mean(window).tolist())
            same(together.highest(window), single.highest(window).tolist())
            same(together.lowest(window), single.lowest(window).tolist())
        same(together.noise(7), single.noise(7).tolist())
        same(together.log().mean(4), single.log().mean(4).tolist())


def test_levels_are_those_before_the_window_and_are_carried_over() -> None:
    memory: Memory = {}
    values = [5.0, 1.0, 2.0, 3.0, 0.0, 9.0]
    same(alone(values[:3], 0, 0, memory).highest(1), [NAN, 5.0, 5.0])
    same(alone(values, 3, 0, memory).highest(1), [5.0, 5.0, 5.0])
    same(alone(values, 0, 0).lowest(2), [NAN, NAN, NAN, 3.0, 1.5, 1.5])
    same(alone(values, 0, 0).beginning(2), [NAN, 3.0, 3.0, 3.0, 3.0, 3.0])


def test_a_row_that_comes_later_has_no_level_from_before() -> None:
    memory: Memory = {}
    Stack("s", np.array([[3.0, 4.0]]), 0, 0, memory).extremes(np.fmax, 1)
    later = Stack("s", np.array([[3.0, 4.0, 1.0], [NAN, NAN, 2.0]]), 2, 0, memory)
    np.testing.assert_array_equal(later.extremes(np.fmax, 1), [[4.0], [NAN]])


def test_noise_is_the_deviation_of_one_value_whatever_the_level_does() -> None:
    dice = np.random.default_rng(1)
    calm = alone((0.1 * dice.normal(size=4000)).tolist())
    rising = alone((0.1 * dice.normal(size=4000) + 0.01 * np.arange(4000)).tolist())
    for series in (calm, rising):
        assert np.median(series.noise()[300:]) == pytest.approx(0.1, rel=0.1)
    assert np.isnan(calm.noise()[:3]).all()
    assert np.isfinite(calm.noise()[3:]).all()


def test_noise_looks_back_64_and_264_entries_and_no_further() -> None:
    dice = np.random.default_rng(2)
    values = dice.normal(size=600)
    wild = values.copy()
    wild[:300] *= 50
    near = alone(values.tolist()).noise()
    far = alone(wild.tolist()).noise()
    same(far[300 + 280 :], near[300 + 280 :].tolist())
    assert (far[300:400] > near[300:400]).all()


def test_the_logarithm_is_smoothed_and_leaves_out_what_has_none() -> None:
    series = alone([1.0, 1.0, math.e, 1.0, 0.0, -1.0, 1.0])
    same(series.log().values, [0.0, 0.0, 0.0, 0.0, NAN, NAN, 0.0])


def test_a_rate_is_one_though_weights_sum_to_1_in_float32_only() -> None:
    total = float(np.float32(0.3) + np.float32(0.7) + np.float32(1.2e-7))
    assert total > 1.0
    assert alone([0.0, total, -1e-9]).bounded().tolist() == [True, True, True]
    assert alone([0.5, 1.01, 0.5]).bounded().tolist() == [True, False, False]


def test_a_steady_rise_is_told_with_its_error() -> None:
    with np.errstate(invalid="ignore"):
        rise, error = alone([0.1 * i for i in range(100)]).trend()
    assert rise[-1] == pytest.approx(10.0)
    assert 0 < error[-1] < 1.0
