import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from grpolog.events import ExampleEvent, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.record.console import Console
from grpolog.trends import Alert

EXAMPLE = ExampleEvent(step=1, group=0, index=0, prompt_id="0", kept="best", completion="x")
TREND = Alert("trend", "reward", "info", 150, "Trend Alert Step 150: reward ↗️ +15.3% (0.654 → 0.754)")
ALERT = Alert("kl_blow_up", "kl", "warning", 150, "Step 150: kl 0.1 → 0.4", remedy="Raise beta; stop early.")


@pytest.fixture(autouse=True)
def _no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tqdm", raising=False)


def printed_steps(console: Console, stream: io.StringIO, steps: Any) -> list[int]:
    shown = []
    for step in steps:
        before = stream.tell()
        console.step(StepEvent(step=step))
        if stream.tell() > before:
            shown.append(step)
    return shown


def test_the_blocks_of_a_step_are_parted_by_empty_lines() -> None:
    stream = io.StringIO()
    Console(every=1, stream=stream).step(
        StepEvent(step=1, loss=0.5),
        [RewardEvent(step=1, name="total", n=1, mean=1.0)],
        QualityEvent(step=1, n=1, response_chars=9.0),
        PerfEvent(step=1, cpu_percent=5.0),
    )
    assert stream.getvalue() == (
        "Step    1 | Loss: 0.5000\n\n"
        "Reward Breakdown:\n  total          :  1.000 (combined)\n\n"
        "Generation Quality:\n  Avg response length:    9.0 chars\n\n"
        "Performance:\n  CPU usage:      5.0%\n\n"
    )


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        (range(1, 31), [10, 20, 30]),
        (range(4, 44, 4), [12, 20, 32, 40]),
        ([10, 10, 11], [10]),
        ([20, 1, 2, 10], [20, 1, 10]),
    ],
)
def test_a_block_comes_every_so_many_steps(steps: Any, shown: list[int]) -> None:
    stream = io.StringIO()
    assert printed_steps(Console(every=10, stream=stream), stream, steps) == shown


def test_examples_come_on_their_own_clock() -> None:
    stream = io.StringIO()
    console = Console(every=10, examples_every=50, stream=stream)
    for step in range(1, 121):
        assert console.examples_due(step) == (step in (50, 100))
        console.examples(step, EXAMPLE, EXAMPLE)
    assert stream.getvalue().count("GENERATION EXAMPLES") == 2


def test_a_silent_console_says_nothing_at_all() -> None:
    stream = io.StringIO()
    console = Console(every=0, stream=stream)
    console.step(StepEvent(step=10))
    console.examples(50, EXAMPLE, EXAMPLE)
    console.alert(ALERT)
    console.say("hello")
    assert stream.getvalue() == ""
    assert not console.examples_due(50)


def test_alerts_come_at_once() -> None:
    stream = io.StringIO()
    Console(every=10, stream=stream).alert(ALERT)
    line = "Alert Step 150 (warning): kl_blow_up: kl 0.1 → 0.4\n  Remedy: Raise beta\n"
    assert stream.getvalue() == line


def test_a_change_of_ten_percent_is_for_the_log_alone() -> None:
    stream = io.StringIO()
    Console(every=10, stream=stream).alert(TREND)
    assert stream.getvalue() == ""


def test_standard_output_is_found_when_printing(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say("recording\x07")
    assert capsys.readouterr().out == "recording\\x07\n"


def test_a_stream_without_arrows_shows_question_marks() -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream=terminal).alert(ALERT)
    assert raw.getvalue() == b"Alert Step 150 (warning): kl_blow_up: kl 0.1 ? 0.4\n  Remedy: Raise beta\n"


def test_a_closed_or_full_stream_is_no_error() -> None:
    closed = io.StringIO()
    closed.close()
    Console(stream=closed).say("x")

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    Console(stream=Full()).say("x")


def test_a_program_without_standard_output_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    Console().say("x")


def test_a_progress_bar_is_moved_out_of_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    tqdm = pytest.importorskip("tqdm")
    monkeypatch.setitem(sys.modules, "tqdm", tqdm)
    stream = io.StringIO()
    with tqdm.tqdm(total=2, file=stream, ascii=True, mininterval=0) as bar:
        bar.update()
        Console(stream=stream).say("hello")
    after = stream.getvalue().partition("hello\n")[2]
    assert "\rhello\n" in stream.getvalue()
    assert "1/2" in after


def test_a_half_imported_tqdm_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace())  # type: ignore[arg-type]
    stream = io.StringIO()
    Console(stream=stream).say("hello")
    assert stream.getvalue() == "hello\n"
