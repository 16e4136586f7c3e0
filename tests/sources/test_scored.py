"""Samples with texts and rewards, as trainers and people write them."""

import json
from pathlib import Path

import polars as pl
import pytest
from foreign_logs import generations_of, items, lines, text, words

from grpolog.analysis import read
from grpolog.sources import recognise, scored
from grpolog.sources.records import unrolled

FORMAT = scored.FORMAT


def rewards_of(generation):
    return {name: generation.batch.rewards[:, k].tolist() for k, name in enumerate(generation.scoring.names)}


def swift(step, *rewards, **more):
    """A line of ms-swift: lists by column."""
    n = len(rewards)
    return {
        "step": [str(step)] * n, "prompt": ["p"] * n, "completion": [f"{step}/{i}" for i in range(n)],
        "MyAccuracy": list(rewards), "Style": [0.5] * n, "advantages": [r - sum(rewards) / n for r in rewards],
        "solution": ["42"] * n, "entropy": [0.1] * n,
    } | more  # fmt: skip


def test_completions_of_ms_swift_are_lists_by_column_and_rewards_stand_before_the_advantages(tmp_path: Path):
    path = lines(tmp_path / "completions.jsonl", swift(1, 1.0, 0.0, 0.5, 0.5), swift(2, 0.0, 0.0, 1.0, 1.0))
    assert recognise(path) is FORMAT
    found, losses = items(FORMAT, path)
    first, second = generations_of(found)
    assert (found[0].framework, first.step, first.mode, second.step) == ("ms-swift", 1, "train", 2)
    assert rewards_of(first) == {"MyAccuracy": [1.0, 0.0, 0.5, 0.5], "Style": [0.5] * 4}
    assert first.batch.advantages.tolist() == [0.5, -0.5, 0.0, 0.0]
    assert first.batch.extra == {"solution": ["42"] * 4, "entropy": [0.1] * 4}
    assert [kind for kind, _, _ in losses] == ["corrected value"]  # the weights


def test_samples_of_no_step_are_one_evaluation_and_the_report_says_so(tmp_path: Path):
    rollout = {"prompt": "say", "completion": "hm", "reward": 1.0, "correct": True}
    rows = [
        {"task_id": f"t{n}", "final_reward": float(n), "correct": n > 0, "components": {"acc": 1.0, "total": float(n)},
         "trace": [{"prompt": "first", "completion": "no", "reward": 0.0}, rollout | {"prompt": f"ask {n}"}]}
        for n in range(3)
    ]  # fmt: skip
    path = text(tmp_path / "eval.json", json.dumps({"policy": "trained", "by_type": {"n": 3}, "rows": rows}, indent=2))
    assert recognise(path) is FORMAT
    found, losses = items(FORMAT, path)
    [generation] = generations_of(found)
    assert (generation.step, generation.mode, generation.batch.prompts) == (0, "eval", ["ask 0", "ask 1", "ask 2"])
    assert rewards_of(generation) == {"reward": [0.0, 1.0, 2.0], "correct": [0.0, 1.0, 1.0], "acc": [1.0] * 3}
    assert generation.scoring.weights == (1.0, 0.0, 0.0)
    assert losses == [("corrected value", None, "samples say no step: they are taken as one evaluation, at step 0")]
    run = read(path)
    assert (run.audit.completions, run.examples["completion"][0], words(run)) == (3, "hm", [losses[0][2]])


@pytest.mark.parametrize(
    "row",
    [
        {"step": 3, "prompt": "q", "completion": "a", "reward": 0.5},
        {"global_step": 3, "question": "q", "response": "a", "score": 0.5},
        {"step": 3, "query": "q", "output": "a", "total_reward": 0.5},
        {"step": 3, "prompt": "q", "completion": "a", "rewards": {"total": 0.5}},
        {
            "step": 3,
            "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
            "reward": 0.5,
        },
    ],
)
def test_keys_of_many_names_are_understood(tmp_path: Path, row: dict):
    path = lines(tmp_path / "s.jsonl", row, row)
    assert recognise(path) is FORMAT
    [found] = generations_of(items(FORMAT, path)[0])
    assert (found.step, found.mode, found.batch.n, found.batch.group_size) == (3, "train", 2, 2)
    assert rewards_of(found) == {"reward": [0.5, 0.5]}


