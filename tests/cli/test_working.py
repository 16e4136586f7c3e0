"""What a terminal shows while something takes long."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_time import FakeTime

from grpolog.cli import working
from grpolog.cli.working import show
from grpolog.progress import Progress

MEGABYTES = 10**6


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def looks(clock: FakeTime, *between: Callable[[], object]) -> Callable[[float], bool]:
    """A wait that lets its seconds pass, does one thing after the other before each look, and is done behind them."""
    ahead = iter(between)

    def wait(seconds: float) -> bool:
        clock.pass_(seconds)
        act = next(ahead, None)
        if act is None:
            return True
        act()
        return False

    return wait


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for text in capsys.readouterr().err.split("\r") if (line := text.rstrip())]


def file_of(path: Path, megabytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(megabytes * MEGABYTES)
    return path


def test_where_no_file_is_read_the_line_tells_the_seconds_and_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeTime()
    show("judging exp1", Progress(clock), looks(clock, int, int), clock)
    assert capsys.readouterr().err == "\rjudging exp1 ... 2 s\rjudging exp1 ... 2 s\r" + " " * 20 + "\r"


def test_what_is_done_at_once_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show("reading exp1", Progress(), lambda seconds: True)
    assert capsys.readouterr().err == ""


def test_a_bar_tells_the_bytes_the_rate_and_the_time_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, clock = file_of(tmp_path / "exp1", 200), FakeTime()
    reading = Progress(clock)
    with path.open("rb") as file:
        reading.opens(path, file)
        wait = looks(clock, lambda: file.seek(50 * MEGABYTES), lambda: file.seek(100 * MEGABYTES))
        show("reading exp1", reading, wait, clock)
    assert shown(capsys) == [
        "reading exp1 [#####---------------] 50 of 200 MB, 25.0 MB/s, 6 s left",
        "reading exp1 [##########----------] 100 of 200 MB, 40.0 MB/s, 2 s left",
    ]


def test_of_several_files_the_bar_tells_how_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeTime()
    files = [file_of(tmp_path / name, 10) for name in "abcd"]
    reading = Progress(clock)
    reading.expect(files)
    show("reading run", reading, looks(clock, lambda: reading.opens(files[2], None)), clock)
    assert shown(capsys) == ["reading run [##########----------] 3 of 4 files, 20 of 40 MB, 10.0 MB/s, 2 s left"]


def test_a_file_that_is_read_twice_is_no_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, clock = file_of(tmp_path / "out.log", 30), FakeTime()
    reading = Progress(clock)
    reading.expect([path, path])
    with path.open("rb") as first, path.open("rb") as second:
        reading.opens(path, first)
        reading.opens(path, second)
        show("reading out.log", reading, looks(clock, lambda: second.seek(15 * MEGABYTES)), clock)
    assert shown(capsys) == ["reading out.log [###############-----] 2 of 2 times, 15 of 30 MB, 22.5 MB/s, 1 s left"]


def test_behind_the_last_byte_the_seconds_are_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, clock = file_of(tmp_path / "exp1", 1), FakeTime()
    reading = Progress(clock)
    with path.open("rb") as file:
        reading.opens(path, file)
    show("reading exp1", reading, looks(clock, int), clock)
    assert shown(capsys) == ["reading exp1 ... 2 s"]


def test_a_long_path_is_cut_and_not_what_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    clock = FakeTime()
    show("reading " + "very/" * 20, Progress(clock), looks(clock, int), clock)
    assert shown(capsys) == ["reading very/very/ver ... 2 s"]


def test_only_a_terminal_shows_it_and_none_that_takes_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = []
    monkeypatch.setattr(working, "show", lambda *args: called.append(args))
    with working.working("reading"):
        pass
    monkeypatch.setattr("sys.stderr", Terminal())
    with working.working("reading", shown=False):
        pass
    assert called == []
    with working.working("reading"):
        pass
    assert len(called) == 1


class Terminal:
    """A standard error that says that it is a terminal."""

    def isatty(self) -> bool:
        return True
