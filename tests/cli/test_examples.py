"""`grpolog examples` as a user calls it."""

import json
from pathlib import Path

import pytest
from cli.commands import grpolog
from recorded import typical

from grpolog.cli.spans import steps
from grpolog.errors import UsageError


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = typical(steps=60, resume_at=None, eval_every=None, examples_every=20)
    return built.write(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


def test_what_matches_is_printed_and_counted(log: Path) -> None:
    done = grpolog("examples", log, "--where", "accuracy == 0 and truncated", "--step", "40:")
    heads = [line for line in done.stdout.splitlines() if line.startswith("completion ")]
    assert len(heads) > 1
    assert all(line.startswith("completion 7") and line.endswith("cut off at the length limit") for line in heads)
    assert f"{len(heads)} of {len(heads)} completions that match; 96 were recorded." in done.stderr


def test_ten_are_shown_unless_told_otherwise_and_json_has_all(log: Path) -> None:
    assert "10 of 96 completions" in grpolog("examples", log).stderr
    assert "96 of 96 completions" in grpolog("examples", log, "--limit", 0).stderr
    rows = [json.loads(line) for line in grpolog("examples", log, "--json").stdout.splitlines()]
    assert len(rows) == 96
    sort = [json.loads(line) for line in grpolog("examples", log, "--json", "--sort", "-tokens").stdout.splitlines()]
    assert [row["tokens"] for row in sort] == sorted((row["tokens"] for row in rows), reverse=True)


def test_an_error_shows_the_expression_and_points_at_its_character(log: Path) -> None:
    asked = "source == '数\x1b[31m' and acuracy == 0"
    lines = grpolog("examples", log, "--where", asked, code=2).stderr.splitlines()
    assert lines[-2:] == ["  source == '数⟨U+001B⟩[31m' and acuracy == 0", f"  {' ' * 31}^"]
    lines = grpolog("examples", log, "--sort", "-tokns", code=2).stderr.splitlines()
    assert lines[-2:] == ["  -tokns", "   ^"]
    assert "did you mean tokens?" in "".join(lines)


def test_a_log_without_completions_says_so(tmp_path: Path) -> None:
    log = typical(steps=20, resume_at=None, examples_every=0).write(tmp_path / "exp1.jsonl")
    done = grpolog("examples", log, "--where", "total > 0")
    assert (done.stdout, done.stderr) == ("", "The log holds no completion to read.\n")


@pytest.mark.parametrize(
    ("text", "span"),
    [("300", (300, 300)), ("300:", (300, None)), (":300", (None, 300)), (" 1 : 3 ", (1, 3)), ("7:7", (7, 7))],
)
def test_spans_of_steps_are_read(text: str, span: tuple[int | None, int | None]) -> None:
    assert steps(text) == span


@pytest.mark.parametrize("text", ["", ":", "a", "3:1", "1:2:3", "-1", "1.5"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        steps(text)
