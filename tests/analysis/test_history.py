"""Histories: the values of one metric by step."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_logs import line, numbered, run_of

from grpolog import metrics
from grpolog.analysis import Run, UnknownMetricError
from grpolog.errors import GrpologError

FIELDS: dict[str, dict[str, Any]] = {}
for _metric in metrics.METRICS:
    FIELDS.setdefault(_metric.event, {})[_metric.field] = len(FIELDS.get(_metric.event, {})) + 1.0


def every_metric(mode: str = "train", eval_name: str | None = None, first: int = 0) -> list[bytes]:
    """Events of one step with a different value in each field that has a canonical name; the total's are 100 more."""
    where = {"mode": mode, "eval_name": eval_name}
    perf = {f: v for f, v in FIELDS["perf"].items() if "/" not in f}
    gpu = {f.removeprefix("gpus/"): v for f, v in FIELDS["perf"].items() if f.startswith("gpus/")}
    seconds = {"a/b": FIELDS["perf"]["reward_seconds/<f>"]}
    logged = {f: v for f, v in FIELDS["step"].items() if "/" not in f}
    others = {f.removeprefix("metrics/"): v for f, v in FIELDS["step"].items() if "/" in f}
    return numbered(
        line("reward", name="a/b", **FIELDS["reward"], **where),
        line("reward", name="total", **{f: v + 100 for f, v in FIELDS["reward"].items()}, **where),
        line("quality", **FIELDS["quality"], **where),
        line("step", **logged, metrics={"own/metric": 0.5, **others}, **where),
        *([line("perf", **perf, reward_seconds=seconds, gpus=[{"index": 3, **gpu}])] if mode == "train" else []),
        first=first,
    )


def value(run: Run, name: str, **options: Any) -> float:
    (row,) = run.history(name, **options).rows()
    assert row[::2] == (1, 0)
    return float(row[1])


def named(metric: metrics.Metric) -> str:
    return metric.name.replace("<f>", "a/b").replace("<i>", "3")


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_every_canonical_metric_has_a_history(tmp_path: Path, metric: metrics.Metric) -> None:
    expected = FIELDS[metric.event][metric.field] + 100 * (metric.event == "reward" and "<f>" not in metric.name)
    assert value(run_of(tmp_path, *every_metric()), named(metric)) == expected
    if metric.event == "perf":
        return
    assert value(run_of(tmp_path, *every_metric("eval")), f"eval_{named(metric)}") == expected
    assert value(run_of(tmp_path, *every_metric("eval", "hard_set")), f"eval_hard_set_{named(metric)}") == expected


def test_names_are_in_reading_order(tmp_path: Path) -> None:
    names = run_of(tmp_path, *every_metric()).metric_names()
    assert names == [*map(named, metrics.METRICS), "own/metric"]
    evaluated = run_of(tmp_path, *every_metric("eval", "hard")).metric_names()
    assert evaluated == [f"eval_hard_{named(m)}" for m in metrics.METRICS if m.event != "perf"] + [
        "eval_hard_own/metric"
    ]


def test_training_comes_before_evaluation_and_functions_in_one_family(tmp_path: Path) -> None:
    lines = numbered(
        line("step", mode="eval", loss=1.0, metrics={"b": 1}),
        line("step", loss=1.0, metrics={"zz": 1, "aa": 2}),
        *(line("reward", name=name, mean=1.0, std=0.5) for name in ("f", "e", "total")),
        line("quality", mode="eval", eval_name="x", format_rate=0.5),
    )
    assert run_of(tmp_path, *lines).metric_names() == [
        "reward", "reward_std", "rewards/e/mean", "rewards/f/mean", "rewards/e/std", "rewards/f/std", "loss", "aa",
        "zz", "eval_x_quality/format_rate", "eval_x_quality/n", "eval_loss", "eval_b",
    ]  # fmt: skip


def test_every_name_of_a_log_has_a_history_with_values(tmp_path: Path) -> None:
    lines = [*every_metric(), *every_metric("eval", first=5), *every_metric("eval", "hard", first=9)]
    run = run_of(tmp_path, *lines)
    assert len(run.metric_names()) == 3 * (len(metrics.METRICS) + 1) - 2 * sum(
        m.event == "perf" for m in metrics.METRICS
    )
    assert all(run.history(name)["value"].count() == 1 for name in run.metric_names())


def test_a_history_has_step_value_and_attempt(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(line("step", 2, loss=math.inf), line("step", 1, loss=1), line("step", 3, kl=1.0)))
    history = run.history("loss")
    assert history.schema == {"step": pl.Int64, "value": pl.Float64, "attempt": pl.Int64}
    assert history.rows() == [(1, 1.0, 0), (2, math.inf, 0)]


