"""Alerts judged once more from the log equal those that were recorded while training."""

import itertools
import math
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fake_time import FakeTime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_logs import line, numbered, run_of, write

import grpolog
from grpolog import jsonl
from grpolog.analysis import Run, read
from grpolog.analysis.judgement import judge
from grpolog.analysis.replay import comparable
from grpolog.events import AlertEvent
from grpolog.trends import RowBuilder, Table, advance, rules_hash, start

PROMPTS = ["1 + 1"] * 4 + ["2 + 2"] * 4


def recorder(path: Path, window: int, **options: Any) -> grpolog.Recorder:
    """A silent recorder of small parts."""
    chosen = {"console": 0, "stall_seconds": 0, "examples": 0, "max_bytes": 32_768, "clock": FakeTime(), **options}
    return grpolog.Recorder(path, window_size=window, **chosen)


def answers(rng: np.random.Generator) -> list[str]:
    return [f"<think>{'so ' * rng.integers(1, 4)}</think>\n<answer>{rng.integers(9)}</answer>" for _ in PROMPTS]


def train(
    log: grpolog.Recorder, rng: np.random.Generator, first: int, last: int, *, generations: int, every: int
) -> None:
    """Steps of a run that drifts, with several generations a step, evaluations, None, NaN and infinity."""
    for step in range(first, last + 1):
        drift = math.sin(step / 9)
        for _ in range(generations):
            rewards = {
                "accuracy": [float(rng.random() < 0.5 + drift / 2) for _ in PROMPTS],
                "style": [None if rng.random() < 0.2 else drift + rng.normal() for _ in PROMPTS],
                "odd": [(math.nan, math.inf, 1.0)[rng.choice(3, p=[0.02, 0.02, 0.96])] * drift for _ in PROMPTS],
            }
            log.log_batch(step, PROMPTS, answers(rng), rewards, group_size=4)
        if step % every == 0:
            loss = math.nan if rng.random() < 0.1 else rng.random()
            log.log_step(step, {"loss": loss, "kl": math.inf if step == 7 else 0.1, "rewards/accuracy/mean": 9.0})
        if step % 3 == 0:
            for name in (None, "hard"):
                rewards = {"accuracy": [float(rng.random() < 0.5 + drift / 2) for _ in PROMPTS]}
                log.log_batch(step, PROMPTS, answers(rng), rewards, mode="eval", eval_name=name)
                log.log_step(step, {"eval_loss": rng.random()}, mode="eval", eval_name=name)


def kill(log: grpolog.Recorder) -> None:
    """End a recorder as `kill -9` does: without an end event, what is unfinished is lost."""
    inside = log.session._log
    inside.description = None
    log.close()


def record(folder: Path, seed: int, window: int, resumes: list[int], generations: int = 1, every: int = 1) -> Run:
    """A run of up to 24 steps that broke off, and went on from each of `resumes`; every second attempt was killed."""
    rng = np.random.default_rng(seed)
    for number, begin in enumerate([0, *resumes]):
        log = recorder(folder / "exp1.jsonl", window, resumed_from_step=begin)
        train(log, rng, begin + 1, begin + 24, generations=generations, every=every)
        kill(log) if number % 2 else log.close()
    return read(folder / "exp1", now=0.0)


