"""Offline files and summaries of W&B: rows by optimizer step, what is said of the run, folders; real ones."""

import ast
import json
import math
import re
from pathlib import Path

import pytest
from foreign_logs import REAL, items, rows_of
from wandb_files import MESSAGES, history, logged, record, written
from wandb_files import items as values_of

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, wandb
from grpolog.sources.items import Closing, Opening, Row

DATA = Path(__file__).parents[1] / "data" / "trackers"
RUNS = sorted((REAL / "wandb").glob("*.wandb"))
SUMMARIES = sorted((REAL / "wandb").glob("*.json"))
needs_real_runs = pytest.mark.skipif(not RUNS, reason=f"no real runs at {REAL}")

STEP = {"train__reward": 0.5, "train__epoch": 0.25}


def of(path: Path) -> list[tuple[int | None, dict]]:
    return rows_of(items(wandb.OFFLINE, path)[0])


def own(row: dict) -> dict:
    """The numbers of one entry by the trainer's names, as a few lines find them."""
    return {
        key.removeprefix("train/"): float(value)
        for key, value in row.items()
        if key.startswith("train/") and key != "train/global_step"
    }


def test_what_shares_an_optimizer_step_is_one_row(tmp_path: Path) -> None:
    path = written(
        tmp_path / "run.wandb",
        history(_step=7, _timestamp=50.0, g=1, **STEP),
        history(_step=8, _timestamp=51.0, mine=3),  # belongs to the step before
        history(_step=9, _timestamp=52.0, g=2, train__reward=1, train__epoch=0.5),
    )
    assert items(wandb.OFFLINE, path) == (
        [
            Opening(framework="trl"),
            Row({"reward": 0.5, "epoch": 0.25, "mine": 3}, 1, line=1, time=51.0),
            Row({"reward": 1, "epoch": 0.5}, 2, line=3, time=52.0),
        ],
        [],
    )


def test_the_format_is_recognised_by_content_alone(tmp_path: Path) -> None:
    assert recognise(written(tmp_path / "notes.txt", history(g=1, **STEP))) is wandb.OFFLINE
    (tmp_path / "run.wandb").write_text("nothing\n")
    assert recognise(tmp_path / "run.wandb") is not wandb.OFFLINE


def test_times_of_functions_go_as_means_into_the_next_row_that_the_trainer_logs(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x",
        history(g=0, profiling__f=1.0),
        history(g=0, mine=0.0),
        history(g=1, profiling__f=3.0),
        history(g=2, **STEP),
        history(g=2, profiling__f=5.0),
        history(g=2, eval__reward=1.0, train__epoch=0.25),
        history(g=2, profiling__f=7.0),
    )
    found, losses = items(wandb.OFFLINE, path)
    assert rows_of(found) == [
        (0, {"mine": 0.0}),
        (2, {"reward": 0.5, "epoch": 0.25, "profiling/f": 2.0}),
        (2, {"eval_reward": 1.0, "epoch": 0.25, "eval_profiling/f": 5.0}),
    ]
    assert losses == [("corrected value", None, "`profiling/...` behind the last row belongs to no row")]


def test_a_users_key_does_not_hide_the_trainers_key_of_the_same_name(tmp_path: Path) -> None:
    assert of(written(tmp_path / "x", history(g=1, **STEP), history(g=1, reward=9.0))) == [
        (1, {"reward": 0.5, "epoch": 0.25})
    ]


def test_evaluations_of_several_sets_stay_apart(tmp_path: Path) -> None:
    evaluated = [
        history(g=4, eval__math_runtime=1.0, eval__reward=0.25, train__epoch=0.5),
        history(g=4, eval__code_runtime=2.0, eval__reward=0.75, train__epoch=0.5),
    ]
    run = read(written(tmp_path / "x", history(g=4, **STEP), *evaluated), now=0.0)
    assert run.history("eval_math_reward").select("step", "value").rows() == [(4, 0.25)]
    assert run.history("eval_code_reward").select("step", "value").rows() == [(4, 0.75)]


