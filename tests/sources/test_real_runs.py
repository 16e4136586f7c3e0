"""Every one of the logs that nobody here wrote opens; rewards equal those of few-line readers, value for value."""

import csv
import json
import math
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from foreign_logs import REAL, attempts

import grpolog
from grpolog.errors import GrpologError
from grpolog.sources import recognise

MANIFEST = []
if (REAL / "manifest.jsonl").is_file():
    MANIFEST = [json.loads(line) for line in (REAL / "manifest.jsonl").read_text().splitlines()]

pytestmark = pytest.mark.skipif(not MANIFEST, reason=f"no real runs at {REAL}")

LEAST_OPENED = 105
"""Of the 110 files so many must give a report; the others must say in one line why they do not."""


def of_type(*types: str) -> list[str]:
    return [entry["file"] for entry in MANIFEST if entry["type"] in types]


def opened(path: Path) -> tuple[str, ...]:
    """What a report of the file is made of: format, rows, steps, attempts, metrics, exit code, the error."""
    try:
        form = recognise(path)
        run = grpolog.read(path, now=0.0)
        report = grpolog.build_report(run)
        assert report.to_html()
        assert report.to_markdown()
    except GrpologError as error:
        return (form.name if form else "-", "", "", "", "", "2", str(error))
    names = run.metric_names()
    steps = run.audit.first_step, run.audit.last_step
    shown = "-" if None in steps else f"{steps[0]}-{steps[1]}"
    assert form is not None
    return (form.name, str(len(run.steps)), shown, str(len(attempts(run))), str(len(names)), "0", "")


