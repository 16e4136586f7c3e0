"""Rows, the stopwatch, the task's function, and chosen metrics."""

from collections import Counter

import pytest
from fake_time import FakeTime

from grpolog.events import QualityEvent, RewardEvent, StepEvent
from grpolog.metrics.primary import function_names, primary_of
from grpolog.record.reported import Reported
from grpolog.record.step_row import eval_set, is_eval, step_event, totals
from grpolog.record.stopwatch import Stopwatch


def row(logs, mode="train", name=None):
    return step_event(7, logs, mode, name, Counter())


def test_typed_metrics_fill_fields_and_others_keep_their_names():
    logs = {"loss": 1, "clip_ratio/low_mean": 0.1, "completions/mean_length": 3.0, "sampling/x": 2, "epoch": 0.5}
    assert row(logs) == StepEvent(
        step=7, loss=1.0, clip_ratio_low_mean=0.1, completions_mean_length=3.0, epoch=0.5, metrics={"sampling/x": 2}
    )


def test_eval_rows_lose_their_prefix():
    logs = {"eval_math_loss": 0.1, "eval_reward": 0.5, "eval_math_runtime": 2.0, "epoch": 1.0}
    assert (is_eval(logs), eval_set(logs), eval_set({"eval_runtime": 1})) == (True, "math", None)
    assert row(logs, "eval", "math") == StepEvent(
        step=7, mode="eval", eval_name="math", loss=0.1, reward=0.5, epoch=1.0, metrics={"runtime": 2.0}
    )


def test_rows_under_a_prefix_of_the_callers_own_are_read_alike():
    logs = {"test_loss": 0.1, "eval_reward": 0.5, "epoch": 1.0}
    assert row(logs, "eval", "test") == StepEvent(
        step=7, mode="eval", eval_name="test", loss=0.1, reward=0.5, epoch=1.0
    )


def test_a_closing_row_without_metrics_is_no_event():
    logs = {"train_runtime": 3.0, "train_loss": 0.1, "total_flos": 0, "epoch": 2.0}
    assert row(logs) is None
    assert totals(logs) == {"train_runtime": 3.0, "train_loss": 0.1, "total_flos": 0.0}


def test_values_that_are_no_numbers_are_counted():
    counts = Counter()
    assert step_event(1, {"a": "x", "b": [1], "c": None, "loss": 1.0}, "train", None, counts) == StepEvent(
        step=1, loss=1.0
    )
    assert counts == {"not_a_number": 2}


def test_a_step_is_split_into_sampling_scoring_and_update():
    time = FakeTime()
    watch = Stopwatch(time)
    watch.begin()
    with watch.during("generation"):
        with watch.during("sampling"):
            assert watch.phase == "sampling"
            time.pass_(3.0)
        with watch.during("scoring"):
            watch.scored("accuracy", 0.75)
            time.pass_(1.0)
    watch.sampled(8, 100)
    time.pass_(4.0)
    with watch.cost():
        time.pass_(2.0)
    assert watch.end() == {
        "step_seconds": 10.0, "generation_seconds": 3.0, "update_seconds": 6.0, "reward_seconds": {"accuracy": 0.75},
        "completions": 8, "samples_per_second": 0.8, "tokens_per_second": 10.0, "logging_seconds": 2.0,
    }  # fmt: skip


def test_costs_inside_costs_count_once():
    time = FakeTime()
    watch = Stopwatch(time)
    with watch.cost():
        time.pass_(1.0)
        with watch.cost():
            time.pass_(2.0)
    with watch.cost():
        time.pass_(4.0)
    assert watch.end()["logging_seconds"] == 7.0


def test_what_happens_between_two_steps_belongs_to_neither():
    time = FakeTime()
    watch = Stopwatch(time)
    with watch.during("sampling"):
        time.pass_(5.0)
    watch.begin()
    time.pass_(1.0)
    assert watch.end()["step_seconds"] == 1.0
    assert "step_seconds" not in watch.end()


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (["a"], None, ("a", "guessed")),
        (["format", "accuracy"], None, ("accuracy", "guessed")),
        (
            ["xmlcount_reward_func", "correctness_reward_func", "int_reward_func"],
            None,
            ("correctness_reward_func", "guessed"),
        ),
        (["accuracy", "accuracy_strict"], None, ("accuracy", "guessed")),
        (["correct_a", "correct_b"], None, (None, "unknown")),
        (["format", "length"], None, (None, "unknown")),
        (["format", "length"], "length", ("length", "given")),
        (["tests_pass", "style"], None, ("tests_pass", "guessed")),
        (["compassion", "style"], None, (None, "unknown")),
    ],
)
def test_the_task_is_found_by_name_only_where_the_name_is_clear(names, given, expected):
    assert primary_of(names, given) == expected


def test_functions_of_one_name_get_numbers():
    assert function_names(["f", "f", "total", "f"]) == ("f", "f (2)", "total (function)", "f (3)")


def test_chosen_metrics_are_averaged_over_the_completions_of_a_window():
    reported = Reported(["quality/format_rate", "rewards/a/mean"])
    for n, rate in ((10, 0.5), (30, 1.0)):
        reported.gather("train", [QualityEvent(step=1, n=n, format_rate=rate, empty_share=0.1)])
    reported.gather(
        "eval", [RewardEvent(step=1, name="a", n=4, mean=2.0), RewardEvent(step=1, name="b", n=4, mean=3.0)]
    )
    assert reported.take("train") == {"quality/format_rate": 0.875}
    assert reported.take("train") == {}
    assert reported.take("eval") == {"eval_rewards/a/mean": 2.0}