def test_without_an_optimizer_step_the_count_of_log_calls_is_taken_and_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "x", history(_step=3, **STEP), history(_step=5, **STEP))
    found, losses = items(wandb.OFFLINE, path)
    assert [step for step, _ in rows_of(found)] == [3, 5]
    what = "the optimizer step is not there: steps are W&B's own count of log calls"
    assert losses == [("corrected value", None, what)]


def test_verls_step_is_its_own_key_and_its_names_stay(tmp_path: Path) -> None:
    values = {"critic/score/mean": 0.5, "actor/pg_loss": 0.25, "training/global_step": 3}
    path = written(tmp_path / "x", record(history=values_of({"_step": 99, **values})))
    assert items(wandb.OFFLINE, path)[0] == [
        Opening(framework="verl"),
        Row({"critic/score/mean": 0.5, "actor/pg_loss": 0.25}, 3, line=1),
    ]


def test_numbers_in_all_their_forms_are_read_and_other_values_are_named(tmp_path: Path) -> None:
    items_ = [
        {"key": "train/reward", "number": 0.5},
        {"key": "train/epoch", "integer": -2},
        {"nested_key": ["train/global_step"], "value_json": "4"},
        {"nested_key": ["nan"], "value_json": '"NaN"'},
        {"nested_key": ["low"], "value_json": '"-Infinity"'},
        {"nested_key": ["bare"], "value_json": "NaN"},
        {"nested_key": ["huge"], "value_json": "1" * 30},
        {"nested_key": ["a", "b", "c"], "value_json": "7"},
        {"nested_key": ["flag"], "boolean": True},
        {"nested_key": ["none"], "value_json": "null"},
        {"nested_key": ["words"], "value_json": '"act 1"'},
        {"nested_key": ["broken"], "value_json": "{"},
        {"nested_key": ["table", "_type"], "value_json": '"table-file"'},
        {"nested_key": ["table", "size"], "value_json": "9"},
        {"nested_key": ["hist"], "value_json": '{"_type": "histogram", "values": [1, 2]}'},
    ]
    path = written(tmp_path / "x", record(history=MESSAGES["Items"](item=items_)))
    found, losses = items(wandb.OFFLINE, path)
    ((step, values),) = rows_of(found)
    assert step == 4
    nan = {name: values.pop(name) for name in ("nan", "bare")}
    assert all(map(math.isnan, nan.values()))
    assert values == {"reward": 0.5, "epoch": -2, "low": -math.inf, "huge": float("1" * 30), "a/b/c": 7, "flag": 1}
    named = {("words", "str"), ("broken", "str"), ("table", "table-file"), ("hist", "histogram")}
    assert {what for _, _, what in losses} == {f"`{key}` is no number ({kind})" for key, kind in named}


def test_configuration_host_commit_and_command_describe_the_run_without_credentials(tmp_path: Path) -> None:
    config = {"num_generations": {"value": 4, "desc": None}, "api_key": "abc", "_wandb": {"t": 1}}
    run = {
        "run_id": "r",
        "config": values_of(config),
        "host": "box",
        "git": {"commit": "1f2e"},
        "start_time": {"seconds": 9},
    }
    program = {"python": "CPython 3.11.7", "program": "train.py", "args": ["--hub_token", "hf_x", "--lr", "1"]}
    later = {"max_steps": 9, "transformers_version": "5.1.0"}
    path = written(
        tmp_path / "x",
        record(run=run),
        record(environment=program),
        record(config=values_of(later)),
        history(g=1, **STEP),
    )
    assert items(wandb.OFFLINE, path)[0][0] == Opening(
        "trl",
        {"transformers": "5.1.0", "python": "3.11.7"},
        {
            "config": {"num_generations": 4, "api_key": "***", **later},
            "group_size": 4,
            "max_steps": 9,
            "host": "box",
            "git_commit": "1f2e",
            "command": "train.py --hub_token *** --lr 1",
        },
    )


TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/train.py", line 3, in <module>\nValueError: no answer\n'


@pytest.mark.parametrize(
    ("records", "closing"),
    [
        ([], None),
        ([record(exit={})], Closing("finished")),
        ([record(exit={"exit_code": 1})], Closing("failed", "exit code 1")),
        ([record(exit={"exit_code": 255})], Closing("stopped", "interrupted from the keyboard (exit code 255)")),
        (
            [record(output_raw={"line": TRACEBACK}), record(exit={"exit_code": 1})],
            Closing("failed", "ValueError: no answer"),
        ),
        ([record(output_raw={"line": TRACEBACK})], Closing("failed", "ValueError: no answer")),
        ([record(output_raw={"line": TRACEBACK}), history(g=2, **STEP)], None),  # training went on
        (
            [record(summary=values_of({"train_runtime": 7.5, "train_loss": 0.5}))],
            Closing("finished", totals={"train_runtime": 7.5, "train_loss": 0.5}),
        ),
        ([record(summary=values_of({"train_loss": 0.5}))], None),
    ],
)
def test_how_the_run_ended_is_told_by_exit_code_console_and_totals(
    tmp_path: Path, records: list, closing: object
) -> None:
    found, _ = items(wandb.OFFLINE, written(tmp_path / "x", history(g=1, **STEP), *records))
    ends = [item for item in found if isinstance(item, Closing)]
    assert ends == ([closing] if closing else [])


def test_the_files_of_a_resumed_run_are_attempts_and_other_runs_are_refused(tmp_path: Path) -> None:
    def run(name: str, identifier: str, start: int, *steps: int) -> None:
        told = record(run={"run_id": identifier, "start_time": {"seconds": start}})
        rows = [history(g=step, train__reward=start + step, train__epoch=0.5) for step in steps]
        written(tmp_path / "wandb" / name / f"run-{identifier}.wandb", told, *rows)

    run("offline-run-b", "x", 10, 1, 2, 3)
    run("offline-run-a", "x", 20, 3, 4)
    (tmp_path / "wandb" / "latest-run").symlink_to("offline-run-a")
    found = read(tmp_path, now=0.0)
    assert found.history("reward").select("step", "value").rows() == [(1, 11.0), (2, 12.0), (3, 23.0), (4, 24.0)]
    run("offline-run-c", "y", 30, 1)
    with pytest.raises(LogError, match=r"holds 3 runs of W&B; give one of them: wandb/offline-run-a/run-x\.wandb, "):
        read(tmp_path, now=0.0)


def test_a_summary_is_one_row_and_says_that_only_the_end_is_known(tmp_path: Path) -> None:
    values = {
        "train/reward": 0.5, "train/epoch": 1, "eval/reward": 0.25, "train/global_step": 9, "phase": "end",
        "train_runtime": 8, "train_loss": 0.5, "_step": 77, "_runtime": 8, "_wandb": {"runtime": 8},
    }  # fmt: skip
    (tmp_path / "x").write_text(json.dumps(values))
    assert recognise(tmp_path / "x") is wandb.SUMMARY
    found, losses = items(wandb.SUMMARY, tmp_path / "x")
    assert [
        (item.step, {k: v for k, v in item.values.items() if k not in ("train_runtime", "train_loss")})
        for item in found[1:-1]
    ] == [
        (9, {"reward": 0.5, "epoch": 1}),
        (9, {"eval_reward": 0.25}),
    ]
    assert found[-1] == Closing("finished", totals={"train_runtime": 8.0, "train_loss": 0.5})
    assert losses == [
        ("missing part", None, "a summary holds only the last value of each metric; the history is not in it"),
        ("unknown field", None, "`phase` is no number (str)"),
    ]


