"""Groups without contrast: solved, dead or wasted, as the groups of the task tell."""

import numpy as np
import pytest
from small_runs import Metrics, Rows, grave, judged, rate, run

from grpolog.trends import Alert, Setting, Table
from grpolog.trends.cycles import Fold, fold
from grpolog.trends.table import Row

GROUPS = 16


def groups(
    step: int,
    rng: np.random.Generator,
    *,
    best: float,
    worst: float,
    other: float | None = None,
    known: bool = True,
    level: float = 0.5,
) -> Metrics:
    """A row of a run in which these shares of the groups were all right and all wrong; the rest has the mean `level`.

    Args:
        other: mean of a second function, in which all groups differ; None: there is none.
        known: whether the range of the task is known.
    """
    bests, worsts, rest = (int(n) for n in rng.multinomial(GROUPS, (best, worst, 1 - best - worst)))
    mean = (bests + level * rest) / GROUPS
    equal = (bests + worsts) / GROUPS
    found = {"rewards/accuracy/mean": mean, "rewards/accuracy/equal_share": equal}
    if known:
        found |= {"rewards/accuracy/best_share": bests / GROUPS, "rewards/accuracy/worst_share": worsts / GROUPS}
    noise = float(rng.normal(0, 0.02))
    return found | (
        {"reward": mean, "group/equal_share": equal}
        if other is None
        else {"reward": mean + other + noise, "rewards/style/mean": other + noise, "group/equal_share": 0.0}
    )


def said(rows: Rows, setting: Setting | None = None) -> list[Alert]:
    known = setting or Setting(primary="accuracy", group_size=8, completions_per_step=128)
    return [alert for alert in judged(rows, known) if alert.rule == "no_contrast"]


def gravest(alerts: list[Alert]) -> str | None:
    return max((alert.severity for alert in alerts), key=("info", "warning", "error").index, default=None)


def test_groups_that_are_all_right_are_solved_though_the_mean_is_below_the_ceiling() -> None:
    alerts = said(run(120, lambda s, r: groups(s, r, best=0.8, worst=0.18)))
    assert [(alert.severity, alert.state) for alert in alerts] == [("info", "opened")]
    assert "all at the best reward" in alerts[0].message
    assert "the task is solved" in alerts[0].message


def test_groups_that_are_all_wrong_are_an_error_though_a_few_still_differ() -> None:
    """The mean is above the floor in every row, so that only the groups tell."""
    alerts = said(run(140, lambda s, r: groups(s, r, best=0.0, worst=0.85, level=0.6)))
    assert gravest(alerts) == "error"
    error = next(alert for alert in alerts if alert.severity == "error")
    assert 64 <= error.step <= 90
    assert error.message.endswith("and the task does not move")


def test_a_task_that_rises_out_of_groups_that_are_all_wrong_is_no_error() -> None:
    rows = run(140, lambda s, r: groups(s, r, best=0.0, worst=0.9 - 0.001 * s, level=0.2 + 0.005 * s))
    assert gravest(said(rows)) in (None, "info", "warning")
    assert "error" not in {alert.severity for alert in judged(rows, Setting(primary="accuracy"))}


def test_groups_that_are_half_right_and_half_wrong_are_wasted_and_not_dead() -> None:
    alerts = said(run(200, lambda s, r: groups(s, r, best=0.48, worst=0.48)))
    assert gravest(alerts) == "warning"


@pytest.mark.parametrize(("level", "severity"), [(1.0, "info"), (0.5, "error"), (0.0, "error")])
def test_a_reward_that_never_moves_is_solved_at_its_given_ceiling_only(level: float, severity: str) -> None:
    setting = Setting(primary="accuracy", reward_range={"accuracy": (0.0, 1.0)})
    shares = {"best": float(level == 1), "worst": float(level == 0), "equal": 1.0}
    split = {f"rewards/accuracy/{name}_share": share for name, share in shares.items()}
    row: Metrics = {"reward": level, "rewards/accuracy/mean": level, "group/equal_share": 1.0}
    assert gravest(said([Row(step, row | split) for step in range(1, 61)], setting)) == severity
    assert gravest(said([Row(step, row) for step in range(1, 61)], setting)) == severity


def test_a_dead_run_whose_answers_are_cut_off_says_so() -> None:
    row: Metrics = {"reward": 0.0, "frac_reward_zero_std": 1.0, "completions/clipped_ratio": 0.9}
    (dead,) = said([Row(step, row) for step in range(1, 21)])
    assert dead.message == (
        "Step 9: 100% of the groups scored all the same, reward at the worst there is (0); 90% of the completions are "
        "cut off at the length limit"
    )


