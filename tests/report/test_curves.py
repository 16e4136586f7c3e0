import math

import numpy as np
import pytest

from grpolog.report.curves import BUCKETS, EXACT, mean_points, reduce, series
from grpolog.report.model import Curve, Series


def line(values: list[float], steps: list[float] | None = None, **more: object) -> Series:
    x = np.array(steps if steps is not None else range(1, len(values) + 1), dtype=float)
    return series("a", "a", x, np.array(values, dtype=float), **more)  # type: ignore[arg-type]


def test_a_short_curve_is_exact() -> None:
    assert line([3.0, 1.0, 2.0]).curve == Curve((1.0, 2.0, 3.0), (3.0, 1.0, 2.0))


def test_2048_values_are_exact_and_2049_are_bucketed() -> None:
    assert len(line([0.5] * EXACT).curve.x) == EXACT
    assert not line([0.5] * EXACT).curve.count
    longer = line([0.5] * (EXACT + 1)).curve
    assert len(longer.x) <= BUCKETS
    assert sum(longer.count) == EXACT + 1


def test_a_spike_survives_in_the_band_and_the_mean_stays_the_mean() -> None:
    values = [1.0] * 100_000
    values[77_777] = 1e6
    found = line(values)
    assert max(found.curve.high) == 1e6
    assert found.band == "range"
    drawn = reduce(found.curve, 180)
    assert len(drawn.x) == 180
    assert max(drawn.high) == 1e6
    weighted = sum(y * n for y, n in zip(drawn.y, drawn.count, strict=True)) / 100_000
    assert weighted == pytest.approx(sum(values) / 100_000)


def test_reducing_twice_gives_the_same_means_as_reducing_once() -> None:
    values = np.random.default_rng(1).normal(size=50_000)
    found = line(values.tolist())
    twice = reduce(found.curve, 180)
    edges = np.linspace(1, 50_000, 181)
    place = np.minimum(np.searchsorted(edges, np.arange(1, 50_001), side="right") - 1, 179)
    once = np.bincount(place, values) / np.bincount(place)
    assert np.array(twice.y) == pytest.approx(once, abs=1e-9)


def test_non_finite_values_are_gaps_and_counted() -> None:
    found = line([1.0, math.nan, math.inf, 4.0])
    assert found.non_finite == 2
    assert found.non_finite_steps == (2, 3)
    assert [math.isnan(y) for y in found.curve.y] == [False, True, True, False]
    assert (found.lowest, found.highest, found.last) == ((1.0, 1.0), (4.0, 4.0), 4.0)


def test_a_bucket_without_a_finite_value_is_a_gap() -> None:
    values = [1.0] * 600
    values[200:400] = [math.nan] * 200
    assert any(math.isnan(y) for y in reduce(line(values).curve, 60).y)


def test_a_series_of_only_nan_has_no_figures() -> None:
    found = line([math.nan] * 3)
    assert (found.first, found.last, found.lowest) == (None, None, None)
    assert (found.logged, found.non_finite) == (3, 3)


def test_an_empty_series_has_an_empty_curve() -> None:
    assert line([]).curve == Curve((), ())


def test_first_and_end_are_means_of_a_tenth() -> None:
    found = line([float(v) for v in range(100)])
    assert (found.first, found.end) == (4.5, 94.5)


def test_a_standard_deviation_is_averaged_where_a_range_is_widened() -> None:
    x, y = np.arange(4.0), np.array([0.0, 0.0, 0.0, 0.0])
    found = series("a", "a", x, y, spread=np.array([1.0, 3.0, 1.0, 3.0]))
    assert found.band == "std"
    assert reduce(found.curve, 2, "std").high == (2.0, 2.0)
    assert reduce(found.curve, 2, "range").high == (3.0, 3.0)


def test_several_values_at_one_step_make_one_bucket() -> None:
    found = reduce(line([1.0] * 100, steps=[7.0] * 100).curve, 10)
    assert (found.x, found.y, found.count) == ((7.0,), (1.0,), (100,))


def test_a_sparkline_skips_what_is_not_finite() -> None:
    assert mean_points(np.arange(3.0), np.array([1.0, math.nan, 2.0]), 48) == (1.0, 2.0)
    assert len(mean_points(np.arange(500.0), np.arange(500.0), 48)) == 48
