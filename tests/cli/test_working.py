"""What a terminal shows while something takes long."""

import pytest
from fake_time import FakeTime

from grpolog.cli.working import show


def test_the_line_tells_the_seconds_and_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeTime()

    def wait(seconds: float) -> bool:
        clock.pass_(seconds)
        return clock.now > 1003

    show("reading exp1", wait, clock)
    line = "reading exp1 ... 3 s"
    assert capsys.readouterr().err == "\rreading exp1 ... 2 s\r" + line + "\r" + " " * len(line) + "\r"


def test_what_is_done_at_once_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show("reading exp1", lambda seconds: True)
    assert capsys.readouterr().err == ""
