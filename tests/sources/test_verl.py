"""verl's file logger and dumps."""

import json
from pathlib import Path

import pytest
from foreign_logs import generations_of, items, lines, rows_of, series, text, words

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, verl


def logged(step, **data):
    return {"step": step, "data": data}


def sample(prompt="q", output="a", score=1.0, **more):
    return {"input": prompt, "output": output, "score": score} | more


def rewards_of(generation):
    names = generation.scoring.names
    return {name: generation.batch.rewards[:, k].tolist() for k, name in enumerate(names)}


def test_metrics_are_rows_by_step(tmp_path: Path):
    path = lines(tmp_path / "exp.jsonl", *(logged(n, **{"critic/score/mean": n / 4, "actor/lr": 1e-6}) for n in (1, 2)))
    assert recognise(path) is verl.METRICS
    assert series(path, "reward") == [(1, 0.25), (2, 0.5)]
    assert (read(path).info.framework, words(read(path))) == ("verl", [])


def test_bad_lines_of_metrics_are_named_and_passed_over(tmp_path: Path):
    good = json.dumps(logged(1, **{"critic/score/mean": 0.5}))
    path = text(tmp_path / "exp.jsonl", f'{good}\n{{"step": 2}}\n{{"step": 2, "da\n{good.replace("1", "3", 1)}\n')
    found, losses = items(verl.METRICS, path)
    assert [step for step, _ in rows_of(found)] == [1, 3]
    assert [(kind, line) for kind, line, _ in losses] == [("invalid line", 2), ("invalid line", 3)]


@pytest.mark.parametrize("step", [None, "x", 1e300])
def test_a_step_that_is_none_is_counted(tmp_path: Path, step):
    found, _ = items(verl.METRICS, lines(tmp_path / "e.jsonl", logged(step, a=1.0)))
    assert rows_of(found) == [(None, {"a": 1.0})]


def test_rollouts_are_groups_of_equal_inputs_wherever_they_stand(tmp_path: Path):
    rows = [sample("p", score=1.0), sample("q", score=0.0), sample("p", score=0.5), sample("q", score=0.25)]
    path = lines(tmp_path / "7.jsonl", *(row | {"step": 7} for row in rows))
    [found] = generations_of(items(verl.DUMP, path)[0])
    assert (found.step, found.mode, found.batch.group_size, found.batch.prompts) == (
        7,
        "train",
        2,
        ["p", "p", "q", "q"],
    )
    assert rewards_of(found) == {"score": [1.0, 0.5, 0.0, 0.25]}


def test_a_group_is_what_the_uid_says(tmp_path: Path):
    rows = [sample("p", uid="a_0_0"), sample("p", uid="a_1_0"), sample("p", uid="b_0_0"), sample("p", uid="b_1_0")]
    [found] = generations_of(items(verl.DUMP, lines(tmp_path / "1.jsonl", *rows))[0])
    assert found.batch.group_size == 2


@pytest.mark.parametrize("uid", ["prompt_3", "3f2b-77_x", 12])
def test_a_uid_of_another_form_is_a_group_as_it_is(tmp_path: Path, uid):
    rows = [sample("p", uid=uid), sample("p", uid=uid), sample("p", uid=f"{uid}9"), sample("p", uid=f"{uid}9")]
    [found] = generations_of(items(verl.DUMP, lines(tmp_path / "1.jsonl", *rows))[0])
    assert found.batch.group_size == 2


def test_numbers_that_the_reward_function_says_besides_are_not_learned_from_and_truths_are_none(tmp_path: Path):
    rows = [sample(score=1.0, acc=True, fmt=0.5, gts=42, index=3, data_source="gsm8k", pred=None) for _ in range(2)]
    [found] = generations_of(items(verl.DUMP, lines(tmp_path / "1.jsonl", *rows))[0])
    assert rewards_of(found) == {"score": [1.0, 1.0], "acc": [1.0, 1.0], "fmt": [0.5, 0.5]}
    assert found.scoring.weights == (1.0, 0.0, 0.0)
    assert found.batch.extra == {"gts": [42, 42], "index": [3, 3], "data_source": ["gsm8k"] * 2, "pred": [None] * 2}
    assert found.batch.sources == ["gsm8k", "gsm8k"]


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path):
    for step in (10, 9, 100):
        lines(tmp_path / "rollouts" / f"{step}.jsonl", sample(step=step), sample(step=step))
    path = tmp_path / "rollouts"
    assert recognise(path) is verl.DUMP
    assert [found.step for found in generations_of(items(verl.DUMP, path)[0])] == [9, 10, 100]
    assert read(path).groups["step"].to_list() == [9, 10, 100]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("val_rollouts", "eval"),
        ("validation", "eval"),
        ("my-eval", "eval"),
        ("rollouts", "train"),
        ("intervals", "train"),
    ],
)
def test_validations_are_told_by_the_name_of_their_folder(tmp_path: Path, name: str, mode: str):
    lines(tmp_path / name / "5.jsonl", sample(), sample())
    assert [found.mode for found in generations_of(items(verl.DUMP, tmp_path / name)[0])] == [mode]


def test_the_step_is_that_of_the_name_where_no_row_says_it_and_else_said_to_be_unknown(tmp_path: Path):
    named, nameless = lines(tmp_path / "30.jsonl", sample()), lines(tmp_path / "dump.jsonl", sample())
    assert [found.step for found in generations_of(items(verl.DUMP, named)[0])] == [30]
    found, losses = items(verl.DUMP, nameless)
    assert [entry.step for entry in generations_of(found)] == [0]
    assert losses == [("corrected value", None, "neither the name nor the content says the step: taken as step 0")]


def test_several_steps_in_one_file_are_several_generations(tmp_path: Path):
    path = lines(tmp_path / "all.jsonl", *(sample(step=step) for step in (1, 1, 2, 2)))
    assert [(found.step, found.batch.n) for found in generations_of(items(verl.DUMP, path)[0])] == [(1, 2), (2, 2)]


def test_conversations_stay_conversations(tmp_path: Path):
    asked = [{"role": "user", "content": "q", "name": None}]
    [found] = generations_of(items(verl.DUMP, lines(tmp_path / "1.jsonl", sample(asked), sample(asked)))[0])
    assert found.batch.prompts == [[{"role": "user", "content": "q"}]] * 2


def test_a_row_without_a_score_is_named_and_passed_over(tmp_path: Path):
    path = lines(tmp_path / "1.jsonl", sample(), {"input": "q", "output": "a"}, sample())
    found, losses = items(verl.DUMP, path)
    assert [entry.batch.n for entry in generations_of(found)] == [2]
    assert losses == [("invalid line", 2, "an object without input, output and score")]


def test_a_dump_without_any_row_is_refused(tmp_path: Path):
    with pytest.raises(LogError, match="holds no rollout that could be read"):
        list(verl.DUMP.read(lines(tmp_path / "1.jsonl", {"a": 1}), lambda *_, **__: None))