def chunked(run: Run, window: int, cuts: list[int]) -> list[tuple[str, str, int]]:
    """The alerts of the first attempt when its rows are judged in the given pieces."""
    builder, state, alerts = RowBuilder(), start(window_size=window), []
    lines: list[bytes] = []
    for _, path in run.location.parts[0]:
        with jsonl.open_part(path) as part:
            lines += [text for _, text in jsonl.lines(part)]
    decoded = [record for record, _ in map(jsonl.decode, lines) if record["attempt"] == 0]
    found = [row for record in decoded if (row := builder.add(record))]
    for a, b in itertools.pairwise([0, *sorted(cuts), len(found)]):
        state, opened, changed = advance(state, Table.of(found[a:b]))
        alerts += opened + changed
    return sorted((alert.metric, alert.message, alert.step) for alert in alerts)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    window=st.sampled_from([2, 3, 5]),
    resumes=st.lists(st.integers(0, 24), max_size=2),
    generations=st.integers(1, 3),
    every=st.sampled_from([1, 4]),
    cuts=st.lists(st.integers(0, 24), max_size=8),
)
def test_recorded_alerts_equal_recomputed_ones_however_they_are_cut_and_resumed(
    seed: int, window: int, resumes: list[int], generations: int, every: int, cuts: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        run = record(Path(folder), seed, window, resumes, generations, every)
        in_pieces = chunked(run, window, cuts)
    assert run.audit.losses == ()
    assert run.replay.differences == ()
    assert set(run.replay.alerts["origin"]) <= {"both", "replayed"}
    told = run.replay.alerts.filter(pl.col("origin") == "replayed")
    assert all(attempt % 2 for attempt in told["attempt"])  # only a killed attempt leaves rows that were not judged
    assert run.alerts.height > 5
    assert run.replay.alerts.height - told.height == run.alerts.height
    assert in_pieces == sorted(run.alerts.filter(attempt=0).select("metric", "message", "step").rows())


def jitter(folder: Path, **options: Any) -> Run:
    """A run whose task is never solved while a second function jitters."""
    rng = np.random.default_rng(1)
    known = {"primary": "accuracy", "reward_range": {"accuracy": (0.0, 1.0)}, **options}
    with recorder(folder / "exp1.jsonl", 100, **known) as log:
        for step in range(1, 110):
            rewards = {"accuracy": [0.0] * 8, "style": rng.normal(0.5, 0.1, 8).tolist()}
            log.log_batch(step, PROMPTS, answers(rng), rewards, group_size=4)
            log.log_step(step, {"loss": 0.1})
    return read(folder / "exp1", now=0.0)


def test_groups_of_the_task_are_judged_live_and_in_replay(tmp_path: Path) -> None:
    run = jitter(tmp_path)
    assert run.replay.differences == ()
    found = run.replay.alerts.filter(rule="no_contrast")
    assert set(found["origin"]) == {"both"}
    assert found.select("metric", "severity").rows() == [
        ("rewards/accuracy/equal_share", severity) for severity in ("info", "warning", "error")
    ]
    assert "100% of the groups (0% all at the best reward, 100% at the worst)" in found["message"][0]


@pytest.mark.parametrize("examples", ["groups", "all"])
def test_the_groups_that_were_named_while_training_are_named_when_the_log_is_read(
    tmp_path: Path, examples: str
) -> None:
    run = jitter(tmp_path, examples=examples)
    findings = [finding for finding in judge(run).findings if finding.rule in ("no_contrast", "dominance")]
    assert {finding.rule for finding in findings} == {"no_contrast", "dominance"}
    told = {
        (rule, metric, severity): groups
        for rule, metric, severity, groups in run.alerts.select("rule", "metric", "severity", "groups").iter_rows()
    }
    for finding in findings:
        recorded = told[finding.rule, finding.metric, finding.severity]
        assert [asdict(group) for group in finding.groups] == recorded
        assert 1 <= len(recorded) <= 5
        assert finding.onset_step is not None
        assert all(finding.onset_step <= group["step"] for group in recorded)
        kept = run.examples.filter(step=recorded[0]["step"], generation=recorded[0]["generation"])
        assert recorded[0]["prompt_id"] in set(kept.filter(group=recorded[0]["group"])["prompt_id"])


def test_a_jitter_that_takes_over_is_told_with_shares_and_groups_and_is_an_error_once_the_task_falls(
    tmp_path: Path,
) -> None:
    """Accuracy is stuck at a quarter, without contrast from step 41 on, and lost at step 61; the total rises."""
    rng = np.random.default_rng(3)
    told: list[AlertEvent] = []
    prompts = [f"{number} + 1" for number in range(8) for _ in range(8)]
    options = {"primary": "accuracy", "reward_range": {"accuracy": (0, 1)}, "examples": "groups"}
    with recorder(tmp_path / "exp1.jsonl", 100, on_alert=told.append, **options) as log:
        for step in range(1, 91):
            accuracy = np.where(rng.random(64) < 0.25, 1.0, 0.0)
            if step > 40:
                accuracy = np.repeat(np.arange(8) < (2 if step <= 60 else 0), 8).astype(float)
            rewards = {"accuracy": accuracy.tolist(), "jitter": (0.02 * step + rng.uniform(0, 0.01, 64)).tolist()}
            log.log_batch(step, prompts, [str(rng.integers(9)) for _ in prompts], rewards, group_size=8)
            log.log_step(step, {"loss": 0.1})
    warning, error = [alert for alert in told if alert.rule == "dominance" and alert.state != "resolved"]
    assert (warning.severity, warning.metric, warning.step <= 50) == ("warning", "rewards/jitter/mean", True)
    assert "jitter decides" in warning.message
    assert "of the advantage (accuracy" in warning.message
    assert warning.groups is not None
    assert all(group.step > 38 and group.shows.startswith("jitter ") for group in warning.groups)
    assert (error.severity, error.step <= 90) == ("error", True)
    run = read(tmp_path / "exp1", now=0.0)
    assert run.replay.differences == ()
    finding = next(finding for finding in judge(run).findings if finding.rule == "dominance")
    assert [asdict(group) for group in finding.groups] == [group.model_dump() for group in error.groups or ()]


def test_without_examples_no_group_is_named(tmp_path: Path) -> None:
    run = jitter(tmp_path)
    assert run.alerts["groups"].null_count() == run.alerts.height
    findings = judge(run).findings
    assert findings
    assert {finding.groups for finding in findings} == {()}


def judged(folder: Path, *more: bytes, **opening: Any) -> Run:
    """A log of ten rows whose reward doubles after the fifth, with the alert that a window of five raises."""
    rules = {"trend_window": 5, "rules_hash": rules_hash(start(window_size=5))} | opening
    rows = [line("step", n, reward=1.0 if n <= 5 else 2.0) for n in range(1, 11)]
    return run_of(folder, *numbered(line("run", 0, **rules), *rows), *more)


def alert(**fields: Any) -> bytes:
    """The alert that is due, or another."""
    due = {
        "rule": "trend",
        "metric": "reward",
        "severity": "info",
        "incident": "trend-reward-10",
        "message": "Trend Alert Step 10: reward ↗️ +100.0% (1.000 → 2.000)",
        "before": 1.0,
        "after": 2.0,
        "onset_step": 6,
    }
    return line("alert", 10, 11, **(due | fields))


def told(run: Run) -> list[tuple[str, str]]:
    return run.replay.alerts.select("origin", "rule").rows()


def test_an_alert_that_recurs_is_one(tmp_path: Path) -> None:
    run = judged(tmp_path, alert())
    assert (told(run), run.replay.differences) == ([("both", "trend")], ())
    assert run.replay.alerts.row(0, named=True) == {
        "attempt": 0, "rule": "trend", "metric": "reward", "severity": "info", "step": 10,
        "message": "Trend Alert Step 10: reward ↗️ +100.0% (1.000 → 2.000)", "before": 1.0, "after": 2.0,
        "onset_step": 6, "incident": "trend-reward-10", "state": "opened", "origin": "both",
    }  # fmt: skip


ALTERED = "; the rules are the same, so events are missing or were altered."


def test_an_alert_that_was_removed_is_a_difference(tmp_path: Path) -> None:
    run = judged(tmp_path)
    assert told(run) == [("replayed", "trend")]
    assert run.replay.differences == (f"Attempt 0: recorded alerts that do not recur: 0, new ones: 1{ALTERED}",)


@pytest.mark.parametrize("forged", [{"after": 2.1}, {"severity": "error"}, {"step": 9}, {"after": math.nan}])
def test_an_alert_that_was_changed_is_a_difference(tmp_path: Path, forged: dict[str, Any]) -> None:
    text = alert(**{key: value for key, value in forged.items() if key != "step"})
    run = judged(tmp_path, text.replace(b'"step":10', b'"step":%d' % forged.get("step", 10)))
    assert sorted(told(run)) == [("recorded", "trend"), ("replayed", "trend")]
    assert run.replay.differences == (f"Attempt 0: recorded alerts that do not recur: 1, new ones: 1{ALTERED}",)


def test_an_alert_that_was_repeated_is_a_difference(tmp_path: Path) -> None:
    run = judged(tmp_path, alert(), alert().replace(b'"seq":11', b'"seq":12'))
    assert sorted(told(run)) == [("both", "trend"), ("recorded", "trend")]
    assert run.replay.differences == (f"Attempt 0: recorded alerts that do not recur: 1, new ones: 0{ALTERED}",)


def test_other_rules_explain_a_difference(tmp_path: Path) -> None:
    now = rules_hash(start(window_size=5))
    (other,) = judged(tmp_path, rules_hash="0123456789ab").replay.differences
    assert other.endswith(f"; it was recorded with other rules (0123456789ab, now {now}).")
    (unsaid,) = judged(tmp_path, rules_hash=None).replay.differences
    assert unsaid.endswith("; the log does not say which rules were in force.")


@pytest.mark.parametrize("window", [None, 0, -3, 100])
def test_without_a_window_of_its_own_a_log_is_judged_with_the_usual_one(tmp_path: Path, window: int | None) -> None:
    run = judged(tmp_path, trend_window=window, rules_hash=rules_hash(start()))
    assert (told(run), run.replay.differences) == ([], ())


def test_alerts_of_rules_that_cannot_be_replayed_are_no_difference(tmp_path: Path) -> None:
    run = judged(tmp_path, alert(), line("alert", 10, 12, rule="stall", before=math.nan))
    assert sorted(told(run)) == [("both", "trend"), ("recorded", "stall")]
    assert run.replay.differences == ()


def test_a_log_of_another_program_holds_no_alerts_that_could_differ(tmp_path: Path) -> None:
    run = judged(tmp_path, rules_hash=None, capture="imported")
    assert (told(run), run.replay.differences) == ([("replayed", "trend")], ())


def test_each_attempt_is_judged_with_the_window_that_it_chose(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for begin, window in ((0, 2), (10, 3), (15, 2)):
        log = recorder(tmp_path / "exp1.jsonl", window, resumed_from_step=begin)
        train(log, rng, begin + 1, begin + 15, generations=1, every=1)
        log.close()
    run = read(tmp_path / "exp1")
    assert [event.trend_window for event in run.runs if event.phase == "start"] == [2, 3, 2]
    assert run.replay.differences == ()
    assert run.replay.alerts["origin"].unique().to_list() == ["both"]


def test_alerts_that_speak_of_nan_can_agree() -> None:
    first, second = (comparable(("non_finite", float("nan"))) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)


def test_other_ranks_are_not_judged(tmp_path: Path) -> None:
    write(tmp_path / "exp1.rank1.jsonl", *(line("step", n, n, rank=1, reward=9.0 * n) for n in range(1, 11)))
    assert told(judged(tmp_path, alert())) == [("both", "trend")]


def test_a_log_without_alerts_has_none(tmp_path: Path) -> None:
    replay = run_of(tmp_path, line("run", 0)).replay
    assert (replay.alerts.height, replay.differences) == (0, ())
    assert replay.alerts.schema["origin"] == pl.String