def test_nearly_every_file_gives_a_report_and_the_others_say_why_in_one_line():
    table = [(entry["file"], *opened(REAL / entry["file"])) for entry in MANIFEST]
    print(f"\n{'file':<90} {'format':<16} {'rows':>5} {'steps':>9} {'attempts':>8} {'metrics':>7} exit")
    for file, form, rows, steps, count, metrics, code, error in table:
        print(f"{file[-90:]:<90} {form:<16} {rows:>5} {steps:>9} {count:>8} {metrics:>7} {code:>4} {error}")
    refused = [(file, error) for file, *_, code, error in table if code != "0"]
    assert len(table) == 110
    assert [error for _, error in refused if "\n" in error] == []
    assert len(table) - len(refused) >= LEAST_OPENED, refused
    assert Counter(row[1] for row in table) == {
        "stdout": 31, "trainer_state": 27, "metrics_table": 23, "printed_samples": 9, "wandb_summary": 6, "wandb": 5,
        "metrics_jsonl": 5, "metrics_json": 2, "verl_dump": 1, "scored_samples": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", [entry["file"] for entry in MANIFEST])
def test_what_the_audit_misses_is_not_in_the_file_and_whole_logs_lack_nothing(name: str):
    missing = [key.metric for key in grpolog.read(REAL / name, now=0.0).audit.missing_keys]
    content = (REAL / name).read_bytes().replace(b" / ", b"/").decode("utf-8", "replace")
    assert [metric for metric in missing if metric in content] == []
    if not name.startswith(("notebook_table_csv", "rollouts")):
        assert missing == []


def values(path: Path, metric: str) -> list[tuple[int, float | None]]:
    history = grpolog.read(path, now=0.0).history(metric, mode="train")
    return list(zip(history["step"].to_list(), history["value"].to_list(), strict=True))


def history_of(path: Path) -> list[dict]:
    content = json.loads(path.read_text())
    return content if isinstance(content, list) else content["log_history"]


@pytest.mark.parametrize("name", of_type("trainer_state", "trainer_state_nested", "log_history_json"))
def test_the_rewards_of_a_history_are_those_of_its_rows(name: str):
    rows = history_of(REAL / name)
    key = "reward" if any("reward" in row for row in rows) else "avg_reward"
    expected = [(int(row.get("step", row.get("epoch"))), row[key]) for row in rows if key in row]
    assert len(expected) > 0
    assert values(REAL / name, key) == expected


@pytest.mark.parametrize("name", of_type("trainer_state", "trainer_state_nested", "log_history_json"))
def test_every_number_of_a_history_is_kept_at_its_step(name: str):
    rows = [row for row in history_of(REAL / name) if "train_runtime" not in row]
    step = "step" if "step" in rows[0] else "epoch"
    expected = {
        (int(row[step]), float(value))
        for row in rows
        for key, value in row.items()
        if isinstance(value, (int, float)) and key != step and math.isfinite(value)
    }
    assert numbers_of(grpolog.read(REAL / name, now=0.0)) == expected


def numbers_of(run) -> set[tuple[int, float]]:
    """Step and value of all finite numbers in the rows of a run."""
    envelope = {"step", "time", "attempt", "seq", "rank", "mode", "eval_name", "superseded"}
    return {
        (row["step"], float(value))
        for row in run.steps.iter_rows(named=True)
        for key, value in row.items()
        if key not in envelope and isinstance(value, (int, float)) and math.isfinite(value)
    }


@pytest.mark.parametrize("name", of_type("notebook_table_csv"))
@pytest.mark.parametrize("column", ["reward", "Training Loss", "kl"])
def test_the_columns_of_a_table_are_its_histories(name: str, column: str):
    with (REAL / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [(int(row["Step"]), float(row[column])) for row in rows]
    assert values(REAL / name, {"Training Loss": "loss"}.get(column, column)) == expected


@pytest.mark.parametrize("name", of_type("notebook_table_csv"))
def test_the_reward_functions_of_a_table_are_those_of_its_header(name: str):
    header = (REAL / name).read_text().splitlines()[0].split(",")
    pieces = [[piece.strip() for piece in column.split("/")] for column in header]
    expected = list(dict.fromkeys(p[1] for p in pieces if p[0] == "rewards" and p[-1] != "std"))
    assert grpolog.read(REAL / name, now=0.0).info.reward_functions == (expected or None)


@pytest.mark.parametrize("name", of_type("metrics_jsonl"))
def test_the_rewards_of_lines_of_json_are_those_of_the_last_start(name: str):
    rows = [json.loads(line) for line in (REAL / name).read_text().splitlines()]
    last = max(n for n, row in enumerate(rows) if n == 0 or row["step"] <= rows[n - 1]["step"])
    assert values(REAL / name, "reward") == [(row["step"], row["reward/mean"]) for row in rows[last:]]
    run = grpolog.read(REAL / name, now=0.0)
    again = sum(row["step"] <= before["step"] for before, row in pairwise(rows))
    assert (len(attempts(run)), len(run.steps), run.info.framework) == (1 + again, len(rows), "tinker")


def test_the_scores_of_a_dump_are_those_of_its_lines():
    [name] = [file for file in of_type("rollouts") if "verl" in file]
    rows = [json.loads(line) for line in (REAL / name).read_text().splitlines()]
    run = grpolog.read(REAL / name, now=0.0)
    score = run.rewards.filter(run.rewards["name"] == "score").row(0, named=True)
    assert (score["n"], score["step"]) == (len(rows), 1)
    assert score["mean"] == pytest.approx(sum(row["score"] for row in rows) / len(rows), abs=1e-12)
    by_prompt: dict[str, list[float]] = {}
    for row in rows:
        by_prompt.setdefault(row["input"], []).append(row["score"])
    means = [sum(scores) / len(scores) for scores in by_prompt.values()]
    assert sorted(run.groups["mean"].to_list()) == pytest.approx(sorted(means), abs=1e-12)


def test_an_evaluation_is_read_with_its_texts_and_says_that_it_knows_no_step():
    [name] = [file for file in of_type("rollouts") if file.endswith("eval.json")]
    rows = json.loads((REAL / name).read_text())["rows"]
    run = grpolog.read(REAL / name, now=0.0)
    total = run.rewards.filter(run.rewards["name"] == "reward").row(0, named=True)
    assert (total["n"], total["mode"], total["step"]) == (len(rows), "eval", 0)
    assert total["mean"] == pytest.approx(sum(row["final_reward"] for row in rows) / len(rows), abs=1e-12)
    assert any("samples say no step" in loss.what for loss in run.audit.losses)


def test_rewards_of_single_samples_are_counted_row_by_row():
    [name] = [file for file in of_type("rollouts") if file.endswith("per_sample_rewards.jsonl")]
    rows = [json.loads(line) for line in (REAL / name).read_text().splitlines()]
    for metric, key in (("reward", "total"), ("rewards/correctness/mean", "correctness")):
        assert values(REAL / name, metric) == [(n, row["reward"][key]) for n, row in enumerate(rows, start=1)]
    run = grpolog.read(REAL / name, now=0.0)
    assert run.steps["time"].to_list() == [row["ts"] for row in rows]
    assert any("rows are counted from 1" in loss.what for loss in run.audit.losses)


def test_two_states_of_one_run_agree_on_their_common_steps():
    long, short = (
        dict(values(REAL / entry["file"], "reward"))
        for wanted in ("Believe-it-or-Not__ckpt300", "Believe-it-or-Not__ckpt50")
        for entry in MANIFEST
        if wanted in entry["file"]
    )
    assert short == {step: value for step, value in long.items() if step <= 50}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("trainer_state/gauri0508__med-record__run150_NaN.json", 0),
        ("metrics_jsonl/rohunagrawal__reward-hacking-entropy__rl-leetcode_llama-3.2-1b_Easy.jsonl", 0),
        ("notebook_table_csv/unslothai__notebooks__Gemma3__1B_GRPO.csv", 0),
        ("rollouts/unslothai__notebooks__Qwen3__4B_GRPO_stdout.txt", 0),
        ("labels.jsonl", 2),
        ("manifest.jsonl", 2),
    ],
)
def test_the_command_opens_a_file_or_says_why_not_in_one_line(tmp_path: Path, name: str, code: int):
    command = [sys.executable, "-m", "grpolog", "report", str(REAL / name), "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert len(list(tmp_path.iterdir())) == (0 if code else 2)
    assert "Traceback" not in done.stderr
    if code:
        assert done.stderr.count("\n") == 1
