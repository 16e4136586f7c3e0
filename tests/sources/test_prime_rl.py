"""The folder of a run of prime-rl: metrics and episodes."""

from pathlib import Path

import pytest
from foreign_logs import generations_of, items, lines, rows_of, series

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import prime_rl, recognise

FORMAT = prime_rl.FORMAT


def node(role, content, parent=None, sampled=False, **more):
    return {"message": {"role": role, "content": content}, "parent": parent, "sampled": sampled} | more


def episode(key, answer, acc, advantage=None, kind="train", **more):
    said = node("assistant", answer, 1, sampled=True)
    if advantage is not None:
        said["advantages"] = [advantage] * 3
    trace = {
        "id": f"{key}/{answer}", "agent": {"name": "agent", "trainable": True}, "num_output_tokens": 3,
        "nodes": [node("system", "be good"), node("user", f"ask {key}", 0), said], "stop_condition": "done",
        "rewards": {"acc": {"score": acc, "weight": 1.0}, "style": {"score": 0.5, "weight": 0.2}},
    }  # fmt: skip
    return {
        "id": answer, "env": {"id": "gsm8k"}, "task": {"type": "T", "key": key}, "group": {"id": f"g{key}"},
        "run": {"type": "train", "id": "r", "work": {"type": kind, "step": 4}}, "traces": [trace | more],
    }  # fmt: skip


def rollouts(folder: Path, step: int, kind="train", subset="all", **options) -> Path:
    found = [episode(key, f"{key}{n}", float(n % 2), **options) for n in range(2) for key in "pq"]
    return lines(folder / "rollouts" / f"step_{step}" / kind / subset / "traces.jsonl", *found)


def test_episodes_are_groups_with_weighted_rewards_lengths_and_conversations(tmp_path: Path):
    rollouts(tmp_path, 4)
    assert recognise(tmp_path) is FORMAT
    assert recognise(tmp_path / "rollouts") is FORMAT
    found, losses = items(FORMAT, tmp_path, {})
    [generation] = generations_of(found)
    batch = generation.batch
    assert (found[0].framework, generation.step, generation.mode, batch.group_size) == ("prime-rl", 4, "train", 2)
    assert batch.prompts[0] == [{"role": "system", "content": "be good"}, {"role": "user", "content": "ask p"}]
    assert batch.completions[:2] == [[{"role": "assistant", "content": "p0"}], [{"role": "assistant", "content": "p1"}]]
    assert (generation.scoring.names, generation.scoring.weights) == (("acc", "style"), (1.0, 0.2))
    assert batch.rewards.tolist() == [[0.0, 0.5], [1.0, 0.5]] * 2
    assert (batch.tokens.tolist(), batch.truncated.tolist(), batch.advantages) == ([3] * 4, [False] * 4, None)
    assert losses == []


def test_all_episodes_count_and_those_that_were_trained_on_tell_their_advantages(tmp_path: Path):
    rollouts(tmp_path, 4)
    rollouts(tmp_path, 4, subset="effective", advantage=0.25)
    [found] = generations_of(items(FORMAT, tmp_path, {})[0])
    assert (found.batch.n, found.batch.advantages.tolist()) == (4, [0.25] * 4)


def test_evaluations_are_apart_and_named_where_there_are_several_environments(tmp_path: Path):
    path = rollouts(tmp_path, 4, kind="eval")
    assert [(g.mode, g.eval_name) for g in generations_of(items(FORMAT, tmp_path, {})[0])] == [("eval", None)]
    other = [episode("p", f"x{n}", 1.0, kind="eval") | {"env": {"id": "math", "name": "hard"}} for n in range(2)]
    path.write_text(path.read_text() + lines(tmp_path / "x", *other).read_text())
    found = generations_of(items(FORMAT, tmp_path, {})[0])
    assert [(g.mode, g.eval_name) for g in found] == [("eval", "gsm8k"), ("eval", "hard")]


def test_metrics_and_episodes_are_joined_by_step(tmp_path: Path):
    rows = [{"step": s, "train/agg/all/agent/reward/mean": s / 10, "progress/tokens": 5} for s in range(3)]
    lines(tmp_path / "metrics.jsonl", *rows)
    rollouts(tmp_path, 1)
    found, _ = items(FORMAT, tmp_path, {})
    assert [type(item).__name__ for item in found] == ["Opening", "Row", "Generation", "Row", "Row"]
    assert [step for step, _ in rows_of(found)] == [0, 1, 2]
    run = read(tmp_path)
    assert (run.info.framework, len(run.groups), len(run.examples) > 0) == ("prime-rl", 2, True)
    assert series(tmp_path, "tokens_per_step") == [(0, 5.0), (1, 5.0), (2, 5.0)]


def test_a_single_file_says_its_step(tmp_path: Path):
    path = lines(tmp_path / "traces.jsonl", episode("p", "a", 1.0), episode("p", "b", 0.0))
    assert recognise(path) is FORMAT
    assert [g.step for g in generations_of(items(FORMAT, path, {})[0])] == [4]


def test_of_several_branches_the_newest_is_read(tmp_path: Path):
    nodes = [node("user", "q"), node("assistant", "old", 0, True), node("assistant", "new", 0, True)]
    path = lines(tmp_path / "t.jsonl", episode("p", "a", 1.0, nodes=nodes))
    [found] = generations_of(items(FORMAT, path, {})[0])
    assert found.batch.completions == [[{"role": "assistant", "content": "new"}]]


def test_agents_that_do_not_train_are_left_out_where_one_does(tmp_path: Path):
    both = episode("p", "a", 1.0)
    both["traces"].append(both["traces"][0] | {"id": "judge", "agent": {"name": "judge", "trainable": False}})
    [found] = generations_of(items(FORMAT, lines(tmp_path / "t.jsonl", both, both), {})[0])
    assert found.batch.n == 2


@pytest.mark.parametrize("end", [{"stop_condition": "max_output_tokens"}, {"calls": [{"finish_reason": "length"}]}])
def test_conversations_that_ran_out_are_cut_off(tmp_path: Path, end: dict):
    [found] = generations_of(items(FORMAT, lines(tmp_path / "t.jsonl", episode("p", "a", 1.0, **end)), {})[0])
    assert found.batch.truncated.tolist() == [True]


@pytest.mark.parametrize(
    "bad",
    [{"nodes": []}, {"nodes": 5}, {"nodes": [node("user", "q", 0)]}, {"rewards": None}, {"agent": None}, {"calls": 3},
     {"rewards": {"acc": None}}, {"num_output_tokens": "x"}, {"nodes": [{"message": None, "parent": 9}]}],
)  # fmt: skip
def test_a_trace_of_another_shape_costs_no_other(tmp_path: Path, bad: dict):
    path = lines(tmp_path / "t.jsonl", episode("p", "a", 1.0), episode("p", "b", 0.0, **bad), episode("p", "c", 1.0))
    assert sum(g.batch.n for g in generations_of(items(FORMAT, path, {})[0])) >= 2


def test_a_folder_without_an_episode_is_refused(tmp_path: Path):
    path = lines(tmp_path / "t.jsonl", {"traces": [], "task": {}})
    with pytest.raises(LogError, match="holds no rollout that could be read"):
        list(FORMAT.read(path, lambda *_, **__: None, {}))
