"""Whole frames give the monitor the rows that single events gave it."""

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_logs import line, run_of

from grpolog import jsonl, trends
from grpolog.analysis import Run, monitored

STEPS = st.integers(0, 5)
REAL = st.one_of(st.none(), st.sampled_from([math.nan, math.inf, 0.1, 1 / 3]), st.floats(-100, 100))
WHERE = st.fixed_dictionaries(
    {}, optional={"mode": st.sampled_from(["train", "train", "eval"]), "eval_name": st.sampled_from(["", "a", "a_b"])}
)
EVENTS = st.one_of(
    st.tuples(
        st.just("step"),
        st.fixed_dictionaries(
            {},
            optional={
                "loss": REAL,
                "reward": REAL,
                "clip_ratio_low_mean": REAL,
                "metrics": st.dictionaries(st.sampled_from(["kl", "loss", "own", "rewards/f/mean"]), REAL, max_size=3),
            },
        ),
        WHERE,
    ),
    st.tuples(
        st.just("reward"),
        st.fixed_dictionaries(
            {"name": st.sampled_from(["f", "a/b", "total"]), "n": st.integers(0, 9)},
            optional={"mean": REAL, "std": REAL, "min": REAL, "max": REAL, "none_share": REAL, "group_std": REAL},
        ),
        WHERE,
    ),
    st.tuples(
        st.just("quality"),
        st.fixed_dictionaries(
            {"n": st.integers(0, 9)},
            optional={"format_compliant": st.integers(0, 9), "format_rate": REAL, "live_share": REAL},
        ),
        WHERE,
    ),
    st.tuples(
        st.just("perf"),
        st.fixed_dictionaries(
            {},
            optional={
                "step_seconds": REAL,
                "completions": st.integers(0, 9),
                "reward_seconds": st.dictionaries(st.sampled_from(["f", "g"]), st.floats(0, 9), max_size=2),
                "gpus": st.lists(
                    st.fixed_dictionaries({"index": st.integers(0, 2)}, optional={"used_gib": REAL}), max_size=2
                ),
            },
        ),
        st.fixed_dictionaries({}, optional={"rank": st.just(1)}),
    ),
    st.tuples(st.sampled_from(["group", "example", "alert"]), st.just({}), st.just({})),
)  # fmt: skip


def same(columnar: trends.Table, single: trends.Table) -> None:
    """Both tables hold the same bits."""
    assert columnar.steps.tolist() == single.steps.tolist()
    assert columnar.columns.keys() == single.columns.keys()
    for name, column in single.columns.items():
        assert (name, columnar.columns[name].rows.tolist()) == (name, column.rows.tolist())
        np.testing.assert_array_equal(columnar.columns[name].values, column.values, name)
        assert columnar.columns[name].rows.dtype == column.rows.dtype


