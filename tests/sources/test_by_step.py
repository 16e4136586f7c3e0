"""Metrics by step as JSON, JSON Lines and Parquet: frameworks told by their keys, guesses said, names mapped."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from foreign_logs import attempts, items, lines, noted, rows_of, series, steps, text, words

from grpolog.analysis import read
from grpolog.errors import LogError, UsageError
from grpolog.sources import by_step, recognise, verl, wandb
from grpolog.sources.by_step.flat import flat

ROWS = [{"step": 1, "reward": 0.5, "loss": 0.1}, {"step": 2, "reward": 0.75, "loss": 0.2}]
SERIES = [(1, 0.5), (2, 0.75)]


def orchestrator(step, reward):
    return {
        "step": step, "time": 1764000000.0 + step, "train/agg/all/agent/reward/mean": reward, "progress/tokens": 90,
        "train/agg/all/agent/rewards/acc/mean": reward, "time/step": 1.5, "time/save_ckpt": 0.0,
    }  # fmt: skip


def trainer(step, loss):
    own = {"step": step, "time": 1764000000.5 + step}
    return [
        own | {"perf/throughput": 100.0, "perf/mfu": 20.0},
        own | {"loss/mean": loss, "entropy/all/mean": 1.0},
        own | {"time/step": 2.5, "time/load_data": 0.1, "time/forward_backward": 1.0, "time/save_ckpt": 0.5},
    ]


def test_the_rows_of_prime_rls_trainer_and_orchestrator_become_one_of_each_step(tmp_path: Path):
    log = [orchestrator(0, 0.1), orchestrator(1, 0.2), *trainer(0, 0.5), orchestrator(2, 0.3), *trainer(1, 0.4)]
    path = lines(tmp_path / "metrics.jsonl", *log, *trainer(2, 0.3))
    run = read(path)
    assert (run.runs[0].framework, attempts(run), steps(run)) == (
        "prime-rl", [None], [(0, 0, False), (0, 1, False), (0, 2, False)],
    )  # fmt: skip
    assert series(path, "reward") == [(0, 0.1), (1, 0.2), (2, 0.3)]
    assert series(path, "loss") == [(0, 0.5), (1, 0.4), (2, 0.3)]
    assert series(path, "step_time") == [(0, 2.5), (1, 2.5), (2, 2.5)]
    assert series(path, "rewards/acc/mean") == [(0, 0.1), (1, 0.2), (2, 0.3)]
    assert run.steps["time"].to_list() == [1764000000.5, 1764000001.5, 1764000002.5]
    assert words(run) == []


def test_a_restart_of_prime_rl_is_told_from_its_second_writer(tmp_path: Path):
    first = [row for step in range(4) for row in (orchestrator(step, 0.1), *trainer(step, 0.5))]
    again = [row for step in range(2, 5) for row in (orchestrator(step, 0.2), *trainer(step, 0.4))]
    path = lines(tmp_path / "metrics.jsonl", *first, *again)
    assert attempts(read(path)) == [None, 1]
    assert series(path, "reward") == [(0, 0.1), (1, 0.1), (2, 0.2), (3, 0.2), (4, 0.2)]
    assert series(path, "loss") == [(0, 0.5), (1, 0.5), (2, 0.4), (3, 0.4), (4, 0.4)]


def test_evaluations_that_art_logs_late_and_apart_are_no_restarts(tmp_path: Path):
    def logged(step, **values):
        return values | {"training_step": step, "time/wall_clock_sec": 9.0 * step, "step": step}

    path = lines(
        tmp_path / "history.jsonl",
        *(logged(step, **{"train/reward": step / 10, "train/exception_rate": 0.0}) for step in range(3)),
        logged(1, **{"val/reward": 0.5}),
        *(logged(step, **{"loss/train": 0.1, "loss/grad_norm": 1.0}) for step in range(3)),
    )
    run = read(path)
    assert (run.runs[0].framework, attempts(run), words(run)) == ("art", [None], [])
    assert series(path, "reward") == [(0, 0.0), (1, 0.1), (2, 0.2)]
    assert series(path, "reward", "eval") == [(1, 0.5)]
    assert "step" not in run.metric_names()


@pytest.mark.parametrize(
    ("keys", "framework"),
    [
        (["reward/avg_raw_reward", "policy/policy_entropy", "generate/avg_num_tokens"], "skyrl"),
        (["rollout/raw_reward", "rollout/response_len/mean", "train/pg_clipfrac"], "slime"),
        (["env/all/reward/total", "optim/lr", "progress/batch"], "tinker"),
        (["train/reward", "train/baseline_reward/pct_0", "train/gen_kl_error"], "nemo-rl"),
    ],
)
def test_frameworks_are_told_by_their_keys(tmp_path: Path, keys: list[str], framework: str):
    path = lines(tmp_path / "m.jsonl", *({"step": n} | dict.fromkeys(keys, n / 10) for n in range(3)))
    run = read(path)
    assert run.runs[0].framework == framework
    assert series(path, "reward") == [(0, 0.0), (1, 0.1), (2, 0.2)]


def parquet(path: Path, rows: list[dict]) -> Path:
    pl.DataFrame(rows).write_parquet(path)
    return path


def packed(path: Path, rows: list[dict]) -> Path:
    path = path.with_suffix(".jsonl.gz")
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


FILES = {
    "lines": lambda path, rows: lines(path, *rows),
    "packed lines": packed,
    "utf-16 lines": lambda path, rows: (
        path.write_bytes("".join(json.dumps(r) + "\n" for r in rows).encode("utf-16")) and path
    ),
    "nested lines": lambda path, rows: lines(path, *({"metrics": row} for row in rows)),
    "list": lambda path, rows: text(path, json.dumps(rows, indent=1)),
    "inside an object": lambda path, rows: text(path, json.dumps({"config": {"lr": 1}, "run": {"logged": rows}})),
    "columns": lambda path, rows: text(path, json.dumps({key: [row[key] for row in rows] for key in rows[0]})),
    "columns inside": lambda path, rows: text(
        path, json.dumps({"name": "x", "history": {key: [row[key] for row in rows] for key in rows[0]}})
    ),
    "by step": lambda path, rows: text(path, json.dumps({str(r["step"]): {"reward": r["reward"]} for r in rows})),
    "by number": lambda path, rows: text(path, json.dumps({str(n): row for n, row in enumerate(rows)})),
    "pandas": lambda path, rows: text(
        path, json.dumps({key: {str(n): row[key] for n, row in enumerate(rows)} for key in rows[0]})
    ),
    "pandas split": lambda path, rows: text(
        path, json.dumps({"columns": list(rows[0]), "index": [0, 1], "data": [list(row.values()) for row in rows]})
    ),
    "parquet": parquet,
}


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
def test_rows_are_read_from_any_make_of_file(tmp_path: Path, write):
    path = write(tmp_path / "no_name", ROWS)
    assert recognise(path) in by_step.FORMATS
    assert series(path, "reward") == SERIES
    assert words(read(path)) == []


def test_a_long_parquet_file_is_read_in_pieces(tmp_path: Path):
    rows = [{"step": step, "reward": step / 4, "tokens": [1, 2], "note": None} for step in range(1, 25_001)]
    found, losses = items(by_step.PARQUET, parquet(tmp_path / "m.parquet", rows), {})
    assert rows_of(found) == [(step, {"reward": step / 4}) for step in range(1, 25_001)]
    assert losses == []


def test_rewards_by_function_in_an_object_are_named_as_ours():
    row = {"ts": 1, "reward": {"correctness": 1.0, "format": 0.5, "total": 1.5}, "train": {"loss": 0.1}, "ids": [1]}
    assert flat(row) == {
        "ts": 1, "rewards/correctness/mean": 1.0, "rewards/format/mean": 0.5, "reward": 1.5, "train/loss": 0.1,
    }  # fmt: skip
    assert flat({"reward": {"mean": 0.5, "std": 0.1}}) == {"reward/mean": 0.5, "reward/std": 0.1}
    assert flat({"rewards": {"acc": {"mean": 0.5}}}) == {"rewards/acc/mean": 0.5}


def test_names_that_were_made_for_an_object_of_rewards_tell_no_framework(tmp_path: Path):
    path = lines(tmp_path / "log.jsonl", *({"step": n, "reward": {"acc": 0.5, "total": 0.5}} for n in (1, 2)))
    run = read(path)
    assert (run.runs[0].framework, run.metric_names()) == (None, ["reward", "rewards/acc/mean"])
    named = lines(tmp_path / "trl.jsonl", *({"step": n, "reward": 0.5, "rewards/acc/mean": 0.5} for n in (1, 2)))
    assert read(named).runs[0].framework == "trl"


def test_an_endless_nesting_ends():
    deep: dict = {"reward": 1.0}
    for _ in range(500):
        deep = {"x": deep}
    assert flat(deep) == {}


def test_rewards_of_single_samples_are_counted_and_the_report_says_so(tmp_path: Path):
    rows = [
        {"ts": 1764000000.5 + n, "task_id": f"t{n}", "reward": {"acc": n % 2, "total": n % 2 + 0.5}} for n in range(4)
    ]
    path = lines(tmp_path / "rewards.jsonl", *rows)
    assert series(path, "reward") == [(1, 0.5), (2, 1.5), (3, 0.5), (4, 1.5)]
    assert series(path, "rewards/acc/mean") == [(1, 0.0), (2, 1.0), (3, 0.0), (4, 1.0)]
    run = read(path)
    assert words(run) == [
        "no column says the optimizer step: rows are counted from 1",
        "`task_id` holds what is no number, and was left out (4 times, first here)",
    ]
    assert (run.audit.complete, run.steps["time"][0]) == (True, 1764000000.5)


def test_samples_of_a_step_become_their_mean_and_the_report_says_so(tmp_path: Path):
    path = lines(tmp_path / "r.jsonl", *({"step": step, "reward": float(k)} for step in (1, 2) for k in range(4)))
    assert series(path, "reward") == [(1, 1.5), (2, 1.5)]
    [what] = words(read(path))
    assert what == "rows are samples, several for each `step`: of each metric the mean of a step was taken"


def test_a_guessed_step_and_a_reward_of_another_name_are_said(tmp_path: Path):
    path = lines(tmp_path / "m.jsonl", *({"iteration": n, "avg_return": n / 10} for n in range(3)))
    assert series(path, "avg_return") == [(0, 0.0), (1, 0.1), (2, 0.2)]
    assert words(read(path)) == [
        "no column has the name of the reward; if `avg_return` is it, say so: --map 'reward=avg_return'",
        "the optimizer step was taken from `iteration`",
    ]


def test_names_that_the_user_gives_win_over_every_guess(tmp_path: Path):
    path = lines(tmp_path / "m.jsonl", *({"step": 1, "n": n, "avg_return": n / 10, "x": 0.5} for n in range(3)))
    mapping = {"avg_return": "reward", "n": "step", "x": "kl"}
    assert series(path, "reward", mapping=mapping) == [(0, 0.0), (1, 0.1), (2, 0.2)]
    assert series(path, "kl", mapping=mapping) == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert words(read(path, mapping=mapping)) == []


def test_numbers_that_nobody_knows_are_refused_with_their_columns_and_the_way_out(tmp_path: Path):
    path = text(tmp_path / "t.csv", "n,alpha,beta\n1,0.5,3\n2,0.25,4\n")
    with pytest.raises(LogError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}: holds numbers, but no column that is a reward or a loss by its name (n, alpha, beta); "
        "say which is what: --map reward=COLUMN --map step=COLUMN"
    )
    assert series(path, "reward", mapping={"alpha": "reward", "n": "step"}) == [(1, 0.5), (2, 0.25)]


def test_a_step_that_is_not_there_is_an_error_that_lists_the_columns(tmp_path: Path):
    path = lines(tmp_path / "m.jsonl", *ROWS)
    with pytest.raises(
        LogError, match=r"m.jsonl: has no column `update` that could say the step; it has step, reward, "
    ):
        read(path, mapping={"update": "step"})


def test_a_name_that_is_none_of_ours_is_an_error_before_anything_is_read():
    with pytest.raises(UsageError, match="`rewrd`, which `a` should become, is neither"):
        read("nowhere.csv", mapping={"a": "rewrd"})


def test_one_bad_line_is_named_and_passed_over(tmp_path: Path):
    path = text(
        tmp_path / "m.jsonl", '{"step":1,"reward":0.5}\n{"step":2,"rew\n[]\n{"step":3,"reward":NaN}\n{"step":4,'
    )
    found, losses = items(by_step.LINES, path, {})
    assert [step for step, _ in rows_of(found)] == [1, 3]
    assert [(kind, line) for kind, line, _ in losses] == [("invalid line", 2), ("invalid line", 3), ("torn line", 5)]


def test_broken_json_is_read_as_far_as_its_rows_are_whole(tmp_path: Path):
    long = [{"step": step, "reward": step / 4, "note": "x" * 99} for step in range(20_000)]
    cut = json.dumps(long)[:-1000]
    found, losses = items(by_step.JSON, text(tmp_path / "m.json", cut), {})
    assert rows_of(found) == [(step, {"reward": step / 4}) for step in range(len(rows_of(found)))]
    assert len(rows_of(found)) > 19_900
    assert [kind for kind, _, _ in losses if kind == "torn line"] == ["torn line"]


def test_long_columns_of_which_the_beginning_shows_no_row_are_read(tmp_path: Path):
    columns = {key: [n / 4 for n in range(150_000)] for key in ("reward", "loss")}
    path = text(tmp_path / "m.json", json.dumps({"history": columns}))
    assert recognise(path) is by_step.JSON
    assert [values["reward"] for _, values in rows_of(items(by_step.JSON, path, {})[0])] == columns["reward"]


def test_the_file_of_metrics_in_the_folder_of_a_run_is_found_by_its_content(tmp_path: Path):
    lines(tmp_path / "checkpoints.jsonl", {"name": "a"}, {"name": "b"})
    lines(tmp_path / "logged.jsonl", *ROWS)
    assert series(tmp_path, "reward") == SERIES


def test_of_several_files_of_metrics_the_one_that_frameworks_write_counts(tmp_path: Path):
    lines(tmp_path / "metrics.jsonl", *ROWS)
    lines(tmp_path / "other.jsonl", {"step": 1, "loss": 1.0}, {"step": 2, "loss": 2.0})
    assert series(tmp_path, "reward") == SERIES


@pytest.mark.parametrize(
    "content",
    [
        '{"prompt": "a", "answer": "b"}\n{"prompt": "c", "answer": "d"}\n',
        '{"question": "' + "x" * 300 + '", "difficulty_score": 3}\n' * 3,
        '{"reward_weight": 1.0, "learning_rate": 0.1}\n',
        '{"step": 1, "price": 3}\n{"step": 2, "price": 4}\n',
        '{"eos_token_id": [1, 2], "loss_type": "grpo"}',
        '["reward", "loss"]',
        "[1, 2, 3]",
        "{}",
        '{"reward": ',
    ],
)
def test_other_json_is_no_metrics(tmp_path: Path, content: str):
    assert recognise(text(tmp_path / "other.json", content)) is None


def test_formats_of_frameworks_come_before_the_guess(tmp_path: Path):
    assert recognise(lines(tmp_path / "a", {"step": 1, "data": {"critic/score/mean": 1.0}})) is verl.METRICS
    exported = lines(tmp_path / "b", {"_step": 1, "train/reward": 0.5}, {"_step": 2, "train/reward": 0.75})
    assert recognise(exported) is wandb.HISTORY


def test_a_file_without_rows_is_refused(tmp_path: Path):
    with pytest.raises(LogError, match="holds no row of metrics"):
        list(by_step.JSON.read(text(tmp_path / "m.json", "[]"), noted([]), {}))
