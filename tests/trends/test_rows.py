import json
import math
from typing import Any

import numpy as np
import pytest

from grpolog import jsonl
from grpolog.events import Envelope, GpuReading, PerfEvent, QualityEvent, RewardEvent, RunEvent, StepEvent
from grpolog.trends import Row, RowBuilder


def reward(step: int, mean: float | None, name: str = "total", n: int = 8, **fields: Any) -> RewardEvent:
    return RewardEvent(step=step, name=name, n=n, mean=mean, **fields)


def run(phase: str, **fields: Any) -> RunEvent:
    status = "running" if phase == "start" else "finished"
    return RunEvent(step=0, phase=phase, status=status, run_id="0", name="r", grpolog_version="0", **fields)


def rows(*events: Envelope) -> list[Row]:
    builder = RowBuilder()
    return [row for event in events if (row := builder.add(event.__dict__)) is not None]


def test_the_events_of_a_step_become_one_row_when_its_step_event_arrives() -> None:
    built = rows(
        reward(1, 1.5, std=0.5),
        reward(1, 0.5, "accuracy", std=0.4, advantage_share=0.9, n=7),
        QualityEvent(step=1, n=8, format_rate=0.75, live_share=1.0),
        PerfEvent(step=1, step_seconds=2.0, reward_seconds={"accuracy": 0.1}, gpus=[GpuReading(index=0, used_gib=4.0)]),
        StepEvent(step=1, loss=0.1, clip_ratio_low_mean=0.01, completions_mean_length=9.0, metrics={"tools/x": 3}),
    )
    assert built == [
        Row(
            1,
            {
                "perf/step_seconds": 2.0,
                "perf/reward_seconds/accuracy": 0.1,
                "perf/gpu0/used_gib": 4.0,
                "loss": 0.1,
                "clip_ratio/low_mean": 0.01,
                "completions/mean_length": 9.0,
                "tools/x": 3.0,
                "reward": 1.5,
                "reward_std": 0.5,
                "rewards/accuracy/mean": 0.5,
                "rewards/accuracy/std": 0.4,
                "rewards/accuracy/advantage_share": 0.9,
                "quality/n": 8.0,
                "quality/format_rate": 0.75,
                "group/live_share": 1.0,
            },
        )
    ]


def test_own_statistics_win_over_the_trainers_window_means() -> None:
    step = StepEvent(step=4, reward=9.0, reward_std=9.0, metrics={"rewards/accuracy/mean": 9.0})
    (row,) = rows(reward(4, 1.0, std=0.5), reward(4, 0.25, "accuracy"), step)
    assert row.metrics == {"reward": 1.0, "reward_std": 0.5, "rewards/accuracy/mean": 0.25}


def test_steps_between_two_logged_rows_have_rows_of_their_own() -> None:
    events = [reward(step, step / 10) for step in (1, 2, 3, 4)]
    assert rows(*events, StepEvent(step=4, kl=0.5)) == [
        Row(1, {"reward": 0.1}),
        Row(2, {"reward": 0.2}),
        Row(3, {"reward": 0.3}),
        Row(4, {"kl": 0.5, "reward": 0.4}),
    ]


def test_a_step_event_that_closes_another_row_keeps_its_own_for_the_next_event() -> None:
    built = rows(reward(1, 0.1), StepEvent(step=4, kl=0.5), reward(5, 0.2), StepEvent(step=5))
    assert built == [Row(1, {"reward": 0.1}), Row(4, {"kl": 0.5}), Row(5, {"reward": 0.2})]


def test_evaluations_ride_on_the_next_row_under_their_names() -> None:
    evals = [
        reward(1, 0.5, mode="eval"),
        reward(1, 0.25, "accuracy", mode="eval", eval_name="hard"),
        StepEvent(step=1, mode="eval", loss=0.1, metrics={"x": 1}),
        QualityEvent(step=1, mode="eval", n=4, format_rate=1.0),
    ]
    first, second = rows(StepEvent(step=1, loss=1.0), *evals, reward(2, 1.0), StepEvent(step=2, loss=2.0))
    assert first == Row(1, {"loss": 1.0})
    assert second.metrics == {
        "eval_loss": 0.1,
        "eval_x": 1.0,
        "loss": 2.0,
        "eval_reward": 0.5,
        "eval_hard_rewards/accuracy/mean": 0.25,
        "eval_quality/n": 4.0,
        "eval_quality/format_rate": 1.0,
        "reward": 1.0,
    }


def test_the_evaluation_after_the_last_step_comes_with_the_end_of_the_run() -> None:
    built = rows(StepEvent(step=9, loss=1.0), reward(9, 0.5, mode="eval"), run("end"))
    assert built == [Row(9, {"loss": 1.0}), Row(9, {"eval_reward": 0.5})]


def test_nothing_is_left_when_the_last_row_was_closed() -> None:
    builder = RowBuilder()
    builder.add(StepEvent(step=9, loss=1.0).__dict__)
    assert builder.flush() is None


