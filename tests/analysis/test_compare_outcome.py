"""By what runs are compared, and by how much they differ."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from built import Log
from compared import read_all, rising, run_log

from grpolog.analysis.compare import Arm, Grouping, Incomparable, Result, arms_of, result_of
from grpolog.errors import UsageError
from grpolog.events import StepEvent


def arms(folder: Path, pattern: str | None = None, **logs: Log) -> tuple[Arm, ...]:
    return arms_of(read_all(folder, logs), Grouping(pattern=pattern))


def result(*args: Any, **options: Any) -> Result:
    found = result_of(*args, **options)
    assert isinstance(found, Result)
    return found


def every(steps: int, by: int, end: float, seed: int = 0) -> dict[int, float]:
    return {step: value for step, value in rising(steps, end, seed).items() if step % by == 0}


def test_the_task_in_evaluation_decides_where_all_have_it(tmp_path: Path) -> None:
    pair = arms(
        tmp_path,
        a=run_log(rising(80, 0.5, 1), every(80, 10, 0.5, 2)),
        b=run_log(rising(80, 0.7, 3), every(80, 10, 0.7, 4)),
    )
    found = result(pair)
    assert (found.outcome.metric, found.outcome.better) == ("eval_rewards/accuracy/mean", "up")
    assert (found.window, found.least) == ((45.0, 80.0), 4)
    (effect,) = found.effects
    assert (effect.place, effect.other, effect.values, effect.seeds, effect.shown) == (1, 0, 4, (1, 1), True)
    assert effect.mean - effect.other_mean == pytest.approx(0.2, abs=0.05)


def test_a_run_without_evaluation_leaves_training_to_decide(tmp_path: Path) -> None:
    found = result(arms(tmp_path, a=run_log(rising(80, 0.5, 1), every(80, 10, 0.5)), b=run_log(rising(80, 0.5, 2))))
    assert found.outcome.metric == "rewards/accuracy/mean"
    assert found.outcome.passed_over == (
        ("eval_rewards/accuracy/mean", "b has none"), ("eval_reward", "b has none"),
    )  # fmt: skip
    assert (found.window, found.least) == ((60.25, 80.0), 20)


def test_two_evaluations_are_too_few(tmp_path: Path) -> None:
    logs = {name: run_log(rising(80, 0.5, seed), {40: 0.5, 80: 0.5}) for seed, name in enumerate("ab")}
    found = result(arms(tmp_path, **logs))
    assert found.outcome.metric == "rewards/accuracy/mean"
    assert found.outcome.passed_over[0][1] == "a has only 2 values"


def test_a_run_that_ended_early_is_left_out_and_the_others_are_compared(tmp_path: Path) -> None:
    logs = {"a": run_log(rising(80, 0.5, 1)), "dead": run_log(rising(3, 0.5, 2)), "c": run_log(rising(80, 0.7, 3))}
    found = result(arms(tmp_path, **logs))
    assert found.left_out == ((1, "only 3 values"),)
    assert (found.means[1], found.over_seeds[1], found.reach) == (None, None, 80.0)
    (effect,) = found.effects
    assert (effect.place, effect.other, effect.shown) == (2, 0, True)
    assert isinstance(result_of(arms(tmp_path, **logs), baseline=1), Incomparable)


def test_runs_that_share_their_values_are_twins_and_constant_ones_are_not(tmp_path: Path) -> None:
    course = rising(80, 0.5, 1)
    level = dict.fromkeys(course, 0.5)
    (shared,) = result(arms(tmp_path / "shared", a=run_log(course), b=run_log(course))).effects
    (constant,) = result(arms(tmp_path / "constant", a=run_log(level), b=run_log(level))).effects
    assert (shared.twins, constant.twins) == (True, False)


def test_runs_of_different_length_are_compared_over_what_both_reach(tmp_path: Path) -> None:
    found = result(arms(tmp_path, a=run_log(rising(200, 0.9, 1)), b=run_log(rising(80, 0.5, 2))))
    assert (found.window, found.reach) == ((60.25, 80.0), 80.0)


def test_runs_that_do_not_differ_show_no_difference_and_those_that_do_show_it(tmp_path: Path) -> None:
    found = result(
        arms(
            tmp_path,
            a=run_log(rising(100, 0.6, 1)), b=run_log(rising(100, 0.6, 2)), c=run_log(rising(100, 0.7, 3)),
            d=run_log(rising(100, 0.5, 4)),
        )
    )  # fmt: skip
    assert [effect.shown for effect in found.effects] == [False, True, True]
    assert [round(effect.mean - effect.other_mean, 1) + 0.0 for effect in found.effects] == [0.0, 0.1, -0.1]
    _, better, worse = found.effects
    assert better.reached[0] is not None
    assert worse.reached[0] is None


def test_another_baseline_turns_the_signs(tmp_path: Path) -> None:
    pair = arms(tmp_path, a=run_log(rising(100, 0.6, 1)), b=run_log(rising(100, 0.8, 2)))
    (there,), (back,) = result(pair).effects, result(pair, baseline=1).effects
    assert (back.place, back.other) == (0, 1)
    assert back.interval is not None
    assert there.interval is not None
    assert back.interval.mean == pytest.approx(-there.interval.mean)


def test_seeds_count_once_each(tmp_path: Path) -> None:
    logs = {f"{arm}{seed}": run_log(rising(60, end, seed, noise=0.05))
            for arm, end in (("x", 0.5), ("y", 0.9)) for seed in range(3)}  # fmt: skip
    found = result(arms(tmp_path, "[xy]", **logs))
    (effect,) = found.effects
    assert (effect.seeds, effect.by_seeds, effect.values, effect.shown) == ((3, 3), True, 0, True)
    assert effect.reached == (None, None)
    assert all(spread is not None and spread.low < mean < spread.high
               for spread, mean in zip(found.over_seeds, found.means, strict=True))  # fmt: skip


def test_aligned_by_tokens_runs_are_paired_by_bins(tmp_path: Path) -> None:
    slow = run_log(rising(100, 0.6, 1))
    pair = arms(tmp_path, a=slow, b=run_log({2 * step: v for step, v in rising(50, 0.6, 2).items()}))
    found = result(pair, "tokens")
    assert found.window == (75_500.0, 100_000.0)
    assert found.effects[0].values == 13


def test_totals_of_other_sums_do_not_decide(tmp_path: Path) -> None:
    pair = arms(
        tmp_path,
        a=run_log(rising(60, 0.5, 1)),
        b=run_log(rising(60, 0.5, 2), reward_weights={"accuracy": 3.0, "style": 1.0}, primary="style"),
    )
    assert result_of(pair) == Incomparable(())
    assert result(pair, metric="reward").outcome.metric == "reward"


def test_a_metric_of_choice_decides_with_its_own_direction(tmp_path: Path) -> None:
    pair = arms(tmp_path, a=run_log(rising(60, 0.5, 1)), b=run_log(rising(60, 0.5, 2)))
    found = result(pair, metric="kl")
    assert (found.outcome.better, found.effects[0].shown) == ("none", False)
    with pytest.raises(UsageError, match="cannot be compared by entropy: a has none"):
        result_of(pair, metric="entropy")


def test_values_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    broken = {step: float("nan") if step % 2 else value for step, value in rising(80, 0.5, 1).items()}
    found = result(arms(tmp_path, a=run_log(broken), b=run_log(rising(80, 0.5, 2))))
    assert np.isfinite(found.means).all()
    assert found.effects[0].values == 20


def test_runs_with_nothing_in_common_are_incomparable(tmp_path: Path) -> None:
    other = Log()
    for step in range(1, 30):
        other.add(StepEvent, step, loss=0.1)
    assert result_of(arms(tmp_path, a=run_log(rising(30, 0.5, 1)), b=other)) == Incomparable(
        (("rewards/accuracy/mean", "b has none"), ("reward", "b has none"))
    )
