"""Nothing that a log or a file's name holds acts on the terminal."""

import re
from pathlib import Path

import pytest
from cli.commands import grpolog
from report.hostile import hostile_log

ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""What moves the cursor, changes colours or the title, or hides and reorders what surrounds it."""

NAME = "a\x1b[31m\x1b]0;x\x07\u202e\x9b\n\r\x08.jsonl"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_log().write(tmp_path_factory.mktemp("hostile") / NAME)


@pytest.mark.parametrize(
    "words",
    [
        "show", "show --json", "check --fail-on never", "check --fail-on never --json",
        "check --fail-on never --format github", "audit", "audit --json", "examples --full --limit 0",
        "examples --json", "verify", "verify --json", "prompts", "prompts --json", "report -o page.html",
    ],
)  # fmt: skip
def test_what_a_verb_prints_has_no_character_that_acts(log: Path, tmp_path: Path, words: str) -> None:
    verb, *options = words.split()
    done = grpolog(verb, log, *options, cwd=tmp_path)
    assert ACTS.findall(done.stdout + done.stderr) == []


@pytest.mark.parametrize("words", [f"repair -o clean{NAME}", "repair -o clean --json", f"archive -o {NAME}.tar.zst"])
def test_what_a_verb_says_of_its_copy_has_no_character_that_acts(log: Path, tmp_path: Path, words: str) -> None:
    verb, *options = words.split(" ")
    done = grpolog(verb, log, *options, cwd=tmp_path)
    assert "Wrote" in done.stderr or "--json" in options
    assert ACTS.findall(done.stdout + done.stderr) == []


@pytest.mark.parametrize("verb", ["show", "check", "audit", "examples", "prompts", "report", "import", "verify"])
def test_an_error_shows_the_name_of_a_file_in_one_line(tmp_path: Path, verb: str) -> None:
    path = tmp_path / NAME
    path.write_text("\x1b[31m\u202e no log")
    done = grpolog(verb, path, code=2)
    assert done.stderr.startswith("grpolog: ")
    assert (done.stderr.count("\n"), ACTS.findall(done.stdout + done.stderr)) == (1, [])


def test_what_an_import_lost_is_said_so_too(tmp_path: Path) -> None:
    path = tmp_path / NAME.replace("jsonl", "csv")
    path.write_text("step,loss,reward,\x1b[31m\n1,1,1,\x1b[32m\n2,1,1,x\n")
    done = grpolog("import", path, "-o", tmp_path / f"o{NAME}")
    assert "Wrote" in done.stderr
    assert ACTS.findall(done.stdout + done.stderr) == []
