"""`grpolog import`, and `--map` at every reading verb."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from grpolog.analysis import read
from grpolog.cli import cli
from grpolog.errors import GrpologError, UsageError
from grpolog.sources import FORMATS

ROWS = "".join(json.dumps({"update": n, "avg_return": n / 4, "kl": 0.125, "ts": 1764000000 + n}) + "\n" for n in (1, 2))
MAP = ["--map", "reward=avg_return", "--map", "step=update"]


def run(*arguments: object):
    return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=True)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "progress.jsonl"
    path.write_text(ROWS)
    return path


def test_a_foreign_log_is_written_down_as_one_of_ours(tmp_path: Path, log: Path):
    done = run("import", log, "-o", tmp_path / "runs" / "x.jsonl", *MAP)
    assert (done.exit_code, done.output) == (0, f"Wrote {tmp_path}/runs/x.jsonl: 3 events, read as metrics_jsonl\n")
    ours = read(tmp_path / "runs" / "x.jsonl")
    assert ours.history("reward").select("step", "value").rows() == [(1, 0.25), (2, 0.5)]


def test_the_log_of_ours_says_what_the_foreign_one_says(tmp_path: Path, log: Path):
    assert run("import", log, *MAP).exit_code == 0
    ours, foreign = (
        read(tmp_path / "progress.grpolog.jsonl"),
        read(log, mapping={"avg_return": "reward", "update": "step"}),
    )
    for name in foreign.metric_names():
        assert ours.history(name).drop("attempt").equals(foreign.history(name).drop("attempt")), name
    assert ours.steps.equals(foreign.steps)


def test_what_was_lost_is_said_by_the_log_of_ours_too(tmp_path: Path, log: Path):
    row = ROWS.splitlines(keepends=True)[1]
    log.write_text(f"{ROWS}{row}{{broken\n{row[:20]}")
    assert run("import", log, *MAP).exit_code == 0
    ours = read(tmp_path / "progress.grpolog.jsonl")
    foreign = read(log, mapping={"avg_return": "reward", "update": "step"})
    assert (
        ours.audit.losses_by_kind
        == foreign.audit.losses_by_kind
        == {"invalid line": 1, "torn line": 1, "repeated row": 1}
    )
    assert (ours.audit.sentences()[0], ours.status, ours.audit.missing_events) == (
        "The log is not complete: invalid line (1), torn line (1).", "unknown", 0,
    )  # fmt: skip
    assert "noted when the log was imported: repeated row (1)" in {loss.what for loss in ours.audit.losses}


@pytest.mark.parametrize("verb", [["report", "-o", "-", "--format", "md"], ["audit"], ["import", "-o", "-"]])
def test_every_reading_verb_takes_a_translation(log: Path, verb: list[str]):
    name, *options = verb
    done = run(name, log, *options, *MAP)
    assert done.exit_code == 0, done.output
    assert "`avg_return`" not in done.output.replace("no column has the name", "")


@pytest.mark.parametrize("verb", ["report", "audit", "import"])
def test_a_translation_into_an_unknown_name_is_an_error_at_once(log: Path, verb: str):
    error = run(verb, log, "--map", "rewrd=avg_return").exception
    assert isinstance(error, UsageError)
    assert "`rewrd`, which `avg_return` should become, is neither" in str(error)


def test_the_formats_are_listed_by_name_with_what_writes_them():
    lines = run("import", "--list-formats").output.splitlines()
    assert [line.split()[0] for line in lines] == [form.name for form in FORMATS]
    assert all(len(line) <= 140 for line in lines)


def test_names_of_formats_are_told_apart():
    assert len({form.name for form in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b\n1,2\n3,4\n", "holds numbers, but no column that is a reward or a loss by its name (a, b); say which is"),
        (
            "Dear reader\n",
            "is text, beginning with 'Dear reader', no log that grpolog reads (grpolog import --list-formats)",
        ),
    ],
)
def test_a_file_that_nobody_knows_is_an_error_that_helps(tmp_path: Path, content: str, what: str):
    path = tmp_path / "x.csv"
    path.write_text(content)
    error = run("import", path).exception
    assert isinstance(error, GrpologError)
    assert what in str(error)


def test_a_folder_without_a_log_is_an_error(tmp_path: Path):
    assert "holds nothing that can be imported" in str(run("import", tmp_path).exception)


def test_a_whole_folder_of_a_run_is_imported(tmp_path: Path):
    table = {"step": [1] * 4, "prompt": ["q"] * 4, "completion": list("abcd"), "acc": [1.0, 0.0, 0.0, 0.0]}
    (tmp_path / "completions").mkdir()
    pl.DataFrame(table).write_parquet(tmp_path / "completions" / "completions_00001.parquet")
    assert run("import", tmp_path, "-o", tmp_path / "x.jsonl").exit_code == 0
    assert read(tmp_path / "x.jsonl").groups["mean"].to_list() == [0.25]
