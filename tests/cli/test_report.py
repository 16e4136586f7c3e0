"""`grpolog report` as a user calls it."""

import json
import shutil
from pathlib import Path

import pytest
from cli.commands import grpolog

import grpolog as package
from grpolog.jsonl.parts import compress_part


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "runs" / "exp1.jsonl"
    with package.Recorder(path, group_size=2, console=0, stall_seconds=0) as recorder:
        for step in range(1, 6):
            recorder.log_batch(step, ["a", "a"], ["4", "5"], {"accuracy": [1.0, step % 2]})
            recorder.log_step(step, {"loss": 1 / step})
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix not in (".jsonl", ".zst")}


@pytest.mark.parametrize("source", ["exp1.jsonl", "exp1", "."])
def test_the_report_lands_beside_the_log_however_it_is_named(log: Path, source: str) -> None:
    done = grpolog("report", source, cwd=log.parent)
    assert names(log.parent) == {"exp1.html", "exp1.md"}
    assert done.stdout == ""
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["Wrote", "Wrote"]


def test_a_part_stands_for_its_log(log: Path) -> None:
    closed = log.with_name("exp1.0001.jsonl")
    shutil.copy(log, closed)
    compress_part(closed)
    grpolog("report", "exp1.0001.jsonl.zst", cwd=log.parent)
    assert names(log.parent) == {"exp1.html", "exp1.md"}


def test_a_folder_takes_the_reports_of_several_logs(log: Path, tmp_path: Path) -> None:
    shutil.copy(log, log.with_name("exp2.jsonl"))
    done = grpolog(
        "report", log, log.with_name("exp2.jsonl"), "--each", "-o", tmp_path / "out" / "sub" / "", "--format", "json,md"
    )
    assert done.stderr.count("Wrote") == 4


def test_one_format_goes_to_stdout(log: Path) -> None:
    assert grpolog("report", log, "-o", "-", "--format", "md").stdout.startswith("# exp1\n")
    assert json.loads(grpolog("report", log, "-o", "-", "--format", "json").stdout)["title"] == "exp1"
    assert "add --format" in grpolog("report", log, "-o", "-", code=2).stderr


def test_json_is_a_short_word_for_its_format(log: Path) -> None:
    assert json.loads(grpolog("report", log, "-o", "-", "--json").stdout)["title"] == "exp1"
    grpolog("report", log, "--json")
    assert names(log.parent) == {"exp1.json"}
    assert "asks for json" in grpolog("report", log, "-o", log.parent / "x.html", "--json", code=2).stderr


def test_a_file_is_written_in_the_format_of_its_ending(log: Path, tmp_path: Path) -> None:
    grpolog("report", log, "-o", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "asks for md" in grpolog("report", log, "-o", tmp_path / "page.html", "--format", "md", code=2).stderr


def test_the_report_never_replaces_the_log_that_it_is_about(tmp_path: Path) -> None:
    state = tmp_path / "trainer_state.json"
    state.write_text(json.dumps({"log_history": [{"step": 1, "loss": 0.1, "reward": 0.5}]}))
    before = state.read_bytes()
    assert "would replace the log" in grpolog("report", state, "--format", "json", code=2).stderr
    assert state.read_bytes() == before
    grpolog("report", state)
    assert names(tmp_path) == {"trainer_state.json", "trainer_state.html", "trainer_state.md"}


def bad(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "binary.jsonl").write_bytes(b"\x00\x01\x02\xff" * 100)
    (tmp_path / "newer.jsonl").write_text('{"v":2,"event":"step","step":1}\n')
    return {
        name: tmp_path / name for name in ("missing.jsonl", "empty.jsonl", "nothing", "binary.jsonl", "newer.jsonl")
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.jsonl", "no such log"), ("empty.jsonl", "is empty"), ("nothing", "holds no"),
     ("binary.jsonl", "binary"), ("newer.jsonl", "update grpolog")],
)  # fmt: skip
def test_what_is_no_log_is_an_error_of_one_line(tmp_path: Path, name: str, words: str) -> None:
    done = grpolog("report", bad(tmp_path)[name], code=2)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"grpolog: {tmp_path / name}")
    assert words in line
    if name == "newer.jsonl":
        assert f"{name}:1:" in line


def test_options_that_make_no_sense_are_usage_errors(log: Path) -> None:
    assert "unknown format 'pdf'" in grpolog("report", log, "--format", "pdf", code=2).stderr
    assert "Missing argument" in grpolog("report", code=2).stderr
    assert "add html" in grpolog("report", log, "--format", "md", "--open", code=2).stderr


def test_a_place_that_cannot_be_written_is_an_error(log: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = grpolog("report", log, "-o", tmp_path / "file" / "page.html", code=2)
    assert "cannot be written" in done.stderr


def test_the_markdown_shows_charts_that_are_files(log: Path, tmp_path: Path) -> None:
    out, charts = tmp_path / "docs" / "exp1.md", tmp_path / "my charts"
    done = grpolog("report", log, "-o", out, "--assets", charts, "--mermaid")
    text = out.read_text("utf-8")
    assert "](../my%20charts/panel-reward.svg)" in text
    assert "```mermaid\n" in text
    assert (charts / "panel-reward.svg").read_text("utf-8").startswith("<svg ")
    assert done.stderr.splitlines()[-1] == f"Wrote {len(list(charts.iterdir()))} charts to {charts}"


def test_charts_of_several_logs_have_no_place(log: Path) -> None:
    other = shutil.copy(log, log.with_name("exp2.jsonl"))
    assert "--assets takes one log" in grpolog("report", log, other, "--assets", "x", code=2).stderr


def test_a_page_is_as_small_as_asked_for_or_says_that_it_cannot_be(log: Path, tmp_path: Path) -> None:
    done = grpolog("report", log, "-o", tmp_path / "page.html", "--max-size", "0.5MB")
    assert done.stderr == f"Wrote {tmp_path / 'page.html'}\n"
    done = grpolog("report", log, "-o", tmp_path / "page.html", "--max-size", "10 kb")
    size = (tmp_path / "page.html").stat().st_size
    assert done.stderr == f"Wrote {tmp_path / 'page.html'} of {size / 1000:,.0f} KB: no smaller one\n"
    assert "a size is a number with KB, MB or GB" in grpolog("report", log, "--max-size", "1TB", code=2).stderr
