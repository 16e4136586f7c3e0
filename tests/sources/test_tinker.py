"""The folder of a run of Tinker's cookbook."""

import json
from pathlib import Path

import pytest
from foreign_logs import attempts, generations_of, items, lines, rows_of, series, text

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, tinker

FORMAT = tinker.FORMAT


def summary(iteration, group, index, reward, split="train", **more):
    return {
        "schema_version": 1, "split": split, "iteration": iteration, "group_idx": group, "traj_idx": index,
        "tags": ["gsm8k"], "sampling_client_step": iteration, "total_reward": reward, "final_reward": reward,
        "trajectory_metrics": {}, "final_ob_len": 9,
        "steps": [{"step_idx": 0, "ob_len": 5, "ac_len": 7, "reward": 0.0}, {"step_idx": 1, "ob_len": 5, "ac_len": 3}],
    } | more  # fmt: skip


def rollouts(folder: Path, iteration: int) -> None:
    rows = [summary(iteration, group, index, float(index % 2)) for group in range(2) for index in range(4)]
    lines(folder / f"iteration_{iteration:06}" / "train_rollout_summaries.jsonl", *rows)


def metrics(folder: Path, *steps: int) -> None:
    logged = ({"step": s, "env/all/reward/total": s / 10, "optim/lr": 1e-5, "progress/batch": s} for s in steps)
    lines(folder / "metrics.jsonl", *logged)


def test_the_rewards_of_groups_are_joined_with_the_metrics(tmp_path: Path):
    metrics(tmp_path, 0, 1)
    for iteration in (0, 1):
        rollouts(tmp_path, iteration)
    assert recognise(tmp_path) is FORMAT
    found, losses = items(FORMAT, tmp_path, {})
    assert [type(item).__name__ for item in found] == ["Opening", "Generation", "Row", "Generation", "Row"]
    assert ([step for step, _ in rows_of(found)], losses) == ([0, 1], [])
    first = generations_of(found)[0]
    assert (first.step, first.batch.group_size, first.batch.tokens.tolist()) == (0, 4, [10] * 8)
    assert first.batch.sources == ["gsm8k"] * 8
    run = read(tmp_path)
    assert (run.info.framework, run.groups["mean"].to_list(), len(run.quality), len(run.examples)) == (
        "tinker", [0.5] * 4, 0, 0,
    )  # fmt: skip
    assert series(tmp_path, "reward") == [(0, 0.5), (1, 0.5)]  # of the completions, which were recorded whole


def test_rollouts_of_a_restart_belong_to_the_last_one(tmp_path: Path):
    metrics(tmp_path, 0, 1, 2, 0, 1)
    rollouts(tmp_path, 0)
    run = read(tmp_path)
    assert attempts(run) == [None, None]
    assert run.groups["attempt"].unique().to_list() == [1]


def test_evaluations_are_told_by_their_split(tmp_path: Path):
    lines(
        tmp_path / "iteration_000003" / "eval_gsm8k_rollout_summaries.jsonl",
        *(summary(3, 0, n, 1.0, split="eval/gsm8k") for n in range(2)),
    )
    [found] = generations_of(items(FORMAT, tmp_path, {})[0])
    assert (found.step, found.mode, found.eval_name, found.has_texts) == (3, "eval", "gsm8k", False)


def test_a_single_file_says_its_iteration(tmp_path: Path):
    path = lines(tmp_path / "x.jsonl", *(summary(5, 0, n, 1.0) for n in range(2)))
    assert recognise(path) is FORMAT
    assert [g.step for g in generations_of(items(FORMAT, path, {})[0])] == [5]


def test_the_configuration_beside_is_that_of_the_run_without_its_secrets(tmp_path: Path):
    rollouts(tmp_path, 0)
    text(tmp_path / "config.json", json.dumps({"model_name": "Qwen/Qwen3-4B", "api_key": "tml-1234567890abcdef"}))
    config = read(tmp_path).info.config
    assert (config["model_name"], "tml-1234567890abcdef" in str(config)) == ("Qwen/Qwen3-4B", False)


@pytest.mark.parametrize("bad", [{"steps": 5}, {"iteration": "soon"}, {"total_reward": None}, {"steps": [1, None]}])
def test_bad_summaries_cost_no_others(tmp_path: Path, bad: dict):
    path = lines(tmp_path / "x.jsonl", summary(1, 0, 0, 1.0), summary(1, 0, 1, 1.0) | bad, summary(1, 0, 2, 1.0))
    [found] = generations_of(items(FORMAT, path, {})[0])
    assert found.batch.n >= 2


def test_a_folder_without_a_rollout_is_refused(tmp_path: Path):
    path = lines(tmp_path / "x.jsonl", {"a": 1})
    with pytest.raises(LogError, match="holds no rollout that could be read"):
        list(FORMAT.read(path, lambda *_, **__: None, {}))
