"""Intervals hold the true mean as often as they say."""

import numpy as np
import pytest
from scipy import stats

from grpolog.analysis.compare import interval

CASES = 100


def correlated(n: int, rho: float, seed: int) -> np.ndarray:
    """Noise around 0 in which neighbours correlate."""
    shocks = np.random.default_rng(seed).normal(size=n + 100)
    values = np.zeros(n + 100)
    for i in range(1, n + 100):
        values[i] = rho * values[i - 1] + shocks[i]
    return values[100:]


@pytest.mark.parametrize(("n", "rho"), [(40, 0.0), (40, 0.3), (80, 0.6), (150, 0.8)])
def test_of_correlated_noise_without_a_difference_about_95_of_100_intervals_hold_zero(n: int, rho: float) -> None:
    found = [interval.of_steps(correlated(n, rho, seed)) for seed in range(CASES)]
    assert 90 <= sum(1 for each in found if each is not None and not each.excludes_zero) <= 99


def test_a_difference_of_three_standard_errors_is_seen() -> None:
    found = [interval.of_steps(correlated(60, 0.3, seed) + 0.6) for seed in range(CASES)]
    assert sum(1 for each in found if each is not None and each.low > 0) > 80


def test_few_values_are_judged_by_student_and_too_few_not_at_all() -> None:
    values = np.array([0.1, 0.3, 0.2, 0.4])
    found = interval.of_steps(values)
    assert found is not None
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((0.25, low, high), rel=1e-3)
    assert interval.of_steps(values[:2]) is None


def test_the_same_values_give_the_same_interval() -> None:
    assert interval.of_steps(correlated(50, 0.5, 1)) == interval.of_steps(correlated(50, 0.5, 1))


def test_a_constant_has_no_width() -> None:
    assert interval.of_steps(np.full(20, 0.5)) == interval.Interval(0.5, 0.5, 0.5)
    assert interval.of_steps(np.zeros(20)) == interval.Interval(0.0, 0.0, 0.0)


@pytest.mark.parametrize("freedom", [1, 1.1, 1.4, 1.7, 2, 3.3, 7, 12, 25, 50, 1000])
def test_students_t_is_within_two_percent(freedom: float) -> None:
    assert interval.student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.02)


def test_the_difference_between_seeds_is_welchs() -> None:
    one, other = np.array([0.8, 0.9, 0.85]), np.array([0.5, 0.7, 0.6, 0.65])
    found = interval.between_seeds(one, other)
    truth = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((truth.low, truth.high), rel=0.01)


def test_one_run_against_several_takes_their_spread_and_one_against_one_says_nothing() -> None:
    several = np.array([0.5, 0.6, 0.7])
    found = interval.between_seeds(np.array([0.9]), several)
    assert found is not None
    half = stats.t.ppf(0.975, 2) * several.std(ddof=1) * (1 + 1 / 3) ** 0.5
    assert (found.mean, found.high - found.mean) == pytest.approx((0.3, half), rel=1e-3)
    assert interval.between_seeds(np.array([0.9]), np.array([0.5])) is None


def test_the_mean_over_seeds_has_students_interval() -> None:
    values = np.array([0.5, 0.6, 0.8])
    found = interval.of_seeds(values)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(
        stats.t.interval(0.95, 2, values.mean(), stats.sem(values)), rel=1e-3
    )
    assert interval.of_seeds(values[:1]) is None
