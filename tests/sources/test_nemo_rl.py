"""NeMo-RL's dumps, a sample a line or lists by column."""

from pathlib import Path

import pytest
from foreign_logs import generations_of, items, lines, rows_of, text

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import nemo_rl, recognise

FORMAT = nemo_rl.FORMAT


def sample(idx, reward=1.0, content=("q", "a"), advantage=0.5, **more):
    """A line of a newer version: each value is a list of one."""
    tokens = [0.0, advantage, advantage]
    return {
        "content": [list(content)], "rewards": [reward], "input_lengths": [3], "token_ids": [[1, 2, 3]],
        "token_loss_mask": [[0, 1, 1]], "sample_loss_mask": [1.0], "advantages": [tokens], "idx": idx,
    } | more  # fmt: skip


def group(step, prompt="q"):
    return [sample(n, float(n % 2), (prompt, f"{step}/{n}"), (n % 2) - 0.5) for n in range(4)]


def test_dumps_of_a_folder_are_groups_by_step_with_rewards_and_advantages(tmp_path: Path):
    for step in (10, 9):
        lines(tmp_path / f"train_data_step{step}.jsonl", *group(step), *group(step, "r"))
    assert recognise(tmp_path) is FORMAT
    found, losses = items(FORMAT, tmp_path)
    first, second = generations_of(found)
    assert (found[0].framework, first.step, second.step, first.mode) == ("nemo-rl", 9, 10, "train")
    assert (first.batch.prompts, first.batch.group_size) == (["q"] * 4 + ["r"] * 4, 4)
    assert first.batch.completions == ["9/0", "9/1", "9/2", "9/3"] * 2
    assert first.batch.rewards[:, 0].tolist() == [0.0, 1.0] * 4
    assert first.batch.advantages.tolist() == [-0.5, 0.5] * 4
    assert losses == []


def test_an_older_dump_of_whole_columns_and_one_of_single_samples_give_the_same(tmp_path: Path):
    columns = {"content": [["q", f"a{n}"] for n in range(4)], "rewards": [0.0, 1.0, 0.0, 1.0], "input_lengths": [3] * 4}
    whole = lines(tmp_path / "a" / "train_data_step3.jsonl", columns)
    single = [{"content": ["q", f"a{n}"], "rewards": n % 2, "input_lengths": 3, "idx": n} for n in range(4)]
    other = lines(tmp_path / "b" / "train_data_step3.jsonl", *single)
    dumps = [generations_of(items(FORMAT, path)[0])[0].batch for path in (whole, other)]
    assert dumps[0].completions == dumps[1].completions == ["a0", "a1", "a2", "a3"]
    assert dumps[0].rewards.tolist() == dumps[1].rewards.tolist() == [[0.0], [1.0], [0.0], [1.0]]


def test_validations_have_roles_and_come_before_the_training_of_their_step(tmp_path: Path):
    said = [{"role": "user", "content": "q", "token_ids": [1]}, {"role": "assistant", "content": "a", "token_ids": [2]}]
    lines(tmp_path / "train_data_step1.jsonl", *group(1))
    lines(tmp_path / "val_data_step1.jsonl", *({"content": [said], "rewards": [1.0], "idx": n} for n in range(2)))
    first, second = generations_of(items(FORMAT, tmp_path)[0])
    assert (first.mode, second.mode) == ("eval", "train")
    assert first.batch.prompts[0] == [{"role": "user", "content": "q"}]
    assert first.batch.completions[0] == [{"role": "assistant", "content": "a"}]


def test_of_conversations_of_different_lengths_the_first_message_is_the_prompt(tmp_path: Path):
    rows = [sample(0, content=("q", "a")), sample(1, content=("q", "a", "tool", "b"))]
    [found] = generations_of(items(FORMAT, lines(tmp_path / "train_data_step1.jsonl", *rows))[0])
    assert (found.batch.prompts, found.batch.completions) == (["q", "q"], ["a", "a\ntool\nb"])


def test_a_system_prompt_belongs_to_the_prompt(tmp_path: Path):
    path = lines(tmp_path / "train_data_step1.jsonl", *(sample(n, content=("sys", "q", f"a{n}")) for n in range(2)))
    [found] = generations_of(items(FORMAT, path)[0])
    assert (found.batch.prompts, found.batch.completions) == (["sys\nq"] * 2, ["a0", "a1"])


def test_rewards_that_were_filtered_are_those_that_are_learned_from(tmp_path: Path):
    rows = [sample(n, reward=9.0, filtered_rewards=[0.25]) for n in range(2)]
    [found] = generations_of(items(FORMAT, lines(tmp_path / "train_data_step1.jsonl", *rows))[0])
    assert found.batch.rewards.tolist() == [[0.25], [0.25]]


def test_advantages_that_differ_by_token_are_left_out(tmp_path: Path):
    rows = [sample(0), sample(1, advantages=[[0.0, 0.5, 0.25]])]
    [found] = generations_of(items(FORMAT, lines(tmp_path / "train_data_step1.jsonl", *rows))[0])
    assert found.batch.advantages is None


def test_the_numbers_of_the_event_file_beside_are_joined(tmp_path: Path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with tensorboard.SummaryWriter(str(tmp_path / "tensorboard")) as writer:
        for step in (1, 2):
            writer.add_scalar("train/reward", step / 4, step)
            writer.add_scalar("train/baseline_reward/pct_0", 0.0, step)
    for step in (1, 2):
        lines(tmp_path / f"train_data_step{step}.jsonl", *group(step))
    found, _ = items(FORMAT, tmp_path)
    assert [type(item).__name__ for item in found] == ["Opening", "Generation", "Row", "Generation", "Row"]
    assert [(step, values["train/reward"]) for step, values in rows_of(found)] == [(1, 0.25), (2, 0.5)]
    assert read(tmp_path).history("loss").height == 0


def test_a_single_dump_says_that_its_step_is_unknown(tmp_path: Path):
    found, losses = items(FORMAT, lines(tmp_path / "dump.jsonl", *group(1)))
    assert [g.step for g in generations_of(found)] == [0]
    assert [what for _, _, what in losses] == ["neither the name nor the content says the step: taken as step 0"]


def test_bad_lines_are_named_and_the_others_read(tmp_path: Path):
    path = lines(tmp_path / "train_data_step1.jsonl", *group(1))
    text(path, path.read_text().replace('"idx": 1', '"idx": 1,,') + "[]\n")
    found, losses = items(FORMAT, path)
    assert [g.batch.n for g in generations_of(found)] == [3]
    assert [(kind, line) for kind, line, _ in losses] == [("invalid line", 2), ("invalid line", 5)]


def test_a_dump_without_rewards_is_none(tmp_path: Path):
    path = lines(tmp_path / "train_data_step1.jsonl", {"content": ["q", "a"], "input_lengths": 3})
    assert recognise(path) is None
    with pytest.raises(LogError, match="holds no completion that could be read"):
        list(FORMAT.read(path, lambda *_, **__: None))
