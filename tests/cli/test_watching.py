"""Reports that are rendered again while a log grows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from built import Log
from cli.commands import grpolog

import grpolog as package
from grpolog.analysis import Run
from grpolog.cli.watching import extent, watch
from grpolog.events import StepEvent


class Watched:
    """A log that changes in the pauses between looks.

    Args:
        path: where it lies.
        changes: what happens in each pause; Ctrl-C after the last one.
    """

    def __init__(self, path: Path, *changes: Callable[["Watched"], object]) -> None:
        self.path = path
        self.log = Log()
        self.now = self.log.time
        self.seen: list[tuple[str, int | None]] = []
        self._changes = list(changes)
        self.log.write(path)

    def look(self) -> Run:
        run = package.read(self.path, now=self.now)
        self.seen.append((run.status, run.audit.last_step))
        return run

    def sleep(self, seconds: float) -> None:
        assert seconds == 10.0
        if not self._changes:
            raise KeyboardInterrupt
        self._changes.pop(0)(self)

    def watch(self) -> list[tuple[str, int | None]]:
        watch(self.path, self.look, 10.0, sleep=self.sleep, clock=lambda: self.now)
        return self.seen


def step(number: int) -> Callable[[Watched], object]:
    def change(watched: Watched) -> None:
        watched.log.add(StepEvent, number, loss=0.1)
        watched.log.write(watched.path)

    return change


def later(seconds: float) -> Callable[[Watched], None]:
    def change(watched: Watched) -> None:
        watched.now += seconds

    return change


def end(watched: Watched) -> None:
    watched.log.end(9).write(watched.path)


def nothing(watched: Watched) -> None:
    return


def test_it_looks_again_only_when_the_log_has_grown_and_ends_with_the_run(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "exp1.jsonl", nothing, step(1), nothing, nothing, step(2), end, step(3))
    assert watched.watch() == [("running", None), ("running", 1), ("running", 2), ("finished", 2)]


def test_a_run_that_falls_silent_is_looked_at_once_more(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "exp1.jsonl", step(1), later(3600), nothing, later(3600), step(2), end)
    assert watched.watch() == [("running", None), ("running", 1), ("died", 1), ("died", 2), ("finished", 2)]


def test_ctrl_c_ends_it_as_it_ends_every_verb(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Watched(tmp_path / "exp1.jsonl").watch()


def test_a_run_that_has_ended_is_looked_at_once(tmp_path: Path) -> None:
    path = Log().end(1).write(tmp_path / "exp1.jsonl")
    looks: list[Run] = []

    def look() -> Run:
        looks.append(package.read(path))
        return looks[-1]

    watch(path, look, 10.0, sleep=lambda seconds: pytest.fail("nothing is waited for"))
    assert [run.status for run in looks] == ["finished"]


def test_all_parts_of_a_log_count_and_what_the_report_writes_does_not(tmp_path: Path) -> None:
    log = Log().write(tmp_path / "exp1.jsonl")
    (tmp_path / "exp1.0001.jsonl").write_bytes(log.read_bytes())
    (tmp_path / "exp1.html").write_text("the report")
    assert {path.name for path in extent(log)} == {"exp1.jsonl", "exp1.0001.jsonl"}
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "checkpoint-2").mkdir()
    (folder / "checkpoint-2" / "trainer_state.json").write_text("{}")
    (folder / "report.md").write_text("the report")
    assert {path.name for path in extent(folder, [folder / "report.md"])} == {"trainer_state.json"}
    assert extent(tmp_path / "none.jsonl") == {}


def test_the_verb_renders_until_the_run_has_ended(tmp_path: Path) -> None:
    Log().end(1).write(tmp_path / "exp1.jsonl")
    done = grpolog("report", "exp1.jsonl", "--watch", cwd=tmp_path)
    assert done.stderr.splitlines() == ["Wrote exp1.html", "Wrote exp1.md"]
    assert {path.name for path in tmp_path.iterdir()} == {"exp1.jsonl", "exp1.html", "exp1.md"}


@pytest.mark.parametrize("arguments", [("exp1.jsonl", "exp2.jsonl"), ("exp1.jsonl", "-o", "-", "--format", "md")])
def test_several_logs_and_stdout_are_not_watched(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    Log().write(tmp_path / "exp1.jsonl")
    assert "--watch takes one log" in grpolog("report", *arguments, "--watch", cwd=tmp_path, code=2).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["exp1.jsonl"]


def test_a_run_being_written_is_reported_as_such(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "exp1.jsonl")
    step(7)(watched)
    report = package.build_report(watched.look())
    assert report.status == "running"
    assert "Training is at step 7" in report.verdict.points[0]
