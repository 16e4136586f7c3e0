"""Event files: rows by step, values, attempts, folders; real ones of TRL and PyTorch."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from event_files import BFLOAT16, DOUBLE, FLOAT, HALF, INT32, INT64, T0, logged, row, scalar, tensor, text, written
from foreign_logs import items, rows_of

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, tensorboard
from grpolog.sources.items import Closing, Opening, Row

DATA = Path(__file__).parents[1] / "data" / "trackers"


def f32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def of(path: Path) -> list[tuple[int | None, dict]]:
    return rows_of(items(tensorboard.FORMAT, path)[0])


def test_the_numbers_of_a_step_become_one_row_by_the_names_of_trl(tmp_path: Path) -> None:
    found, losses = items(
        tensorboard.FORMAT,
        written(
            tmp_path / "x", *row(1, train__reward=0.5, train__epoch=0.1), *row(2, train__reward=1.0, train__epoch=0.2)
        ),
    )
    assert found == [
        Opening(framework="trl"),
        Row({"reward": 0.5, "epoch": f32(0.1)}, 1, line=2, time=T0 + 1),
        Row({"reward": 1.0, "epoch": f32(0.2)}, 2, line=4, time=T0 + 2),
    ]
    assert losses == []


def test_an_event_file_is_recognised_by_its_content_alone(tmp_path: Path) -> None:
    assert recognise(written(tmp_path / "notes.txt", scalar("train/reward", 1, 0.5))) is tensorboard.FORMAT
    (tmp_path / "events.out.tfevents.1").write_text("events of the day\n" * 3)
    assert recognise(tmp_path / "events.out.tfevents.1") is not tensorboard.FORMAT


def test_numbers_that_were_logged_tag_by_tag_are_joined_by_step(tmp_path: Path) -> None:
    rewards = [scalar("train/reward", step, step / 4) for step in (1, 2, 3)]
    losses = [scalar("train/loss", step, step / 2) for step in (1, 3)]
    assert of(written(tmp_path / "x", *rewards, *losses, *row(3, train__epoch=1.0))) == [
        (1, {"reward": 0.25, "loss": 0.5}),
        (2, {"reward": 0.5}),
        (3, {"reward": 0.75, "loss": 1.5, "epoch": 1.0}),
    ]


def test_evaluations_are_rows_of_their_own_and_keep_sets_of_one_step_apart(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x",
        *row(4, train__reward=0.5, train__epoch=0.5),
        *row(4, eval__math_loss=1.0, eval__math_runtime=2.0, eval__reward=0.25, train__epoch=0.5),
        *row(4, eval__code_loss=3.0, eval__code_runtime=4.0, eval__reward=0.75, train__epoch=0.5),
    )
    assert of(path) == [
        (4, {"reward": 0.5, "epoch": 0.5}),
        (4, {"eval_math_loss": 1.0, "eval_math_runtime": 2.0, "eval_reward": 0.25, "epoch": 0.5}),
        (4, {"eval_code_loss": 3.0, "eval_code_runtime": 4.0, "eval_reward": 0.75, "epoch": 0.5}),
    ]
    run = read(path, now=T0)
    assert run.history("eval_math_reward").select("step", "value").rows() == [(4, 0.25)]
    assert run.history("eval_code_reward").select("step", "value").rows() == [(4, 0.75)]


def test_closing_totals_say_that_the_run_finished_and_are_no_metrics(tmp_path: Path) -> None:
    last = row(2, train__train_runtime=8.0, train__train_loss=0.5, train__total_flos=0.0, train__epoch=1.0)
    path = written(tmp_path / "x", *row(2, train__reward=1.0, train__epoch=1.0), *last)
    assert items(tensorboard.FORMAT, path)[0][1:] == [
        Row({"reward": 1.0, "epoch": 1.0}, 2, line=2, time=T0 + 2),
        Closing("finished", totals={"total_flos": 0.0, "train_loss": 0.5, "train_runtime": 8.0}),
    ]


def test_of_a_number_that_was_logged_twice_for_a_step_the_last_counts_and_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "x", *row(1, train__reward=0.25), *row(1, train__reward=0.5), *row(2, train__reward=1.0))
    found, losses = items(tensorboard.FORMAT, path)
    assert rows_of(found) == [(1, {"train/reward": 0.5}), (2, {"train/reward": 1.0})]
    what = "a number that was logged again for the same step; the last one counts"
    assert losses == [("repeated row", 2, what)]


def test_nan_and_infinities_are_values(tmp_path: Path) -> None:
    values = [math.nan, math.inf, -math.inf]
    path = written(tmp_path / "x", *(scalar("train/loss", step, value) for step, value in enumerate(values, start=1)))
    assert repr([values["train/loss"] for _, values in of(path)]) == "[nan, inf, -inf]"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ({"dtype": FLOAT, "float_val": [0.1]}, f32(0.1)),
        ({"dtype": FLOAT, "tensor_content": struct.pack("<f", 0.1)}, f32(0.1)),
        ({"dtype": DOUBLE, "double_val": [0.1]}, 0.1),
        ({"dtype": DOUBLE, "tensor_content": struct.pack("<d", 0.1)}, 0.1),
        ({"dtype": INT64, "int64_val": [-3]}, -3.0),
        ({"dtype": INT32, "tensor_content": struct.pack("<i", -3)}, -3.0),
        ({"dtype": HALF, "half_val": [0x3C00]}, 1.0),
        ({"dtype": BFLOAT16, "half_val": [0x4049]}, 3.140625),
        ({"dtype": BFLOAT16, "tensor_content": b"\x49\x40"}, 3.140625),
    ],
)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_number_may_be_a_tensor_of_one_element(tmp_path: Path, content: dict, value: float, shape: tuple) -> None:
    assert of(written(tmp_path / "x", tensor("train/reward", 7, "scalars", shape, **content))) == [
        (7, {"train/reward": value})
    ]


def test_tensors_of_several_elements_and_those_of_other_plugins_are_no_numbers(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x",
        tensor("a", 1, "histograms", [2, 3], dtype=DOUBLE, double_val=[0.0] * 6),
        tensor("b", 1, "scalars", [4], dtype=FLOAT, float_val=[0.5]),  # four equal elements
        tensor("c", 1, "hparams", dtype=FLOAT, float_val=[0.5]),
        tensor("c", 2, "", dtype=FLOAT, float_val=[0.5]),  # the plugin is named once
        scalar("train/reward", 1, 0.5),
    )
    assert of(path) == [(1, {"train/reward": 0.5})]


def test_steps_that_go_back_are_another_start_and_its_row_is_not_cut(tmp_path: Path) -> None:
    before = [event for step in (1, 2, 3, 4) for event in row(step, train__reward=step / 8, train__epoch=step / 8)]
    again = [
        event for step in (3, 4, 5) for event in row(step, train__kl=0.5, train__reward=step / 4, train__epoch=0.5)
    ]
    run = read(written(tmp_path / "x", *before, *again), now=T0)
    assert run.attempts.select("attempt", "last_step", "resumed_from_step").rows() == [(0, 4, 0), (1, 5, 2)]
    assert run.history("reward").select("step", "value").rows() == [
        (1, 0.125),
        (2, 0.25),
        (3, 0.75),
        (4, 1.0),
        (5, 1.25),
    ]
    assert run.history("kl")["step"].to_list() == [3, 4, 5]


def test_the_files_of_a_folder_are_read_in_the_order_of_their_beginnings(tmp_path: Path) -> None:
    written(tmp_path / "a", *row(3, T0 + 60, train__reward=0.75), time=T0 + 50)
    written(tmp_path / "b", *row(1, train__reward=0.25), *row(2, train__reward=0.5), *row(3, train__reward=0.125))
    run = read(tmp_path, now=T0)
    assert run.attempts["attempt"].to_list() == [0, 1]
    assert run.history("reward").select("step", "value").rows() == [(1, 0.25), (2, 0.5), (3, 0.75)]


def test_a_later_file_that_goes_on_belongs_to_the_same_attempt_unless_it_opens_a_training(tmp_path: Path) -> None:
    written(tmp_path / "a", text("args/text_summary", '{"seed": 1}'), *row(1, train__reward=0.25))
    written(tmp_path / "b", *row(1, T0 + 9, eval__reward=0.5), time=T0 + 9)
    run = read(tmp_path, now=T0)
    assert run.attempts["attempt"].to_list() == [0]
    opened = [text("args/text_summary", '{"seed": 2}', T0 + 20), *row(2, T0 + 21, train__reward=0.75)]
    written(tmp_path / "c", *opened, time=T0 + 20)
    run = read(tmp_path, now=T0)
    assert [run.config for run in run.runs] == [{"seed": 1}, {"seed": 2}]
    assert run.history("reward").select("step", "value").rows() == [(1, 0.25), (2, 0.75)]


def test_folders_below_are_restarts_of_one_run_or_several_runs(tmp_path: Path) -> None:
    written(tmp_path / "runs/Nov25_host/x", *row(1, train__reward=0.25), *row(2, train__reward=0.5))
    written(tmp_path / "runs/Nov26_host/x", *row(2, T0 + 99, train__reward=0.75), time=T0 + 98)
    assert read(tmp_path, now=T0).history("reward")["value"].to_list() == [0.25, 0.75]
    written(tmp_path / "runs/other/x", *row(1, train__reward=1.0), *row(5, train__reward=1.0), time=T0 + 1)
    with pytest.raises(
        LogError, match=r"holds the event files of 3 runs; give one of them: runs/Nov25_host, runs/Nov26"
    ):
        read(tmp_path, now=T0)


def test_values_without_steps_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "x", *(event for i in range(3) for event in row(0, train__reward=i / 2, train__epoch=i)))
    assert of(path) == [(i + 1, {"reward": i / 2, "epoch": float(i)}) for i in range(3)]


def test_the_arguments_in_texts_describe_the_run_without_credentials(tmp_path: Path) -> None:
    arguments = '{"num_generations": 8, "beta": 0.04, "max_steps": 90, "scale_rewards": true, "hub_token": "hf_abc"}'
    model = '{"_name_or_path": "Qwen/Qwen3-0.6B", "transformers_version": "5.1.0"}'
    path = written(
        tmp_path / "x",
        text("args/text_summary", arguments),
        text("model_config/text_summary", model),
        text("notes/text_summary", "no JSON"),
        *row(1, train__reward=0.5, train__epoch=0.5),
    )
    (opening, *_), _ = items(tensorboard.FORMAT, path)
    assert isinstance(opening, Opening)
    assert (opening.framework, opening.versions) == ("trl", {"transformers": "5.1.0"})
    config = opening.description["config"]
    assert config["hub_token"] == "***"
    assert config["model_config"]["_name_or_path"] == "Qwen/Qwen3-0.6B"
    assert {name: value for name, value in opening.description.items() if name != "config"} == {
        "model": "Qwen/Qwen3-0.6B",
        "group_size": 8,
        "max_steps": 90,
        "beta": 0.04,
        "advantage_mode": "sum_then_normalize/group",
    }


@pytest.mark.parametrize(
    ("framework", "keys", "metric"),
    [
        ("openrlhf", ["train/policy_loss", "train/actor_lr", "train/reward", "train/response_length"], "reward"),
        ("verl", ["critic/score/mean", "actor/pg_loss", "actor/ppo_kl"], "reward"),
    ],
)
def test_the_keys_of_other_frameworks_reach_the_vocabulary_as_they_are(
    tmp_path: Path, framework: str, keys: list[str], metric: str
) -> None:
    path = written(tmp_path / "x", *(scalar(key, 3, 0.5) for key in keys))
    found, _ = items(tensorboard.FORMAT, path)
    assert found[0] == Opening(framework=framework)
    assert rows_of(found) == [(3, dict.fromkeys(keys, 0.5))]
    assert metric in read(path, now=T0).metric_names()


def test_a_file_without_numbers_is_refused_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path / "x", text("args/text_summary", "{}"))
    with pytest.raises(LogError, match="holds no number by step"):
        read(path, now=T0)


def test_a_real_run_of_trl_has_the_histories_of_its_trainer_state_in_32_bits() -> None:
    run, state = read(DATA / "tiny.tfevents", now=T0), read(DATA / "trainer_state.json", now=T0)
    assert run.metric_names() == state.metric_names()
    assert len(run.metric_names()) > 70
    for name in run.metric_names():
        there = state.history(name).select("step", "value").rows()
        assert run.history(name).select("step", "value").rows() == [(step, f32(value)) for step, value in there], name
    assert (run.status, run.info.group_size, run.info.max_steps) == (state.status, 4, 6) == ("finished", 4, 6)


def test_a_real_run_has_every_number_that_tensorboard_reads_in_it() -> None:
    path = DATA / "tiny.tfevents"
    run = read(path, now=T0)
    trained = {}
    for tag, step, value in logged(path):
        if tag.startswith("train/") and "train_" not in tag and tag != "train/total_flos":
            trained.setdefault(tag.removeprefix("train/"), {})[step] = value
    assert len(trained) > 25
    for name, values in trained.items():
        assert run.history(name).select("step", "value").rows() == sorted(values.items()), name


def test_every_way_in_which_pytorch_writes_numbers_is_read(tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("train/reward", 0.1, 300, walltime=T0)
        writer.add_scalar("train/loss", 0.1, 300, walltime=T0, new_style=True)
        writer.add_scalar("train/kl", 0.1, 300, walltime=T0, new_style=True, double_precision=True)
        writer.add_scalar("train/" + "x" * 200, 0.1, 300, walltime=T0)
        writer.add_histogram("weights", np.array([1.0, 2.0]), 300, walltime=T0)
        writer.add_text("args", "{}", 300, walltime=T0)
    values = {"reward": f32(0.1), "loss": f32(0.1), "kl": 0.1, "x" * 200: f32(0.1)}
    found, losses = items(tensorboard.FORMAT, tmp_path)
    assert [
        (item.step, {name.removeprefix("train/"): v for name, v in item.values.items()}, item.time)
        for item in found[1:]
    ] == [(300, values, T0)]
    assert losses == []
