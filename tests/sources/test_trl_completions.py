"""TRL's dumps of completions: as real runs write them, and as tables made by hand."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from foreign_logs import generations_of, items, rows_of, text, words

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, trl_completions

FORMAT = trl_completions.FORMAT
G = 4


def dump(path: Path, step: object, rewards: dict[str, list], prompts=None, advantage=None, **columns) -> Path:
    """A dump of completions of one step."""
    n = len(next(iter(rewards.values())))
    prompts = prompts or [f"prompt {i // G}" for i in range(n)]
    values = {"step": [step] * n, "prompt": prompts, "completion": [f"{step} answer {i}" for i in range(n)]}
    values |= rewards | columns | ({} if advantage is None else {"advantage": advantage})
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(values).write_parquet(path)
    return path


def normalised(rewards: list[float]) -> list[float]:
    """Advantages by group as TRL makes them."""
    grid = np.array(rewards, dtype=float).reshape(-1, G)
    return ((grid - grid.mean(1, keepdims=True)) / (grid.std(1, ddof=1, keepdims=True) + 1e-4)).ravel().tolist()


def state(folder: Path, *rows: dict) -> None:
    text(folder / "trainer_state.json", json.dumps({"global_step": rows[-1]["step"], "log_history": rows}))


def rewards_of(generation) -> dict[str, list[float]]:
    return {name: generation.batch.rewards[:, k].tolist() for k, name in enumerate(generation.scoring.names)}


FIRST, SECOND = [1.0, 0.0, 0.5, 0.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0, 0.25]


def test_groups_are_found_again_from_consecutive_equal_prompts(tmp_path: Path):
    path = dump(tmp_path / "completions_00001.parquet", 1, {"acc": FIRST}, advantage=normalised(FIRST))
    assert recognise(path) is FORMAT
    [found] = generations_of(items(FORMAT, path)[0])
    assert (found.step, found.mode, found.batch.group_size, found.batch.n) == (1, "train", 4, 8)
    assert rewards_of(found) == {"acc": FIRST}
    assert found.batch.advantages.tolist() == normalised(FIRST)
    assert (found.scoring.aggregation, found.scoring.scale) == ("sum_then_normalize", "group")


def test_a_prompt_that_comes_twice_in_a_row_is_cut_into_groups_of_the_common_size(tmp_path: Path):
    prompts = ["a"] * 8 + ["b"] * 4
    path = dump(tmp_path / "c.parquet", 1, {"acc": [0.5] * 12}, prompts)
    assert generations_of(items(FORMAT, path)[0])[0].batch.group_size == 4


def test_columns_that_a_reward_function_logged_besides_are_no_rewards(tmp_path: Path):
    extra = {"difficulty": [float(i) for i in range(8)], "answer": [f"{i}" for i in range(8)]}
    path = dump(tmp_path / "c.parquet", 1, {"acc": FIRST}, advantage=normalised(FIRST), **extra)
    [found] = generations_of(items(FORMAT, path)[0])
    assert rewards_of(found) == {"acc": FIRST}
    assert found.batch.extra == {"difficulty": extra["difficulty"], "answer": extra["answer"]}


def test_the_state_beside_names_the_reward_functions_and_its_rows_come_behind_their_completions(tmp_path: Path):
    for step, rewards in ((1, FIRST), (2, SECOND)):
        dump(tmp_path / "completions" / f"completions_{step:05}.parquet", step, {"acc": rewards}, score=FIRST)
    rows = [{"reward": np.mean(r), "rewards/acc/mean": np.mean(r), "step": s} for s, r in ((1, FIRST), (2, SECOND))]
    state(tmp_path, *rows)
    found, losses = items(FORMAT, tmp_path)
    assert [type(item).__name__ for item in found] == ["Opening", "Generation", "Row", "Generation", "Row"]
    assert [rewards_of(g) for g in generations_of(found)] == [{"acc": FIRST}, {"acc": SECOND}]
    assert [step for step, _ in rows_of(found)] == [1, 2]
    assert losses == []


@pytest.mark.parametrize("place", ["", "completions"])
def test_the_folder_of_the_run_and_that_of_its_dumps_give_the_same(tmp_path: Path, place: str):
    dump(tmp_path / "completions" / "completions_00001.parquet", 1, {"acc": FIRST})
    state(tmp_path, {"reward": np.mean(FIRST), "rewards/acc/mean": np.mean(FIRST), "step": 1})
    run = read(tmp_path / place)
    assert run.groups["mean"].to_list() == [0.375, 0.5]
    assert run.history("reward")["value"].to_list() == [0.4375]


def test_weights_are_found_again_from_the_logged_totals(tmp_path: Path):
    rows = []
    for step in range(1, 5):
        acc, fmt = np.roll(FIRST, step) * step, np.roll(SECOND, 2 * step) + step % 3
        dump(tmp_path / f"completions_{step:05}.parquet", step, {"acc": acc.tolist(), "fmt": fmt.tolist()})
        total = 2.0 * acc.mean() - 0.5 * fmt.mean()
        rows.append({"reward": total, "rewards/acc/mean": acc.mean(), "rewards/fmt/mean": fmt.mean(), "step": step})
    state(tmp_path, *rows)
    found, losses = items(FORMAT, tmp_path)
    assert {g.scoring.weights for g in generations_of(found)} == {(2.0, -0.5)}
    assert losses == []


def test_weights_that_cannot_be_told_are_taken_as_one_and_said(tmp_path: Path):
    path = dump(tmp_path / "c.parquet", 1, {"acc": FIRST, "fmt": SECOND})
    found, losses = items(FORMAT, path)
    assert generations_of(found)[0].scoring.weights == (1.0, 1.0)
    assert [kind for kind, _, _ in losses] == ["corrected value"]


def test_completions_that_stand_in_the_dump_before_are_left_out_and_named(tmp_path: Path):
    dump(tmp_path / "completions_00001.parquet", 1, {"acc": FIRST})
    again = pl.read_parquet(tmp_path / "completions_00001.parquet").with_columns(step=pl.lit(2))
    again.write_parquet(tmp_path / "completions_00002.parquet")
    moved = pl.concat(
        [again[4:], pl.read_parquet(dump(tmp_path / "x", 3, {"acc": SECOND[:4]}))], how="vertical_relaxed"
    )
    moved.with_columns(step=pl.lit(3)).write_parquet(tmp_path / "completions_00003.parquet")
    (tmp_path / "x").unlink()
    found, losses = items(FORMAT, tmp_path)
    assert [(g.step, rewards_of(g)["acc"]) for g in generations_of(found)] == [(1, FIRST), (3, SECOND[:4])]
    assert [what for kind, _, what in losses if kind == "repeated row"] == [
        "8 of 8 completions stand in the dump before, too",
        "4 of 8 completions stand in the dump before, too",
    ]


def evaluated(tmp_path: Path, rewards: list[float], train: float, evaluation: float, **keys: float):
    dump(tmp_path / "completions_00002.parquet", 2, {"acc": rewards})
    eval_row = {"eval_reward": evaluation, "eval_runtime": 1.0, "step": 2} | keys
    state(tmp_path, {"reward": train, "rewards/acc/mean": train, "step": 2}, eval_row)
    return [(g.mode, g.eval_name, g.batch.n) for g in generations_of(items(FORMAT, tmp_path)[0])]


def test_a_dump_of_a_step_that_was_evaluated_holds_the_evaluation(tmp_path: Path):
    assert evaluated(tmp_path, FIRST, train=0.9, evaluation=float(np.mean(FIRST))) == [("eval", None, 8)]


def test_a_part_of_an_evaluation_is_one_although_its_mean_is_nearer_to_that_of_training(tmp_path: Path):
    assert evaluated(tmp_path, FIRST, train=0.44, evaluation=0.9) == [("eval", None, 8)]


def test_a_small_evaluation_stands_behind_what_is_left_of_training(tmp_path: Path):
    assert evaluated(tmp_path, FIRST, train=0.9, evaluation=float(np.mean(FIRST[4:]))) == [
        ("train", None, 4), ("eval", None, 4),
    ]  # fmt: skip


def test_a_dump_that_the_evaluation_left_alone_is_that_of_training(tmp_path: Path):
    assert evaluated(tmp_path, FIRST, train=float(np.mean(FIRST)), evaluation=0.9) == [("train", None, 8)]


def test_the_eval_set_that_was_evaluated_last_is_named(tmp_path: Path):
    found = evaluated(tmp_path, FIRST, train=0.9, evaluation=float(np.mean(FIRST)), eval_math_runtime=2.0)
    assert found == [("eval", "math", 8)]


def test_a_step_as_text_and_several_steps_in_one_file_are_read(tmp_path: Path):
    first = pl.read_parquet(dump(tmp_path / "a", "1", {"acc": FIRST}))
    second = pl.read_parquet(dump(tmp_path / "b", "2", {"acc": SECOND}))
    pl.concat([first, second]).write_parquet(tmp_path / "all.parquet")
    found = generations_of(items(FORMAT, tmp_path / "all.parquet")[0])
    assert [(g.step, rewards_of(g)["acc"]) for g in found] == [(1, FIRST), (2, SECOND)]


def test_a_table_whose_steps_are_lists_is_no_dump(tmp_path: Path):
    alone = dump(tmp_path / "odd/completions_00001.parquet", [1, 2], {"acc": FIRST})
    assert recognise(alone) is not FORMAT
    dump(tmp_path / "both/completions_00001.parquet", 1, {"acc": FIRST})
    dump(tmp_path / "both/completions_00002.parquet", [1, 2], {"acc": FIRST})
    run = read(tmp_path / "both")
    assert run.kept["step"].unique().to_list() == [1]
    assert sum("holds no completions" in str(loss) for loss in run.audit.losses) == 1


def test_messages_lose_the_keys_that_only_other_rows_fill(tmp_path: Path):
    asked = [{"role": "user", "content": "a", "name": "x"}, {"role": "user", "content": "b", "name": None}]
    path = dump(tmp_path / "c.parquet", 1, {"acc": FIRST}, [[asked[0]]] * 4 + [[asked[1]]] * 4)
    [found] = generations_of(items(FORMAT, path)[0])
    assert found.batch.prompts[3:5] == [[asked[0]], [{"role": "user", "content": "b"}]]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path):
    for step in (1, 2, 3):
        dump(tmp_path / f"completions_{step:05}.parquet", step, {"acc": np.roll(FIRST, step).tolist()})
    broken = tmp_path / "completions_00002.parquet"
    broken.write_bytes(broken.read_bytes()[:200])
    found, losses = items(FORMAT, tmp_path)
    assert [g.step for g in generations_of(found)] == [1, 3]
    assert [kind for kind, _, _ in losses if kind == "cut-off part"] == ["cut-off part"]


def test_a_column_of_another_type_costs_its_file_alone(tmp_path: Path):
    dump(tmp_path / "completions_00001.parquet", 1, {"acc": FIRST}, advantage=normalised(FIRST))
    dump(tmp_path / "completions_00002.parquet", 2, {"acc": FIRST}, advantage=["much"] * 8)
    found, losses = items(FORMAT, tmp_path)
    assert [g.step for g in generations_of(found)] == [1]
    assert "cut-off part" in [kind for kind, _, _ in losses]


def test_files_with_other_columns_and_without_rows_are_read_as_each_alone(tmp_path: Path):
    dump(tmp_path / "completions_00001.parquet", 1, {"acc": FIRST})
    dump(tmp_path / "completions_00002.parquet", 2, {"acc": SECOND}, source=["web"] * 8)
    empty = dump(tmp_path / "completions_00003.parquet", 3, {"acc": SECOND})
    pl.read_parquet(empty).clear().write_parquet(empty)
    dump(tmp_path / "completions_00004.parquet", 4, {"acc": SECOND})
    found, losses = items(FORMAT, tmp_path)
    assert [(g.step, rewards_of(g), g.batch.sources) for g in generations_of(found)] == [
        (1, {"acc": FIRST}, None), (2, {"acc": SECOND}, ["web"] * 8), (4, {"acc": SECOND}, None),
    ]  # fmt: skip
    for file in (tmp_path / "completions_00002.parquet", tmp_path / "completions_00001.parquet"):
        file.unlink()
    again, others = items(FORMAT, tmp_path)
    assert [g.step for g in generations_of(again)] == [4]
    for noted in (losses, others):
        assert [what for kind, _, what in noted if kind == "invalid line"] == ["holds no completions"]


def test_a_dump_without_completions_is_refused(tmp_path: Path):
    path = dump(tmp_path / "c.parquet", 1, {"acc": FIRST})
    pl.read_parquet(path).clear().write_parquet(path)
    with pytest.raises(LogError, match="holds no completion that could be read"):
        read(path)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """One real run, recorded by grpolog and dumped by TRL: the folder of the log and that of the output."""
    import tiny_trl

    import grpolog

    folder = tmp_path_factory.mktemp("run")
    trainer = tiny_trl.trainer(
        folder / "out", max_steps=3, reward_weights=[1.0, 0.5], log_completions=True, num_completions_to_print=0,
        per_device_train_batch_size=8, save_strategy="steps", save_steps=3,
    )  # fmt: skip
    grpolog.attach(trainer, folder / "native.jsonl", console=0)
    trainer.train()
    return folder


def flat(table: pl.DataFrame, *columns: str) -> list[tuple]:
    return table.sort("step", *(c for c in ("group", "name") if c in table.columns)).select(columns).rows()


@pytest.mark.trl
def test_group_statistics_of_a_dumped_run_are_those_that_were_recorded(twice: Path):
    native, imported = read(twice / "native.jsonl"), read(twice / "out")
    columns = ("step", "group", "prompt_id", "n", "mean", "std", "signal")
    found, recorded = flat(imported.groups, *columns), flat(native.groups, *columns)
    assert len(found) == 6
    assert found == [pytest.approx(row, abs=1e-9) for row in recorded]


@pytest.mark.trl
def test_reward_statistics_of_a_dumped_run_are_those_that_were_recorded(twice: Path):
    native, imported = read(twice / "native.jsonl"), read(twice / "out")
    numbers = ("mean", "std", "min", "q25", "median", "q75", "max", "none_share", "weight", "group_std", "equal_share")
    for column in (*numbers, "advantage_share"):
        of_native, of_imported = (dict(flat_by_name(run.rewards, column)) for run in (native, imported))
        assert of_imported == pytest.approx(of_native, abs=1e-9, nan_ok=True), column


def flat_by_name(table: pl.DataFrame, column: str):
    return [
        ((step, name), value if value is not None else -1.0)
        for step, name, value in flat(table, "step", "name", column)
    ]


@pytest.mark.trl
def test_histories_of_a_dumped_run_are_those_that_were_recorded(twice: Path):
    native, imported = read(twice / "native.jsonl"), read(twice / "out")
    for metric in ("loss", "grad_norm", "reward", "rewards/accuracy/mean", "completions/mean_length", "entropy"):
        assert imported.history(metric)["value"].to_list() == pytest.approx(
            native.history(metric)["value"].to_list(), abs=1e-9
        ), metric
    assert (imported.info.reward_functions, imported.info.reward_weights) == (
        ["accuracy", "brevity"], {"accuracy": 1.0, "brevity": 0.5},
    )  # fmt: skip
    assert (imported.info.advantage_mode, imported.info.group_size) == ("sum_then_normalize/group", 4)
    assert (imported.runs[-1].status, words(imported)) == ("finished", [])


@pytest.mark.trl
def test_examples_of_a_dumped_run_are_completions_that_were_recorded(twice: Path):
    native, imported = read(twice / "native.jsonl"), read(twice / "out")
    texts = {(e["step"], e["group"], e["index"]): e["completion"] for e in native.examples.iter_rows(named=True)}
    common = [
        (e["completion"], texts[place])
        for e in imported.examples.iter_rows(named=True)
        if (place := (e["step"], e["group"], e["index"])) in texts
    ]
    assert len(common) >= 8
    assert all(ours == theirs for ours, theirs in common)


@pytest.mark.trl
def test_generations_that_serve_several_steps_are_counted_once(tmp_path: Path):
    import tiny_trl

    trainer = tiny_trl.trainer(
        tmp_path / "out", max_steps=4, log_completions=True, num_iterations=2, num_completions_to_print=0
    )
    trainer.train()
    run = read(tmp_path / "out" / "completions")
    assert run.groups["step"].unique(maintain_order=True).to_list() == [1, 3]
    assert run.audit.completions == 16
    assert "8 of 8 completions stand in the dump before, too (2 times, first here)" in words(run)


@pytest.mark.trl
def test_conversations_of_a_real_run_have_the_prompt_ids_that_were_recorded(tmp_path: Path):
    import tiny_trl

    import grpolog

    trainer = tiny_trl.trainer(
        tmp_path / "out", conversational=True, max_steps=2, log_completions=True, num_completions_to_print=0
    )
    grpolog.attach(trainer, tmp_path / "native.jsonl", console=0)
    trainer.train()
    native, imported = read(tmp_path / "native.jsonl"), read(tmp_path / "out" / "completions")
    assert flat(imported.groups, "step", "group", "prompt_id") == flat(native.groups, "step", "group", "prompt_id")
    first = imported.examples.row(0, named=True)
    assert [message["role"] for message in json.loads(first["prompt_messages"])] == ["user"]
    assert [message["role"] for message in json.loads(first["completion_messages"])] == ["assistant"]


@pytest.mark.trl
def test_evaluations_of_a_real_run_are_told_from_training_and_by_their_set(tmp_path: Path):
    import tiny_trl

    trainer = tiny_trl.trainer(
        tmp_path / "out", max_steps=4, log_completions=True, num_completions_to_print=0, save_strategy="steps",
        save_steps=4, eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=8,
        eval_dataset={"math": tiny_trl.prompts(4), "code": tiny_trl.prompts(4)},
    )  # fmt: skip
    trainer.train()
    found = read(tmp_path / "out").groups.select("step", "mode", "eval_name").unique(maintain_order=True).rows()
    assert found == [(1, "train", None), (2, "eval", "code"), (3, "train", None), (4, "eval", "code")]