def compare(run: Run, lines: list[bytes]) -> list[trends.Attempt]:
    """The attempts of a log, after they were held to those that its lines give one by one."""
    single = trends.attempts(jsonl.decode(text)[0] for text in lines)
    columnar = monitored.attempts(run.tables, run.runs)
    assert [(a.number, a.resumed_from_step) for a in columnar] == [(a.number, a.resumed_from_step) for a in single]
    for a, b in zip(columnar, single, strict=True):
        same(a.rows, b.rows)
    return columnar


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    """Attempts of events in any order, each with or without an end."""
    lines: list[bytes] = []
    for attempt in range(draw(st.integers(1, 2))):
        events: list[Any] = [("run", {"resumed_from_step": draw(STEPS)}, {})]
        events += [
            (event, fields, {"step": draw(STEPS), **where})
            for event, fields, where in draw(st.lists(EVENTS, max_size=14))
        ]
        if draw(st.booleans()):
            events.append(("run", {"phase": "end", "status": "finished"}, {}))
        lines += [
            line(event, **({"step": 0} | fields | where), seq=seq, attempt=attempt)
            for seq, (event, fields, where) in enumerate(events)
        ]
    return lines


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(logs())
def test_frames_give_the_rows_that_single_events_give(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run_of(Path(folder), *lines)
    compare(run, lines)


def test_a_run_of_every_kind_of_event_gives_its_rows(tmp_path: Path) -> None:
    events: list[tuple[str, dict[str, Any]]] = [
        ("run", {"step": 0, "resumed_from_step": 0}),
        ("reward", {"step": 1, "name": "f", "n": 4, "mean": 1.0, "std": 0.5}),
        ("reward", {"step": 1, "name": "f", "n": 2, "mean": 4.0}),
        ("perf", {"step": 1, "step_seconds": 2.0, "gpus": [{"index": 0, "used_gib": 1.5}]}),
        ("step", {"step": 1, "loss": 0.5, "metrics": {"rewards/f/mean": 9.0, "own": 3}}),
        ("step", {"step": 1, "mode": "eval", "eval_name": "hard", "loss": 0.25}),
        ("quality", {"step": 2, "n": 4, "format_rate": 0.5}),
        ("run", {"step": 2, "phase": "end", "status": "finished"}),
    ]
    lines = [line(event, seq=seq, **fields) for seq, (event, fields) in enumerate(events)]
    (attempt,) = compare(run_of(tmp_path, *lines), lines)
    values = {
        name: list(zip(c.rows.tolist(), c.values.tolist(), strict=True)) for name, c in attempt.rows.columns.items()
    }
    assert attempt.rows.steps.tolist() == [1, 2]
    assert values == {
        "rewards/f/mean": [(0, 2.0)],
        "rewards/f/std": [(0, pytest.approx(math.sqrt(12.75 / 5)))],
        "perf/step_seconds": [(0, 2.0)],
        "perf/gpu0/used_gib": [(0, 1.5)],
        "loss": [(0, 0.5)],
        "own": [(0, 3.0)],
        "eval_hard_loss": [(1, 0.25)],
        "quality/n": [(1, 4.0)],
        "quality/format_rate": [(1, 0.5)],
    }


def values(run: Run, lines: list[bytes], name: str) -> list[tuple[int, float]]:
    """Row and value of a metric of the first attempt."""
    column = compare(run, lines)[0].rows.columns[name]
    return list(zip(column.rows.tolist(), column.values.tolist(), strict=True))


def test_of_several_values_in_a_row_the_last_one_written_counts(tmp_path: Path) -> None:
    evals = [
        {"loss": 1.0, "metrics": {"own": 1.0}},
        {"loss": 2.0, "metrics": {"loss": 3.0}},
        {"kl": 4.0},
        {"loss": 5.0},
    ]
    lines = [line("step", 1, 0, mode="eval", **fields) for fields in evals[:2]]
    lines += [line("step", 1, 2), *(line("step", 1, 3 + i, mode="eval", **f) for i, f in enumerate(evals[2:]))]
    lines += [line("perf", 2, 5, step_seconds=1.0), line("perf", 2, 6, step_seconds=2.0), line("step", 2, 7)]
    run = run_of(tmp_path, *lines)
    assert values(run, lines, "eval_loss") == [(0, 3.0), (1, 5.0)]
    assert values(run, lines, "perf/step_seconds") == [(1, 2.0)]


def test_the_trainers_means_fill_the_rows_that_own_statistics_leave(tmp_path: Path) -> None:
    lines = [
        line("step", 1, 0, reward=9.0),
        line("reward", 2, 1, mean=1.0),
        line("step", 2, 2, reward=8.0),
        line("step", 3, 3, reward=7.0),
    ]
    assert values(run_of(tmp_path, *lines), lines, "reward") == [(0, 9.0), (1, 1.0), (2, 7.0)]


def test_a_log_without_events_has_no_attempts(tmp_path: Path) -> None:
    lines = [line("run", 0)]
    assert compare(run_of(tmp_path, *lines), lines) == []