def test_a_run_that_wakes_up_is_not_dead_though_most_of_its_groups_stay_equal() -> None:
    """Each prompt is solved by all answers or by none, at last."""

    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        level = 0.0 if step <= 15 else 0.01 * (step - 15)
        return {"reward": rate(rng, level), "frac_reward_zero_std": 1.0 if step <= 15 else 0.75}

    alerts = said(run(100, metrics))
    assert [(a.severity, a.state) for a in alerts[:2]] == [("error", "opened"), ("error", "resolved")]
    assert alerts[1].step <= 60
    assert grave(alerts[2:]) == []


@pytest.mark.parametrize("level", [0.0, -1.0])
def test_a_log_of_nothing_but_a_reward_that_never_moves_is_dead(level: float) -> None:
    (dead,) = said([Row(step, {"reward": level, "loss": 0.0}) for step in range(1, 31)])
    assert (dead.severity, dead.metric, dead.step) == ("error", "reward", 10)
    assert "100% of the cycles scored all the same, reward at the worst there is" in dead.message


@pytest.mark.parametrize(("level", "severity"), [(0.4, "error"), (0.9, "warning")])
def test_a_reward_that_stands_still_is_dead_where_it_was_better_before(level: float, severity: str) -> None:
    """As when a verifier breaks and pays the same for everything."""

    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        broken = step > 40
        return {"reward": level if broken else rate(rng, 0.5), "frac_reward_zero_std": float(broken)}

    setting = Setting(reward_range={"reward": (0.0, 1.2)})
    alerts = said(run(120, metrics), setting)
    assert gravest(alerts) == severity
    assert alerts[-1].step <= 62 or severity == "warning"


def test_a_total_that_cancels_is_not_dead_where_there_is_a_gradient() -> None:
    assert said(run(40, lambda s, r: {"reward": 0.0, "grad_norm": float(r.uniform(0.3, 0.5))})) == []
    assert gravest(said(run(40, lambda s, r: {"reward": 0.0, "grad_norm": 1e-5}))) == "error"


def test_a_reward_that_a_log_rounds_is_not_dead() -> None:
    assert said(run(80, lambda s, r: {"reward": round(0.2 + rate(r, 0.1, 512), 1)})) == []


def test_groups_of_one_completion_are_not_judged() -> None:
    rows = run(80, lambda s, r: {"reward": rate(r, 0.3), "reward_std": 0.0, "frac_reward_zero_std": 1.0})
    assert said(rows, Setting(group_size=1)) == []


def test_without_a_known_range_the_mean_decides_as_it_does_without_groups() -> None:
    curve = lambda s, r: groups(s, r, best=0.8, worst=0.18, known=False)  # noqa: E731
    assert gravest(said(run(120, curve))) == "warning"


def test_a_task_without_contrast_is_an_error_once_the_other_functions_have_been_learned_too() -> None:
    learning = run(200, lambda s, r: groups(s, r, best=0.0, worst=1.0, other=0.1 + 0.004 * s))
    assert gravest(said(learning)) == "info"
    idle = said(run(200, lambda s, r: groups(s, r, best=0.0, worst=1.0, other=0.9)))
    assert [(a.metric, a.severity, a.state) for a in idle] == [
        ("rewards/accuracy/equal_share", "info", "opened"),
        ("rewards/accuracy/equal_share", "warning", "opened"),
        ("rewards/accuracy/equal_share", "error", "escalated"),
    ]
    assert idle[0].message.endswith("what is learned are the other reward functions")
    assert 90 <= idle[-1].step <= 100


def test_a_solved_task_is_a_note_where_other_functions_still_differ() -> None:
    alerts = said(run(120, lambda s, r: groups(s, r, best=0.95, worst=0.0, other=0.5)))
    assert [(a.metric, a.severity) for a in alerts] == [("rewards/accuracy/equal_share", "info")]
    assert "it is nearly solved" in alerts[0].message
    assert grave(alerts) == []


def test_a_guessed_task_is_not_judged_by_its_groups() -> None:
    total = {"group/best_share": 0.0, "group/worst_share": 0.0}
    rows = run(200, lambda s, r: groups(s, r, best=0.0, worst=1.0, other=0.9) | total)
    assert said(rows, Setting(completions_per_step=128)) == []


def test_a_share_of_best_groups_is_not_carried_on_once_the_range_is_no_longer_known() -> None:
    name = "rewards/accuracy/best_share"
    rows = [
        Row(step, {"reward": 0.5, "group/equal_share": 0.25} | ({name: 0.5} if step < 3 else {}))
        for step in range(1, 6)
    ]
    state, first = fold(Fold(), Table.of(rows[:4]))
    _, second = fold(state, Table.of(rows[4:]))
    np.testing.assert_array_equal(first.values[name], [0.5, 0.5, np.nan, np.nan])
    np.testing.assert_array_equal(second.values[name], [0.5, 0.5, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(second.values["group/equal_share"], [0.25] * 5)
