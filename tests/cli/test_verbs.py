"""The other verbs, help, completion, and what starting costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from cli.commands import ENVIRONMENT, grpolog, loaded

from grpolog.cli import VERBS
from grpolog.events import EVENTS

HEAVY = {"polars", "torch", "numpy", "jinja2", "pydantic", "transformers", "orjson"}


def test_help_names_every_verb_and_loads_nothing_heavy() -> None:
    text = grpolog("--help").stdout
    assert [verb for verb in VERBS if f"\n  {verb} " not in text] == []
    assert loaded("from grpolog.cli import cli\ntry:\n    cli(['--help'])\nexcept SystemExit: pass") & HEAVY == set()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import grpolog") & HEAVY == set()
    assert loaded("import grpolog; grpolog.Recorder") & {"polars", "torch", "jinja2"} == set()
    assert loaded("import grpolog; grpolog.read") & {"torch", "transformers", "jinja2"} == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    assert grpolog(verb, "--help").stdout.startswith("Usage: grpolog")


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    assert "Did you mean report" in grpolog("reprot", code=2).stderr


@pytest.mark.parametrize("event", [None, "report", *EVENTS])
def test_schemas_are_printed(event: str | None) -> None:
    schema = json.loads(grpolog("schema", *([event] if event else [])).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_an_unknown_event_has_no_schema() -> None:
    assert "no event is called 'stpe'" in grpolog("schema", "stpe", code=2).stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    assert "_GRPOLOG_COMPLETE" in grpolog("completion", shell).stdout


def test_verbs_are_completed() -> None:
    environment = {**ENVIRONMENT, "_GRPOLOG_COMPLETE": "bash_complete", "COMP_WORDS": "grpolog re", "COMP_CWORD": "1"}
    code = "from grpolog.cli import cli; cli(prog_name='grpolog', complete_var='_GRPOLOG_COMPLETE')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert "plain,report" in done.stdout


def state(folder: Path) -> Path:
    path = folder / "state.json"
    rows = [{"step": step, "loss": 0.1, "reward": step / 10, "rewards/f/mean": step / 10} for step in range(1, 6)]
    path.write_text(json.dumps({"log_history": rows}))
    return path


def test_a_foreign_log_is_imported_and_reads_the_same(tmp_path: Path) -> None:
    import grpolog as package

    source = state(tmp_path)
    grpolog("import", source, "-o", tmp_path / "runs" / "x.jsonl")
    imported, direct = package.read(tmp_path / "runs" / "x.jsonl"), package.read(source)
    assert imported.history("reward").equals(direct.history("reward"))
    assert imported.metric_names() == direct.metric_names()
    assert "is there already" in grpolog("import", source, "-o", tmp_path / "runs" / "x.jsonl", code=2).stderr
    lines = grpolog("import", source, "-o", "-").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["run", *["step"] * 5]


def test_formats_are_listed_and_what_is_none_is_refused(tmp_path: Path) -> None:
    assert "trainer_state" in grpolog("import", "--list-formats").stdout
    (tmp_path / "notes.txt").write_text("buy milk\n")
    assert grpolog("import", tmp_path / "notes.txt", code=2).stderr.startswith(f"grpolog: {tmp_path / 'notes.txt'}")
    assert "no such file" in grpolog("import", tmp_path / "nothing", code=2).stderr


def test_the_audit_is_said_and_given_as_json(tmp_path: Path) -> None:
    assert "Steps 1 to 5." in grpolog("audit", state(tmp_path)).stdout
    assert json.loads(grpolog("audit", state(tmp_path), "--json").stdout)["last_step"] == 5


@pytest.mark.parametrize(
    "arguments", [["schema"], ["rules"], ["report", "{}", "-o", "-", "--format", "md"], ["check", "{}"], ["--help"]]
)
def test_a_reader_that_hangs_up_ends_a_verb_quietly_with_141(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "grpolog", *(a.format(state(tmp_path)) for a in arguments)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("verb", ["report", "check", "audit", "import"])
def test_an_interrupt_while_reading_ends_a_verb_quietly_with_130(tmp_path: Path, verb: str) -> None:
    code = (
        "import sys, grpolog.sources.hf_state as source; from grpolog.__main__ import main\n"
        "def interrupted(*arguments, **options): raise KeyboardInterrupt\n"
        "source.read_json = interrupted\n"
        f"sys.argv = ['grpolog', {verb!r}, {str(state(tmp_path))!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
