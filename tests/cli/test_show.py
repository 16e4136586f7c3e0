"""`grpolog show` as a user calls it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from cli.commands import ENVIRONMENT, grpolog
from recorded import typical

import grpolog as package
from grpolog.report import terminal


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return typical(steps=60, resume_at=None).write(tmp_path / "exp1.jsonl")


def test_the_report_is_printed_in_80_columns_without_colour(log: Path) -> None:
    report = package.build_report(package.read(log))
    assert grpolog("show", log).stdout == terminal.render(report, width=80)


def test_several_logs_follow_one_another(log: Path) -> None:
    once, twice = grpolog("show", log).stdout, grpolog("show", log, log).stdout
    assert twice == f"{once}\n{once}"


def test_json_has_the_values_that_are_shown(log: Path) -> None:
    first, second = (json.loads(line) for line in grpolog("show", log, log, "--json").stdout.splitlines())
    assert first == second
    whole = json.loads(package.build_report(package.read(log)).to_json())
    assert first == {name: whole[name] for name in ("v", *terminal.SHOWN)}


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_sees_colours_unless_told_otherwise(log: Path, variables: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    child = {k: v for k, v in ENVIRONMENT.items() if k != "NO_COLOR"} | {"TERM": "xterm", "COLUMNS": "60"} | variables
    command = [sys.executable, "-m", "grpolog", "show", str(log)]
    done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=child)
    os.close(theirs)
    written = b""
    while True:
        try:
            written += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    assert done.wait() == 0
    report = package.build_report(package.read(log))
    # a slow machine shows a bar meanwhile, which ends with a carriage return
    assert written.decode().replace("\r\n", "\n").rpartition("\r")[2] == terminal.render(
        report, width=60, colour=coloured
    )
