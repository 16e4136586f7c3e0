"""A run as it is read back: who it is and how it stands."""

import math
from pathlib import Path

import pytest
from small_logs import line, numbered, read, run_of, steps, write


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_the_end_event_says_how_the_run_ended(tmp_path: Path, status: str) -> None:
    run = run_of(tmp_path, *numbered(line("run", 0), line("step"), line("run", 1, phase="end", status=status)), now=9e9)
    assert run.status == status


@pytest.mark.parametrize(
    ("step_seconds", "silence", "status"),
    [
        (None, 600.0, "running"),
        (None, 600.1, "died"),
        (1.0, 600.1, "died"),
        (120.0, 1200.0, "running"),
        (120.0, 1200.1, "died"),
        (math.nan, 600.1, "died"),
        (None, -5.0, "running"),
    ],
)
def test_without_an_end_a_run_lives_as_long_as_its_silence_is_short(
    tmp_path: Path, step_seconds: float | None, silence: float, status: str
) -> None:
    lines = numbered(line("run", 0), *(line("perf", n, step_seconds=step_seconds) for n in (1, 2, 3)))
    assert run_of(tmp_path, *lines, now=1003.0 + silence).status == status


def test_only_the_newest_attempt_says_how_the_run_stands(tmp_path: Path) -> None:
    first = numbered(line("run", 0), line("step"), line("run", 1, phase="end", status="failed"))
    second = numbered(line("run", 1, attempt=1, resumed_from_step=1), line("step", 2, attempt=1))
    assert run_of(tmp_path, *first, *second, now=1010.0).status == "running"
    assert run_of(tmp_path, *first, *second, now=9e9).status == "died"


def test_a_log_without_times_died(tmp_path: Path) -> None:
    assert run_of(tmp_path, b'{"v":1,"event":"step","step":1}\n').status == "died"


def test_the_clock_is_asked_unless_a_time_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1001.0)
    assert read(write(tmp_path / "exp1.jsonl", *steps(1))).status == "running"


def test_a_run_is_described_by_the_opening_of_its_newest_attempt(tmp_path: Path) -> None:
    lines = [
        line("run", 0, 0, name="old"),
        line("run", 1, 1, phase="end", status="finished", name="end"),
        line("run", 1, 0, attempt=1, name="new"),
        line("run", 2, 1, attempt=1, phase="part", name="part"),
    ]
    write(tmp_path / "exp1.rank1.jsonl", line("run", 1, 0, attempt=1, rank=1, name="other rank"))
    run = run_of(tmp_path, *lines)
    assert (run.name, len(run.runs)) == ("new", 5)
    assert run.path == tmp_path / "exp1.jsonl"


def test_a_run_without_description_is_named_after_its_log(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1))
    assert (run.info, run.name) == (None, "exp1")


def test_a_run_of_which_only_the_end_is_left_is_described_by_that(tmp_path: Path) -> None:
    assert run_of(tmp_path, line("run", 5, phase="end", status="finished", name="mine")).name == "mine"


def test_the_public_name_reads_a_log(tmp_path: Path) -> None:
    import grpolog

    run = grpolog.read(str(write(tmp_path / "exp1.jsonl", *steps(1))))
    assert isinstance(run, grpolog.Run)
    assert run.steps["loss"].to_list() == [1.0]