def test_a_prompt_with_its_completions_in_lists_is_a_group(tmp_path: Path):
    row = {"step": 1, "prompt": "q", "completions": ["a", "b"], "rewards": [1.0, 0.0]}
    [found] = generations_of(items(FORMAT, lines(tmp_path / "s.jsonl", row, row | {"prompt": "r"}))[0])
    assert (found.batch.prompts, found.batch.completions, found.batch.group_size) == (
        ["q", "q", "r", "r"], ["a", "b", "a", "b"], 2,
    )  # fmt: skip


def test_samples_say_themselves_that_they_are_an_evaluation(tmp_path: Path):
    row = {"step": 5, "split": "validation", "prompt": "q", "completion": "a", "reward": 1}
    assert [(g.step, g.mode) for g in generations_of(items(FORMAT, lines(tmp_path / "s", row, row))[0])] == [
        (5, "eval")
    ]


def test_a_table_of_wandb_is_read(tmp_path: Path):
    table = {"columns": ["step", "prompt", "completion", "acc", "advantage"], "data": [["1", "q", "a", 1.0, 0.5]] * 4}
    path = text(tmp_path / "completions_1.table.json", json.dumps(table))
    [found] = generations_of(items(FORMAT, path)[0])
    assert (found.step, rewards_of(found), found.batch.advantages.tolist()) == (1, {"acc": [1.0] * 4}, [0.5] * 4)


def test_parquet_is_read(tmp_path: Path):
    path = tmp_path / "rollouts.parquet"
    pl.DataFrame({"step": [1, 1], "question": ["q", "q"], "response": ["a", "b"], "reward": [1.0, 0.0]}).write_parquet(
        path
    )
    assert recognise(path) is FORMAT
    [found] = generations_of(items(FORMAT, path)[0])
    assert rewards_of(found) == {"reward": [1.0, 0.0]}


def test_a_sample_without_a_text_is_named_and_passed_over(tmp_path: Path):
    row = {"step": 1, "prompt": "q", "completion": "a", "reward": 1.0}
    found, losses = items(FORMAT, lines(tmp_path / "s", row, row | {"completion": None}, row))
    assert [g.batch.n for g in generations_of(found)] == [2]
    assert losses == [("invalid line", 2, "a sample without `completion`")]


def test_groups_are_those_that_the_samples_name(tmp_path: Path):
    rows = [{"step": 1, "prompt": "q", "completion": "a", "reward": 1.0, "group_id": n % 2} for n in range(4)]
    [found] = generations_of(items(FORMAT, lines(tmp_path / "s", *rows))[0])
    assert (found.batch.group_size, found.batch.n) == (2, 4)


@pytest.mark.parametrize(
    "row",
    [
        {"step": 1, "reward": 0.5, "loss": 0.1},
        {"prompt": "q", "completion": "a"},
        {"prompt": "q", "reward": 1.0},
        {"prompt": "q", "completion": "a", "temperature": 1.0},
    ],
)
def test_rows_without_text_or_reward_are_no_samples(tmp_path: Path, row: dict):
    assert recognise(lines(tmp_path / "s.jsonl", row, row)) is not FORMAT


def test_messages_are_no_columns():
    row = {"prompt": [{"role": "user"}], "completion": [{"role": "assistant"}], "reward": 1.0}
    assert unrolled(row) == [row]
    assert unrolled({"content": ["q", "a"], "rewards": 1.0, "token_ids": [1, 2]}) == [
        {"content": ["q", "a"], "rewards": 1.0, "token_ids": [1, 2]}
    ]
