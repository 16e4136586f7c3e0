"""`grpolog prompts` as a user calls it."""

import json
from pathlib import Path

import pytest
from built import Log
from cli.commands import grpolog

from grpolog.events import GroupEvent, StepEvent


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = Log()
    for step in range(1, 4):
        for group, (prompt, right) in enumerate((("never", 0), ("always", 8), ("lost", 8 if step < 3 else 1))):
            log.add(
                GroupEvent, step, group=group, prompt_id=prompt, n=8, passes=right, mean=right / 8, std=0.1,
                generation=step,
            )  # fmt: skip
    log.add(GroupEvent, 3, group=0, prompt_id="asked", n=4, passes=1, mean=0.25, mode="eval")
    log.add(GroupEvent, 3, group=0, prompt_id="sums", n=4, passes=1, mean=0.25, mode="eval", eval_name="math")
    return log.end(3).write(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


def ids(log: Path, *options: object) -> list[str]:
    return grpolog("prompts", log, "--ids", "-", *options).stdout.splitlines()


def test_the_overview_is_printed(log: Path) -> None:
    done = grpolog("prompts", log)
    assert done.stdout.startswith("3 prompts: never solved 1, sometimes solved 1, always solved 1, regressed 1.\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("options", "prompts"),
    [
        ((), ["never", "lost", "always"]),
        (("--solved", "never"), ["never"]),
        (("--solved", "always"), ["always"]),
        (("--solved", "sometimes"), ["lost"]),
        (("--solved", "regressed"), ["lost"]),
        (("--solved", "unknown"), []),
        (("--where", "regressed or outcome == 'never'"), ["never", "lost"]),
        (("--where", "pass_rate >= 0.5", "--sort", "-pass_rate"), ["always", "lost"]),
        (("--sort", "-pass_rate", "--limit", 1), ["always"]),
        (("--eval",), ["asked"]),
        (("--eval-set", "math"), ["sums"]),
        (("--eval-set", "none"), []),
    ],
)
def test_those_that_are_asked_for_are_exported(log: Path, options: tuple[object, ...], prompts: list[str]) -> None:
    assert ids(log, *options) == prompts


def test_ids_are_written_to_a_file(log: Path, tmp_path: Path) -> None:
    done = grpolog("prompts", log, "--solved", "always", "--ids", tmp_path / "new" / "ids.txt")
    assert (tmp_path / "new" / "ids.txt").read_text() == "always\n"
    assert done.stdout == ""
    assert done.stderr.startswith("Wrote 1 prompt id to ")


def test_a_choice_is_listed_and_counted(log: Path) -> None:
    done = grpolog("prompts", log, "--where", "visits > 1", "--limit", 2)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "2 of 3 that match; the log has 3 prompts.\n"


def test_json_has_all_or_those_that_are_asked_for(log: Path) -> None:
    assert len(json.loads(grpolog("prompts", log, "--json").stdout)["prompts"]) == 3
    rows = json.loads(grpolog("prompts", log, "--json", "--solved", "never").stdout)["prompts"]
    assert [row["prompt_id"] for row in rows] == ["never"]


def test_an_unknown_name_is_pointed_at(log: Path) -> None:
    lines = grpolog("prompts", log, "--where", "pas_rate > 0", code=2).stderr.splitlines()
    assert lines[-2:] == ["  pas_rate > 0", "  ^"]


def test_a_log_without_groups_says_so(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, loss=0.1)
    done = grpolog("prompts", log.write(tmp_path / "exp1.jsonl"))
    assert (done.stdout, done.stderr) == ("", "The log holds no group of these prompts, so nothing is known of them.\n")


def test_evaluation_sets_are_named_where_none_of_that_name_is_known(log: Path) -> None:
    said = "The log holds no group of these prompts, so nothing is known of them."
    assert grpolog("prompts", log, "--eval-set", "maths").stderr == (
        f"{said} Name one of its evaluation sets with --eval-set: math.\n"
    )