def test_a_folder_of_a_run_whose_history_is_gone_is_read_by_its_summary(tmp_path: Path) -> None:
    (tmp_path / "run-1" / "files").mkdir(parents=True)
    (tmp_path / "run-1" / "files" / "wandb-summary.json").write_text('{"train/reward": 0.5, "_step": 3, "_runtime": 1}')
    (tmp_path / "run-1" / "files" / "wandb-metadata.json").write_text('{"os": "Linux"}')
    assert read(tmp_path, now=0.0).history("reward").select("step", "value").rows() == [(3, 0.5)]


def test_a_real_run_of_trl_has_the_histories_of_its_trainer_state() -> None:
    run, state = read(DATA / "tiny.wandb", now=0.0), read(DATA / "trainer_state.json", now=0.0)
    timed = {name for name in run.metric_names() if "profiling/" in name or name.endswith("perf/generation_seconds")}
    assert set(run.metric_names()) - timed == set(state.metric_names())
    for name in state.metric_names():
        assert run.history(name).select("step", "value").rows() == state.history(name).select("step", "value").rows(), (
            name
        )
    assert (run.status, run.info.max_steps, run.info.group_size) == ("finished", 6, 4)
    assert run.audit.losses == ()


def test_a_real_run_of_an_older_version_that_crashed() -> None:
    run = read(DATA / "crashed.wandb", now=0.0)
    assert run.history("reward").select("step", "value").rows() == [(1, 0.1), (2, 0.2), (3, 0.30000000000000004)]
    assert repr(run.history("loss")["value"].to_list()) == "[1.0, nan, -inf]"
    assert run.history("rewards/f/mean")["value"].to_list() == [1.0, 2.0, 3.0]
    assert run.history("profiling/Time taken: GRPOTrainer.f")["value"].to_list() == [1.0, 2.0, 3.0]
    assert run.history("nested/a/b").select("step", "value").rows() == [(1, 1.0), (2, 2.0), (3, 3.0)]
    (end,) = [event for event in run.runs if event.phase == "end"]
    assert (end.status, end.error) == ("failed", "RuntimeError: the reward server is gone")
    assert (end.beta, end.group_size, end.config["api_key"]) == (0.04, 4, "***")


@needs_real_runs
@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_values_of_the_files_that_nobody_here_wrote(path: Path) -> None:
    run = read(path, now=0.0)
    expected: dict[str, dict[int, float]] = {}
    for row in logged(path):
        for name, value in own(row).items():
            expected.setdefault(name, {})[row["train/global_step"]] = value
    expected.pop("completion_length")  # Unsloth's name for the mean length
    assert len(expected) > 30
    for name, values in expected.items():
        assert run.history(name).select("step", "value").rows() == sorted(values.items()), name


@needs_real_runs
@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_the_same_run_printed_the_same_histories(path: Path) -> None:
    printed = REAL / "stdout_log" / f"{path.stem.replace('Economy__', 'Economy__wandb_')}_output.log"
    rows = [ast.literal_eval(text) for text in re.findall(r"\{'loss'.*?\}", printed.read_text())]
    run = read(path, now=0.0)
    for name in ("reward", "kl", "loss", "rewards/pnl_reward_fn/mean", "completions/clipped_ratio"):
        assert run.history(name)["value"].to_list() == pytest.approx([float(row[name]) for row in rows], rel=6e-4), name


@pytest.mark.skipif(not SUMMARIES, reason=f"no real runs at {REAL}")
@pytest.mark.parametrize("path", SUMMARIES, ids=lambda path: path.stem)
def test_values_of_the_summaries_that_nobody_here_wrote(path: Path) -> None:
    values = json.loads(path.read_text())
    run = read(path, now=0.0)
    for name, value in own(values).items():
        if name != "completion_length":
            assert run.history(name).select("step", "value").rows() == [(values["train/global_step"], value)], name