def test_own_statistics_win_over_the_trainers_window_means(tmp_path: Path) -> None:
    lines = numbered(
        line("reward", 1, mean=1.0),
        line("reward", 2, mean=2.0),
        line("reward", 2, name="f", mean=3.0, n=4),
        line("step", 2, reward=9.0, reward_std=0.5, metrics={"rewards/f/mean": 8.0, "rewards/g/mean": 7.0}),
    )
    run = run_of(tmp_path, *lines)
    assert run.history("reward").rows() == [(1, 1.0, 0), (2, 2.0, 0)]
    assert run.history("rewards/f/mean")["value"].to_list() == [3.0]
    # what our events do not say comes from the trainer's row
    assert run.history("rewards/g/mean")["value"].to_list() == [7.0]
    assert run.history("reward_std")["value"].to_list() == [0.5]


def test_an_evaluation_that_never_was_has_no_values_though_training_has(tmp_path: Path) -> None:
    run = run_of(tmp_path, *every_metric())
    names = ["eval_reward", "eval_rewards/a/b/mean", "eval_quality/turns", "eval_perf/rss_gib", "eval_x_loss"]
    assert [run.history(name).height for name in names] == [0] * 5


def test_several_eval_sets_keep_apart_though_one_name_begins_another(tmp_path: Path) -> None:
    lines = numbered(
        *(
            line("step", 1, mode="eval", eval_name=name, loss=loss)
            for name, loss in (("a", 1.0), ("a_b", 2.0), (None, 3.0))
        ),
        line("step", 1, mode="eval", eval_name="a", metrics={"b_loss": 4.0}),
        line("step", 1, metrics={"eval_own": 5.0}),
    )
    run = run_of(tmp_path, *lines)
    assert {name: value(run, name) for name in run.metric_names()} == {
        "eval_loss": 3.0,
        "eval_a_loss": 1.0,
        "eval_a_b_loss": 2.0,
        "eval_own": 5.0,
    }


def test_a_mode_may_be_asked_for_instead_of_a_prefix(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(line("step", loss=1.0), line("step", mode="eval", loss=2.0)))
    assert [value(run, "loss"), value(run, "loss", mode="train"), value(run, "loss", mode="eval")] == [1.0, 1.0, 2.0]


def test_perf_is_that_of_rank_0(tmp_path: Path) -> None:
    lines = [line("perf", 1, step_seconds=1.0), line("perf", 1, rank=1, step_seconds=9.0)]
    assert value(run_of(tmp_path, *lines), "perf/step_seconds") == 1.0


def test_gpus_keep_apart(tmp_path: Path) -> None:
    gpus = [{"index": 0, "used_gib": 1.0}, {"index": 7, "used_gib": 2.0, "peak_gib": 3.0}]
    run = run_of(tmp_path, line("perf", 1, gpus=gpus), line("perf", 2, 1))
    assert run.metric_names() == ["perf/gpu7/peak_gib", "perf/gpu0/used_gib", "perf/gpu7/used_gib"]
    assert [value(run, f"perf/gpu{i}/used_gib") for i in (0, 7)] == [1.0, 2.0]
    assert run.history("perf/gpu5/used_gib").height == run.history("perf/gpu0/peak_gib").height == 0


def test_a_canonical_metric_that_the_log_lacks_is_empty(tmp_path: Path) -> None:
    run = run_of(tmp_path, line("step", loss=1.0))
    for name in ("kl", "reward", "rewards/no/mean", "quality/turns", "perf/cpu_percent", "eval_kl", "eval_x_kl"):
        assert run.history(name).rows() == []
        assert run.history(name).schema == {"step": pl.Int64, "value": pl.Float64, "attempt": pl.Int64}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("los", "no metric los; did you mean loss?"),
        ("reward/accuracy/mean", "no metric reward/accuracy/mean; did you mean rewards/accuracy/mean?"),
        ("xyzzy", "no metric xyzzy; the log has rewards/accuracy/mean, loss"),
        ("eval_xyzzy", "no metric eval_xyzzy; the log has rewards/accuracy/mean, loss"),
    ],
)
def test_an_unknown_name_is_an_error_with_suggestions(tmp_path: Path, name: str, message: str) -> None:
    run = run_of(tmp_path, *numbered(line("step", loss=1.0), line("reward", name="accuracy", mean=1.0)))
    with pytest.raises(UnknownMetricError) as caught:
        run.history(name)
    assert str(caught.value) == message
    assert isinstance(caught.value, GrpologError)
    assert isinstance(caught.value, KeyError)


def test_a_log_without_metrics_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownMetricError, match=r"^no metric los; the log has none$"):
        run_of(tmp_path, line("run", 0)).history("los")
