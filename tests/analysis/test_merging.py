"""Several generations of one step are one point of a history."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_logs import line, numbered, run_of

from grpolog import jsonl
from grpolog.analysis import Run
from grpolog.trends import RowBuilder


def values(run: Run, *names: str) -> list[float]:
    return [run.history(name)["value"].item() for name in names]


def test_statistics_of_a_step_are_those_of_all_its_completions(tmp_path: Path) -> None:
    parts = [np.array([0.0, 1.0, 1.0]), np.array([5.0, 2.0, 2.0, 3.0, 9.0]), np.array([4.0])]
    lines = [
        line("reward", name="f", n=len(x), mean=x.mean(), std=x.std(ddof=1) if len(x) > 1 else None, min=x.min(),
             max=x.max(), none_share=share, weight=2.0, generation=i)
        for i, (x, share) in enumerate(zip(parts, (0.5, 0.0, 0.25), strict=True))
    ]  # fmt: skip
    quality = [line("quality", n=n, format_compliant=c, format_rate=c / n) for n, c in ((3, 3), (5, 1))]
    run = run_of(tmp_path, *numbered(*lines, *quality))
    both = np.concatenate(parts)
    assert values(run, *(f"rewards/f/{name}" for name in ("mean", "std", "min", "max", "none_share"))) == pytest.approx(
        [both.mean(), both.std(ddof=1), 0.0, 9.0, 0.25]
    )
    assert values(run, "quality/n", "quality/format_compliant", "quality/format_rate") == [8.0, 4.0, 0.5]
    assert run.rewards.height == 3  # the frame keeps each generation


def test_a_generation_that_nothing_was_scored_in_has_no_weight(tmp_path: Path) -> None:
    lines = numbered(line("reward", name="f", n=0, none_share=1.0), line("reward", name="f", n=8, mean=0.5, std=0.1))
    run = run_of(tmp_path, *lines)
    assert values(run, "rewards/f/mean", "rewards/f/none_share") == [0.5, 1.0]
    assert values(run, "rewards/f/std") == pytest.approx([0.1])


def test_generations_of_other_steps_modes_sets_and_attempts_stay_apart(tmp_path: Path) -> None:
    lines = [
        line("quality", 1, 0, repetition=1.0),
        line("quality", 2, 1, repetition=2.0),
        line("quality", 2, 2, mode="eval", repetition=3.0),
        line("quality", 2, 3, mode="eval", eval_name="x", repetition=4.0),
        line("quality", 2, 0, attempt=1, repetition=5.0),
        line("quality", 2, 1, attempt=1, repetition=7.0),
    ]
    run = run_of(tmp_path, *lines)
    assert run.history("quality/repetition", superseded=True).rows() == [(1, 1.0, 0), (2, 2.0, 0), (2, 6.0, 1)]
    assert run.history("eval_quality/repetition", superseded=True).rows() == [(2, 3.0, 0)]
    assert run.history("eval_x_quality/repetition", superseded=True).rows() == [(2, 4.0, 0)]


def test_a_value_that_is_not_finite_stays_so(tmp_path: Path) -> None:
    lines = numbered(*(line("reward", name="f", n=8, mean=m, min=m, max=m, std=m) for m in (math.nan, 1.0)))
    assert all(
        math.isnan(v) for v in values(run_of(tmp_path, *lines), *(f"rewards/f/{k}" for k in ("mean", "min", "max")))
    )
    lines = numbered(*(line("reward", name="f", n=8, mean=m, min=m, max=m) for m in (math.inf, 1.0)))
    assert values(run_of(tmp_path, *lines), *(f"rewards/f/{k}" for k in ("mean", "min", "max"))) == [
        math.inf, 1.0, math.inf,
    ]  # fmt: skip


def test_of_several_rows_of_the_trainer_each_value_is_the_last_one_written(tmp_path: Path) -> None:
    lines = numbered(
        line("step", 4, loss=1.0, kl=0.1, metrics={"a": 1}),
        line("step", 4, loss=2.0),
        line("step", 4, metrics={"b": 3}),
    )
    assert values(run_of(tmp_path, *lines), "loss", "kl", "a", "b") == [2.0, 0.1, 1.0, 3.0]


def test_of_several_perf_events_of_a_step_each_value_is_the_last_one_written(tmp_path: Path) -> None:
    lines = numbered(
        line("perf", 4, step_seconds=1.0, gpus=[{"index": 0, "used_gib": 1.0}]),
        line("perf", 4, step_seconds=2.0, gpus=[{"index": 0, "used_gib": 2.0}]),
    )
    assert values(run_of(tmp_path, *lines), "perf/step_seconds", "perf/gpu0/used_gib") == [2.0, 2.0]


REAL = st.one_of(st.none(), st.sampled_from([math.nan, math.inf, 0.0]), st.floats(-100, 100))
REWARD = st.fixed_dictionaries({"n": st.integers(0, 9), "mean": REAL}, optional=dict.fromkeys(
    ("std", "min", "median", "max", "none_share", "group_std", "advantage_share"), REAL))  # fmt: skip
QUALITY = st.fixed_dictionaries(
    {"n": st.integers(1, 9)},
    optional={"format_compliant": st.integers(0, 9), "format_rate": REAL, "repetition": REAL, "live_share": REAL},
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(["f", "total", ""]), st.one_of(REWARD), QUALITY), min_size=1, max_size=8))
def test_histories_hold_what_the_monitor_sees(tmp_path: Path, generations: list[tuple[str, Any, Any]]) -> None:
    lines = numbered(
        *(
            line("reward", name=name, **reward) if name else line("quality", **quality)
            for name, reward, quality in generations
        ),
        line("step", 1, loss=0.0),
    )
    run = run_of(tmp_path, *lines)
    builder = RowBuilder()
    (row,) = [row for text in lines if (row := builder.add(jsonl.decode(text)[0]))]
    found = {name: run.history(name)["value"].item() for name in run.metric_names()}
    assert found == pytest.approx(row.metrics, rel=1e-9, abs=1e-9, nan_ok=True)
