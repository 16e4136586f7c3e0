import math

import numpy as np
import pytest

from grpolog.trends import Alert, Monitor, Table, advance, start


def trends(metric: str, *levels: float, window: int = 10, **companions: float) -> list[Alert]:
    """Alerts of a run that spends `window` rows at each level; companions are constant metrics."""
    values = np.repeat(levels, window)
    rows = [(i + 1, {metric: value, **companions}) for i, value in enumerate(values)]
    _, opened, changed = advance(start(rules=(), window_size=window), Table.of(rows))
    assert changed == []
    return opened


def test_the_message_is_the_one_of_the_specification() -> None:
    (alert,) = trends("rewards/accuracy/mean", 0.654, 0.754, window=75)
    assert alert == Alert(
        rule="trend",
        metric="rewards/accuracy/mean",
        severity="info",
        step=150,
        message="Trend Alert Step 150: accuracy ↗️ +15.3% (0.654 → 0.754)",
        before=pytest.approx(0.654),
        after=pytest.approx(0.754),
        window=75,
        onset_step=76,
        incident="trend-rewards/accuracy/mean-150",
        state="opened",
    )
    (alert,) = trends("rewards/format/mean", 0.923, 0.811, window=100)
    assert alert.message == "Trend Alert Step 200: format ↘️ -12.1% (0.923 → 0.811)"


@pytest.mark.parametrize(("after", "alerts"), [(1.09, 0), (1.11, 1), (0.91, 0), (0.89, 1)])
def test_a_change_beyond_ten_percent_is_told(after: float, alerts: int) -> None:
    assert len(trends("reward", 1.0, after)) == alerts


def test_each_window_is_compared_with_the_one_before_it() -> None:
    assert [(a.step, a.before, a.after) for a in trends("reward", 1.0, 2.0, 2.0, 1.0)] == [
        (20, 1.0, 2.0),
        (40, 2.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("metric", "short"),
    [
        ("reward", "reward"),
        ("rewards/a/b/mean", "a/b"),
        ("quality/format_rate", "format_rate"),
        ("eval_reward", "eval_reward"),
        ("eval_rewards/accuracy/mean", "eval_accuracy"),
        ("eval_hard_set_rewards/accuracy/mean", "eval_hard_set_accuracy"),
        ("eval_quality/format_rate", "eval_format_rate"),
    ],
)
def test_rewards_and_format_rate_are_judged(metric: str, short: str) -> None:
    (alert,) = trends(metric, 0.5, 0.8)
    assert f": {short} ↗️ +60.0%" in alert.message


@pytest.mark.parametrize("metric", ["loss", "kl", "reward_std", "rewards/a/std", "perf/step_seconds", "my_reward"])
def test_other_metrics_are_not_judged(metric: str) -> None:
    assert trends(metric, 1.0, 2.0) == []


@pytest.mark.parametrize("before", [-1.0, 0.0, 0.9])
def test_near_zero_and_below_the_change_is_measured_against_the_spread(before: float) -> None:
    (alert,) = trends("reward", before, before + 0.84, reward_std=2.0)
    assert "reward ↗️ +0.42 sd (" in alert.message
    assert trends("reward", before, before + 0.19, reward_std=2.0) == []


def test_the_spread_of_a_rate_follows_from_the_rate() -> None:
    (alert,) = trends("quality/format_rate", 0.0, 0.5)
    assert "+1.41 sd" in alert.message  # 0.5 over the root mean square of 0 and 0.5


def test_evaluation_has_its_own_spread() -> None:
    (alert,) = trends("eval_a_rewards/f/mean", -1.0, 1.0, **{"eval_a_rewards/f/std": 4.0, "rewards/f/std": 1.0})
    assert "+0.50 sd" in alert.message


def test_a_negative_mean_without_a_spread_is_not_judged() -> None:
    assert trends("reward", -1.0, 1.0) == []


def test_any_change_of_constant_samples_at_zero_is_told_without_an_amount() -> None:
    (alert,) = trends("reward", 0.0, 1.0, reward_std=0.0)
    assert alert.message == "Trend Alert Step 20: reward ↗️ (0.000 → 1.000)"


def test_windows_count_finite_values_only() -> None:
    monitor = Monitor(window_size=2)
    values = [1.0, math.nan, 1.0, math.inf, 2.0, None, "x", 2.0]
    opened = [alert for step, value in enumerate(values) for alert in monitor.update(step, {"reward": value})]
    assert [(a.step, a.onset_step, a.before, a.after) for a in opened] == [(7, 4, 1.0, 2.0)]


def test_values_that_overflow_are_no_trend() -> None:
    assert trends("reward", 1.0, 1.7e308, 1.0) == []