def test_flushing_before_the_end_event_gives_the_row_once() -> None:
    builder = RowBuilder()
    builder.add(reward(9, 0.5, mode="eval").__dict__)
    assert builder.flush() == Row(9, {"eval_reward": 0.5})
    assert builder.add(run("end").__dict__) is None


def test_generations_of_one_step_are_pooled_exactly() -> None:
    a, b = np.array([0.0, 1.0, 1.0]), np.array([5.0, 2.0, 2.0, 3.0, 9.0])
    parts = [
        reward(1, float(x.mean()), n=len(x), std=float(x.std(ddof=1)), group_std=g) for x, g in ((a, 1.0), (b, 2.0))
    ]
    functions = [
        reward(1, float(x.mean()), "f", n=len(x), min=float(x.min()), max=float(x.max()), none_share=s)
        for x, s in ((a, 0.5), (b, 0.0))
    ]
    quality = [QualityEvent(step=1, n=n, format_compliant=c, format_rate=c / n) for n, c in ((3, 3), (5, 1))]
    (row,) = rows(*parts, *functions, *quality, StepEvent(step=1))
    both = np.concatenate((a, b))
    assert row.metrics == {
        "reward": pytest.approx(both.mean()),
        "reward_std": pytest.approx(both.std(ddof=1)),
        "group/std": pytest.approx((3 * 1.0 + 5 * 2.0) / 8),
        "rewards/f/mean": pytest.approx(both.mean()),
        "rewards/f/std": pytest.approx(
            math.sqrt((3 * (a.mean() - both.mean()) ** 2 + 5 * (b.mean() - both.mean()) ** 2) / 7)
        ),
        "rewards/f/min": 0.0,
        "rewards/f/max": 9.0,
        "rewards/f/none_share": 0.25,
        "quality/n": 8.0,
        "quality/format_compliant": 4.0,
        "quality/format_rate": 0.5,
    }


def test_a_generation_that_nothing_was_scored_in_has_no_weight() -> None:
    (row,) = rows(reward(1, None, "f", n=0, none_share=1.0), reward(1, 0.5, "f", n=8), StepEvent(step=1))
    assert row.metrics == {"rewards/f/none_share": 1.0, "rewards/f/mean": 0.5, "rewards/f/std": 0.0}


def test_nan_and_infinity_are_kept() -> None:
    (row,) = rows(reward(1, math.nan), StepEvent(step=1, grad_norm=math.inf, metrics={"x": -math.inf}))
    assert math.isnan(row.metrics["reward"])
    assert (row.metrics["grad_norm"], row.metrics["x"]) == (math.inf, -math.inf)


def test_events_of_other_ranks_are_passed_over() -> None:
    assert rows(StepEvent(step=1, loss=9.0, rank=1), StepEvent(step=1, loss=1.0)) == [Row(1, {"loss": 1.0})]


def test_an_event_of_a_closed_step_rides_on_the_next_row() -> None:
    built = rows(StepEvent(step=1, loss=1.0), PerfEvent(step=1, cpu_percent=50.0), StepEvent(step=2, loss=2.0))
    assert built == [Row(1, {"loss": 1.0}), Row(2, {"perf/cpu_percent": 50.0, "loss": 2.0})]


def test_a_counter_that_is_set_back_goes_on_giving_rows() -> None:
    assert [row.step for row in rows(*(StepEvent(step=step) for step in (1, 2, 1, 2)))] == [1, 2, 1, 2]


def test_a_new_attempt_drops_what_the_one_before_left_unfinished() -> None:
    built = rows(reward(7, 9.0), run("start", resumed_from_step=5), reward(6, 0.5), StepEvent(step=6))
    assert built == [Row(6, {"reward": 0.5})]


def test_a_decoded_line_gives_the_same_row_as_the_event() -> None:
    events = [
        reward(1, math.nan, min=-math.inf, std=0.1),
        QualityEvent(step=1, n=8, repetition=1 / 3),
        PerfEvent(step=1, reward_seconds={"a": 0.1}, gpus=[GpuReading(index=1, total_gib=80.0)]),
        StepEvent(step=1, metrics={"a/~b": math.inf, "huge": 10**400, "n": 2**60 + 1}),
    ]
    decoded = RowBuilder()
    replayed = [decoded.add(jsonl.decode(jsonl.encode(event))[0]) for event in events]
    (live,) = rows(*events)
    assert json.dumps(live) == json.dumps(replayed[-1])
    assert list(live.metrics)[:3] == ["perf/reward_seconds/a", "perf/gpu1/total_gib", "a/~b"]


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"event": "step"},
        {"event": "step", "step": "x"},
        {"event": "step", "step": math.nan},
        {"event": "step", "step": 1, "metrics": 5, "loss": "high", "kl": [1]},
        {"event": "perf", "step": 1, "gpus": [3, {}], "reward_seconds": []},
        {"event": "reward", "step": 1, "n": -3, "mean": 1.0},
        {"event": "run", "phase": "end", "step": 1},
    ],
)
def test_a_malformed_record_never_raises(record: dict[str, Any]) -> None:
    builder = RowBuilder()
    for _ in range(3):
        builder.add(record)
    builder.flush()
