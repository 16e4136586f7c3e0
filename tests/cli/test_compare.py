"""`grpolog compare` and `grpolog report A B` as a user calls them."""

import json
import shutil
from pathlib import Path

import pytest
from cli.commands import grpolog

import grpolog as package


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "runs" / f"exp{number}.jsonl" for number in (1, 2)]
    for place, path in enumerate(paths):
        with package.Recorder(
            path, group_size=2, console=0, stall_seconds=0, primary="accuracy", config={"rate": place}
        ) as recorder:
            for step in range(1, 31):
                right = 1.0 if (step + place) % 3 else 0.0
                recorder.log_batch(step, ["a", "a"], ["4", "5"], {"accuracy": [right, place]})
                recorder.log_step(step, {"loss": 1 / step, "num_tokens": 10 * step})
    return paths


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".jsonl"}


@pytest.mark.parametrize("verb", ["compare", "report"])
def test_several_logs_make_one_page_beside_the_first(logs: list[Path], verb: str) -> None:
    done = grpolog(verb, *logs)
    assert names(logs[0].parent) == {"compare.html", "compare.md"}
    assert done.stdout == ""
    assert done.stderr.count("Wrote") == 2
    assert "<title>THE RUNS DIFFER · exp1 vs exp2" in (logs[0].parent / "compare.html").read_text("utf-8")


def test_each_may_have_a_report_of_its_own(logs: list[Path]) -> None:
    grpolog("report", *logs, "--each")
    assert names(logs[0].parent) == {"exp1.html", "exp1.md", "exp2.html", "exp2.md"}


def test_one_format_goes_to_stdout_and_a_file_has_that_of_its_ending(logs: list[Path], tmp_path: Path) -> None:
    assert grpolog("compare", *logs, "-o", "-", "--format", "md").stdout.startswith("# exp1 vs exp2\n")
    assert json.loads(grpolog("compare", *logs, "-o", "-", "--json").stdout)["title"] == "exp1 vs exp2"
    grpolog("report", *logs, "-o", tmp_path / "pr.md")
    assert (tmp_path / "pr.md").read_text("utf-8").startswith("# exp1 vs exp2\n")


def test_options_reach_the_comparison(logs: list[Path], tmp_path: Path) -> None:
    shutil.copy(logs[1], logs[1].with_name("exp3.jsonl"))
    grouped = grpolog(
        "compare", *logs, logs[1].with_name("exp3.jsonl"), "--group-by", "rate", "--baseline", "rate 1",
        "--x", "tokens", "--metric", "reward", "-o", "-", "--json",
    )  # fmt: skip
    content = json.loads(grouped.stdout)
    assert (content["title"], content["baseline"], content["across"]) == ("rate 0 vs rate 1", 1, "tokens")
    assert content["metric"] == "reward"
    named = grpolog("compare", *logs, "--group-by-name", r"exp\d", "-o", "-", "--json")
    assert json.loads(named.stdout)["title"] == "exp1 vs exp2"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exp1.jsonl"], "two logs or more"),
        (["exp1.jsonl", "exp1.jsonl"], "exp1.jsonl: is given twice"),
        (["exp1.jsonl", "exp1"], "is given twice"),
        (["exp1.jsonl", "exp2.jsonl", "--baseline", "exp9"], "no run or group is called 'exp9': did you mean 'exp"),
        (["exp1.jsonl", "exp2.jsonl", "--group-by", "learning_rate"], "no log has a setting 'learning_rate'"),
        (["exp1.jsonl", "exp2.jsonl", "--metric", "kl"], "cannot be compared by kl: exp1 has none"),
        (["exp1.jsonl", "exp2.jsonl", "--format", "md", "--open"], "add html"),
        (["exp1.jsonl", "missing.jsonl"], "missing.jsonl: no such log"),
    ],
)
def test_what_cannot_be_compared_is_an_error_of_one_line(logs: list[Path], arguments: list[str], words: str) -> None:
    done = grpolog("compare", *arguments, cwd=logs[0].parent, code=2)
    (line,) = done.stderr.splitlines()
    assert words in line
    assert names(logs[0].parent) == set()


def test_an_unknown_axis_is_a_usage_error(logs: list[Path]) -> None:
    assert "'step', 'tokens', 'time'" in grpolog("compare", *logs, "--x", "epoch", code=2).stderr


@pytest.mark.parametrize("option", [["--watch"], ["--mermaid"], ["--assets", "pictures"]])
def test_what_belongs_to_one_report_says_so(logs: list[Path], option: list[str]) -> None:
    done = grpolog("report", *logs, *option, code=2)
    assert f"{option[0]} takes one log: several are compared on one page unless --each is given" in done.stderr


def test_no_log_is_replaced_by_the_page(logs: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "compare.json"
    rows = [{"step": step, "loss": 0.1, "reward": 0.5} for step in range(1, 9)]
    state.write_text(json.dumps({"log_history": rows}))
    before = state.read_bytes()
    for sources in ([state, logs[0]], [logs[0], state]):
        done = grpolog("compare", *sources, "-o", tmp_path, "--json", code=2)
        assert "would replace" in done.stderr
    assert state.read_bytes() == before
