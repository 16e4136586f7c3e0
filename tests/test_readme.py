"""What the README says works as printed."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import grpolog
from grpolog.events import EVENTS, GenerationEnvelope
from grpolog.record.options import Options

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str, *holding: str) -> list[str]:
    """The code blocks of a language that hold all the given words."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [block for block in found if all(word in block for word in holding)]


@pytest.fixture
def rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `runs/exp1.jsonl` in several parts, as the working directory."""
    monkeypatch.chdir(tmp_path)
    with grpolog.Recorder("runs/exp1.jsonl", group_size=2, max_bytes=16_384, console=0, stall_seconds=0) as recorder:
        for step in range(1, 41):
            rewards = {"accuracy": [1.0, 1.0, 0.5, float(step % 2)], "format": [0.0, 1.0, None, 1.0]}
            recorder.log_batch(step, ["a", "a", "b", "b"], ["4", "5", "2", "2"], rewards)
            recorder.log_step(step, {"loss": 1 / step} | ({"late": 1.0} if step > 30 else {}))
    assert len(list(tmp_path.glob("runs/exp1.0*.jsonl.zst"))) > 2
    return tmp_path


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{command}"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_opens_with_the_two_commands() -> None:
    assert [line.split("#")[0].strip() for line in blocks("sh")[0].splitlines()] == ["make demo", "make test"]


@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("zstdcat"), reason="needs jq and zstd")
def test_lines_for_jq_work_over_a_rotated_log(rotated: Path) -> None:
    plain, over_parts = blocks("sh", "jq")
    shutil.copy(rotated / "runs/exp1.jsonl", rotated / "live.jsonl")
    subprocess.run(["bash", "-c", "zstdcat exp1.[0-9]*.zst | cat - ../live.jsonl > exp1.jsonl"], cwd="runs", check=True)
    assert [line.split("\t")[0] for line in shell(plain, rotated).splitlines()] == [str(step) for step in range(1, 41)]
    shutil.copy(rotated / "live.jsonl", rotated / "runs/exp1.jsonl")
    groups = [eval(line) for line in shell(over_parts, rotated).splitlines()]
    everything = grpolog.read("runs/exp1.jsonl").groups
    assert [step for step, _ in groups] == everything.filter(everything["std"] == 0)["step"].to_list()


def test_lines_for_polars_work_over_a_rotated_log(rotated: Path) -> None:
    (block,) = blocks("python", "polars as pl")
    names: dict = {}
    exec(block, names)
    assert names["rewards"]["step"].to_list() == [step for step in range(1, 41) for _ in range(3)]


def test_reading_in_python_works(rotated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("python", "grpolog.read(")
    names: dict = {}
    exec(block, names)
    assert len(names["run"].history("rewards/accuracy/mean")) == 40
    assert capsys.readouterr().out.startswith("The log is complete")
    assert names["report"].save(rotated / "exp1.html").stat().st_size > 10_000


def test_the_report_command_writes_what_is_said(rotated: Path) -> None:
    command, _ = blocks("sh", "grpolog report runs/exp1.jsonl")
    shell(command, rotated)
    assert {path.name for path in rotated.glob("runs/exp1.*[lm][d]*")} >= {"exp1.md"}
    assert (rotated / "runs/exp1.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_the_line_for_a_report_to_share_leaves_texts_out(rotated: Path) -> None:
    (command,) = blocks("sh", "--redact")
    shell(command, rotated)
    assert "redacted: prompts, completions and config" in (rotated / "to-share.html").read_text("utf-8")


def test_lines_for_foreign_logs_work(tmp_path: Path) -> None:
    (block,) = blocks("sh", "grpolog import train.log")
    (tmp_path / "history.csv").write_text(
        "update,avg_return,loss\n" + "".join(f"{i},{i / 9},0.1\n" for i in range(1, 9))
    )
    (tmp_path / "train.log").write_text("".join(f"{{'loss': 0.1, 'reward': 0.{i}, 'epoch': {i}}}\n" for i in range(9)))
    state = {"log_history": [{"step": 1, "reward": 0.5, "loss": 0.1}, {"step": 2, "reward": 0.6, "loss": 0.1}]}
    (tmp_path / "outputs" / "checkpoint-2").mkdir(parents=True)
    (tmp_path / "outputs" / "checkpoint-2" / "trainer_state.json").write_text(json.dumps(state))
    for line in block.splitlines():
        command = line.split("#")[0].strip()
        if (tmp_path / command.split()[2]).exists():
            shell(command, tmp_path)
    assert {path.name for path in tmp_path.glob("*.html")} == {"outputs.html", "train.html", "history.html"}
    assert grpolog.read(tmp_path / "runs" / "old.jsonl").audit.events == {"run": 2, "step": 9}


def test_a_loop_without_trl_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python", "grpolog.Recorder(")
    names: dict = {}
    exec(block, names)
    assert grpolog.read("runs/own.jsonl").steps["my/metric"].to_list() == [3, 3, 3]
    assert names["alerts"] == []


@pytest.mark.trl
def test_the_lines_for_a_trainer_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trl", reason="the extra `trl` is not installed")
    import tiny_trl

    monkeypatch.chdir(tmp_path)
    shown = blocks("python", "grpolog.attach(")
    for number, block in enumerate(shown):
        trainer = tiny_trl.trainer(tmp_path / f"out{number}", max_steps=2)
        exec(block, {"trainer": trainer, "grpolog": grpolog})
        if "trainer.train()" not in block:
            trainer.train()
    run = grpolog.read("runs/exp1.jsonl")
    assert [row["status"] for row in run.attempts.to_dicts()] == ["finished"] * len(shown)
    assert run.info is not None
    assert run.info.primary_source == "given"


@pytest.mark.trl
def test_the_lines_for_callbacks_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trl", reason="the extra `trl` is not installed")
    import tiny_trl

    (block,) = blocks("python", "get_callbacks(")
    names = {
        "training_args": tiny_trl.config(tmp_path / "out", max_steps=2),
        "model_args": None,
        "script_args": None,
        "model": tiny_trl.model(),
        "reward_funcs": [tiny_trl.accuracy],
        "dataset": tiny_trl.prompts(),
    }
    monkeypatch.setattr("trl.GRPOTrainer", with_tokenizer(tiny_trl.GRPOTrainer, tiny_trl.tokenizer()))
    exec(block, names)
    assert len(names["accuracy"]) == 2
    assert grpolog.read(tmp_path / "out" / "grpolog.jsonl").steps["step"].to_list() == [1, 2]


def with_tokenizer(kind: type, tokenizer: object) -> object:
    return lambda **arguments: kind(**arguments, processing_class=tokenizer)


@pytest.mark.parametrize("event", EVENTS)
def test_the_table_names_every_field_of_an_event(event: str) -> None:
    (row,) = re.findall(rf"^\| `{event}` \| .*$", README, re.MULTILINE)
    own = [name for name in EVENTS[event].model_fields if name not in GenerationEnvelope.model_fields]
    assert re.findall(r"`(\w+)`", row.split(" | ")[2]) == own


def test_the_envelope_is_named() -> None:
    text = README[README.index("Every line carries") : README.index("| event |")]
    assert set(re.findall(r"`(\w+)`", text)) == set(GenerationEnvelope.model_fields)


def test_every_option_is_in_the_table() -> None:
    table = README[README.index("| option |") : README.index("## Read")]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert named == {field.name for field in fields(Options)}
