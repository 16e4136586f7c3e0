"""Whole training runs in processes of their own: two ranks, kill and resume, faults."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from logs import records

from grpolog.analysis import read

pytest.importorskip("trl", reason="the extra `trl` is not installed")

pytestmark = pytest.mark.trl

SCRIPT = Path(__file__).with_name("train_run.py")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


def run(folder, *arguments, ranks=1, timeout=240):
    launcher = [sys.executable]
    if ranks > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    done = subprocess.run(
        [*launcher, str(SCRIPT), str(folder), *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def history(folder, rank=0):
    return json.loads((folder / f"history{rank}.json").read_text())


def test_two_ranks_make_one_log_of_all_completions(tmp_path):
    # four completions a rank and groups of eight: every group straddles the ranks
    config = {"per_device_train_batch_size": 4, "num_generations": 8}
    run(tmp_path, "--config", json.dumps(config), "--options", '{"examples": "all"}', ranks=2)
    log = tmp_path / "run.jsonl"
    told = {row["step"]: row for row in history(tmp_path)["log"] if "reward" in row}
    for event in records(log, "reward", name="total"):
        assert event["mean"] == pytest.approx(told[event["step"]]["reward"], abs=1e-5)
        assert event["std"] == pytest.approx(told[event["step"]]["reward_std"], abs=1e-5)
    assert [event["n"] for event in records(log, "quality")] == [8, 8, 8, 8]
    both = [history(tmp_path, rank)["advantages"] for rank in (0, 1)]
    for i, step in enumerate(range(1, 5)):
        expected = [a for rank in both for a in rank[i]]
        assert [e["advantage"] for e in records(log, "example", step=step)] == pytest.approx(expected)
    other = records(log, rank=1)
    assert {event["event"] for event in other} == {"run", "perf"}
    assert [event["step"] for event in other if event["event"] == "perf"] == [1, 2, 3, 4]
    assert {event["rank"] for event in other} == {1}
    assert other[0]["attempt"] == 0


def test_two_ranks_are_captured_at_their_reward_functions_too(tmp_path):
    run(tmp_path, "--at-reward-functions", "--options", '{"examples": "all"}', ranks=2)
    log = tmp_path / "run.jsonl"
    told = {row["step"]: row for row in history(tmp_path)["log"] if "reward" in row}
    for event in records(log, "reward", name="total"):
        assert event["mean"] == pytest.approx(told[event["step"]]["reward"], abs=1e-5)
    assert [event["n"] for event in records(log, "quality")] == [16, 16, 16, 16]
    both = [history(tmp_path, rank)["advantages"] for rank in (0, 1)]
    for i, step in enumerate(range(1, 5)):
        expected = [a for rank in both for a in rank[i]]
        assert [e["advantage"] for e in records(log, "example", step=step)] == pytest.approx(expected, abs=1e-4)
    assert records(log, "run", phase="end")[0]["capture"] == "reward_functions"


def test_a_rank_whose_recorder_failed_does_not_stop_the_others(tmp_path):
    done = run(tmp_path, "--fail-rank", "1", ranks=2)
    assert "grpolog could not record everything" in done.stderr
    assert records(tmp_path / "run.jsonl", "run", phase="end")[0]["status"] == "finished"
    assert len(records(tmp_path / "run.jsonl", "quality")) == 4


def test_training_goes_on_when_rank_zero_cannot_record(tmp_path):
    done = run(tmp_path, "--fail-rank", "0", ranks=2)
    assert "grpolog could not record everything" in done.stderr
    assert len([row for row in history(tmp_path)["log"] if "reward" in row]) == 4


def hang_and_kill(*arguments, until="hanging"):
    """Run until a reward function hangs, and the word for which it is awaited comes; then kill -9."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as child:
        said = iter(child.stdout.readline, "")
        assert "hanging\n" in said
        assert until == "hanging" or f"{until}\n" in said
        child.send_signal(signal.SIGKILL)


def test_a_killed_run_loses_nothing_and_the_next_attempt_appends(tmp_path):
    log = tmp_path / "run.jsonl"
    saving = json.dumps({"save_strategy": "steps", "save_steps": 2})
    arguments = [str(tmp_path), "--steps", "6", "--config", saving]
    hang_and_kill(*arguments, "--hang-at", "6")
    before = records(log)
    assert [event["step"] for event in before if event["event"] == "step"] == [1, 2, 3, 4, 5]
    assert [event["seq"] for event in before] == list(range(len(before)))
    assert not [event for event in before if event["event"] == "run" and event["phase"] == "end"]
    run(tmp_path, *arguments[1:], "--resume")
    after = records(log)
    assert after[: len(before)] == before
    second = after[len(before) :]
    assert second[0]["phase"] == "start"
    assert (second[0]["attempt"], second[0]["resumed_from_step"]) == (1, 4)
    assert [event["step"] for event in second if event["event"] == "step"] == [5, 6]
    assert second[-1]["phase"] == "end"


def test_a_run_that_hung_and_was_killed_goes_on_on_another_machine(tmp_path):
    log, lock = tmp_path / "run.jsonl", tmp_path / "run.jsonl.lock"
    arguments = ["--steps", "6", "--config", json.dumps({"save_strategy": "steps", "save_steps": 2}), "--eval-sets"]
    hanging = ["--options", '{"stall_seconds": 2}', "--hang-at", "6"]
    hang_and_kill(str(tmp_path), *arguments, *hanging, until="stall")
    stall = records(log)[-1]
    assert (stall["event"], stall["rule"], stall["step"], stall["severity"]) == ("alert", "stall", 5, "warning")
    assert stall["details"]["phase"] == "reward accuracy"
    assert "after step 5 during reward accuracy" in stall["message"]
    (main_thread,) = (stack for name, stack in stall["details"]["stacks"].items() if name.startswith("MainThread"))
    assert "in accuracy\n    time.sleep(1000)" in main_thread

    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"host": "the-other-machine"}))
    done = run(tmp_path, *arguments, "--resume")
    assert f"{lock}: taken over from process" in done.stderr
    assert "on the-other-machine" in done.stderr

    found = read(log)
    trained = found.steps.filter(pl.col("mode") == "train").select("attempt", "step", "superseded")
    assert trained.rows() == [
        *((0, step, step == 5) for step in range(1, 6)),
        *((1, step, False) for step in (5, 6)),
    ]
    for name in ("eval_easy_reward", "eval_hard_reward"):
        assert found.history(name)["step"].to_list() == [2, 4, 6]
    assert found.status == "finished"
    assert found.replay.differences == ()
