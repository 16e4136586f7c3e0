"""Who hears of an alert in a loop of one's own, and when the loop is asked to stop."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer
from logs import records

import grpolog
from grpolog.errors import UsageError
from grpolog.events import AlertEvent
from grpolog.record.announcer import stops
from grpolog.record.options import Options

NAN = float("nan")
BROKEN = [0.5, 0.4, NAN, NAN, *[0.5] * 9]
"""Losses that raise an error at step 3, which resolves at step 12."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def record(log: Path, losses: Sequence[float] = BROKEN, **options: Any) -> grpolog.Recorder:
    """A run that stops where it is asked to."""
    with grpolog.Recorder(log, **{"console": 0, "stall_seconds": 0, **options}) as recorder:
        for step, loss in enumerate(losses, start=1):
            recorder.log_step(step, {"loss": loss})
            if recorder.stop_requested:
                break
    return recorder


def end(log: Path) -> dict[str, Any]:
    return records(log, "run", phase="end")[-1]


def test_every_alert_of_warning_or_error_is_told_with_what_the_log_has(tmp_path: Path) -> None:
    told: list[AlertEvent] = []
    record(tmp_path / "run.jsonl", on_alert=told.append)
    assert [(a.step, a.rule, a.severity, a.state) for a in told] == [
        (3, "non_finite", "error", "opened"),
        (12, "non_finite", "error", "resolved"),
    ]
    assert [a.seq for a in told] == [event["seq"] for event in records(tmp_path / "run.jsonl", "alert")]


def test_infos_are_not_told(tmp_path: Path) -> None:
    told: list[AlertEvent] = []
    options = {"window_size": 2, "on_alert": told.append, "stop_on": "warning"}
    with grpolog.Recorder(tmp_path / "run.jsonl", console=0, stall_seconds=0, **options) as recorder:
        for step in range(1, 9):
            recorder.log_step(step, {"rewards/accuracy/mean": 0.1 * step})
    assert records(tmp_path / "run.jsonl", "alert", severity="info")
    assert told == []
    assert end(tmp_path / "run.jsonl")["status"] == "finished"


def test_what_a_function_of_the_callers_raises_is_counted_and_goes_no_further(tmp_path: Path) -> None:
    def broken(alert: AlertEvent) -> None:
        alert.message = "mine"
        raise ZeroDivisionError("no pager")

    with pytest.warns(RuntimeWarning, match=r"could not tell of every alert \(on_alert: ZeroDivisionError") as caught:
        record(tmp_path / "run.jsonl", on_alert=broken, stop_on="error")
    assert len(caught) == 1
    assert end(tmp_path / "run.jsonl")["lost"] == {"on_alert": 1}
    assert end(tmp_path / "run.jsonl")["stopped_by"] == "non_finite: Step 3: loss is not a finite number"
    assert grpolog.read(tmp_path / "run.jsonl").audit.complete


def test_other_ranks_tell_nobody(tmp_path: Path) -> None:
    told: list[AlertEvent] = []
    recorder = grpolog.Recorder(tmp_path / "run.jsonl", rank=1, console=0, stall_seconds=0, on_alert=told.append)
    recorder.log_step(1, {"loss": 0.5})
    stall = {"rule": "stall", "metric": "perf/step_seconds", "severity": "warning", "incident": "1", "message": "m"}
    recorder.session._write_alerts([AlertEvent(step=1, **stall)])
    recorder.close()
    assert records(tmp_path / "run.jsonl", "alert", rank=1)
    assert told == []


def test_a_webhook_hears_of_a_run_from_a_thread_of_its_own(tmp_path: Path) -> None:
    with ChatServer() as chat:
        record(tmp_path / "run.jsonl", name="exp1", webhook=chat.url)
    content = "\n".join(post["content"] for post in chat.posts)
    assert content.startswith("grpolog: exp1 on ")
    assert "Alert Step 3 (error): non_finite: loss is not a finite number\n  Remedy: Stop and go back" in content
    assert "Alert Step 12 (error, resolved): non_finite" in content  # waited for the pause, sent by the end
    assert "lost" not in end(tmp_path / "run.jsonl")
    assert "secret" not in (tmp_path / "run.jsonl").read_text()


def test_a_webhook_that_fails_costs_one_warning_with_its_host_alone(tmp_path: Path) -> None:
    with ChatServer(500) as chat, pytest.warns(RuntimeWarning, match="could not tell of every alert") as caught:
        options = Options(webhook=chat.url)
        record(
            tmp_path / "run.jsonl", webhook=chat.url, config={"webhook": chat.url, "chat": {"webhook_url": chat.url}}
        )
    assert len(caught) == 1
    assert "127.0.0.1 answered with status 500" in str(caught[0].message)
    assert end(tmp_path / "run.jsonl")["lost"] == {"webhook": 2}
    for text in (str(caught[0].message), (tmp_path / "run.jsonl").read_text(), repr(options)):
        assert "secret" not in text


def test_a_second_attempt_has_a_webhook_too(tmp_path: Path) -> None:
    with ChatServer() as chat:
        recorder = record(tmp_path / "run.jsonl", webhook=chat.url, stop_on="error")
        assert recorder.stop_requested is not None
        recorder.log_step(1, {"loss": 0.5})
        assert recorder.stop_requested is None
        recorder.log_step(2, {"loss": NAN})
        recorder.close()
    assert sum(post["content"].count("(error)") for post in chat.posts) == 2


def test_a_loop_that_is_asked_to_stop_ends_as_stopped_by_the_alert(tmp_path: Path) -> None:
    recorder = record(tmp_path / "run.jsonl", stop_on=("non_finite",))
    assert recorder.stop_requested is not None
    assert recorder.stop_requested.rule == "non_finite"
    ended = end(tmp_path / "run.jsonl")
    assert (ended["step"], ended["status"]) == (3, "stopped")
    assert ended["stopped_by"] == "non_finite: Step 3: loss is not a finite number"


@pytest.mark.parametrize(("config", "stopped"), [({"fp16": True}, None), ({"bf16": True, "fp16": False}, 2)])
def test_a_healthy_fp16_run_is_not_stopped_by_its_loss_scaler(
    tmp_path: Path, config: dict[str, bool], stopped: int | None
) -> None:
    options = {"console": 0, "stall_seconds": 0, "stop_on": ("non_finite",), "config": config}
    asked = None
    with grpolog.Recorder(tmp_path / "run.jsonl", **options) as recorder:
        for step in range(1, 40):
            recorder.log_step(step, {"loss": 0.1, "grad_norm": math.inf if step in (2, 3, 4, 5, 20) else 0.5})
            asked = asked or (step if recorder.stop_requested else None)
    assert asked == stopped


def test_a_loop_that_ends_by_itself_or_by_an_error_was_stopped_by_no_alert(tmp_path: Path) -> None:
    record(tmp_path / "run.jsonl", BROKEN[:2], stop_on="error")
    assert end(tmp_path / "run.jsonl")["status"] == "finished"
    with pytest.raises(ZeroDivisionError), grpolog.Recorder(tmp_path / "run.jsonl", stop_on="error", console=0) as run:
        run.log_step(3, {"loss": NAN})
        raise ZeroDivisionError
    assert end(tmp_path / "run.jsonl")["status"] == "failed"
    assert not [event for event in records(tmp_path / "run.jsonl", "run") if "stopped_by" in event]


@pytest.mark.parametrize(
    ("stop_on", "fields", "stop"),
    [
        (None, {}, False),
        ("error", {}, True),
        ("error", {"severity": "warning"}, False),
        ("error", {"state": "escalated"}, True),
        ("error", {"state": "resolved"}, False),
        ("warning", {"severity": "warning"}, True),
        ("warning", {}, True),
        (("non_finite", "tool_failures"), {"severity": "warning"}, True),
        (["tool_failures"], {}, False),
        ({"non_finite"}, {"state": "resolved"}, False),
        ("non_finite", {}, True),
        ((), {}, False),
        ("warning", {"rule": "stall"}, False),
    ],
)
def test_alerts_that_stop(stop_on: Any, fields: dict[str, str], stop: bool) -> None:
    given = {"rule": "non_finite", "metric": "loss", "severity": "error", "incident": "1", "message": "m"}
    assert stops(Options(stop_on=stop_on), AlertEvent(step=1, **{**given, **fields})) is stop


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop_on": "info"}, "stop_on is 'error', 'warning' or names of rules, got 'info'; the rules are non_finite,"),
        ({"stop_on": ("non_finite", "stall")}, "got 'stall'"),
        ({"stop_on": 3}, "got 3"),
        ({"on_alert": "print"}, "on_alert is a function"),
        ({"webhook": "ftp://chat.example/secret"}, "webhook is an http or https URL"),
        ({"webhook": "http:///secret"}, "webhook is an http or https URL"),
        ({"webhook": "http://[::1/secret"}, "webhook is an http or https URL"),
        ({"webhook": 3}, "webhook is an http or https URL"),
    ],
)
def test_options_that_make_no_sense_are_refused_without_the_url(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        Options(**options)
    assert "secret" not in str(caught.value)


def test_a_function_that_waits_holds_back_no_alert_of_the_log_or_the_chat(tmp_path: Path) -> None:
    seen: list[int] = []
    with ChatServer() as chat:

        def waiting(_: AlertEvent) -> None:
            if not seen:
                chat.arrived.acquire()
            seen.append(len(records(tmp_path / "run.jsonl", "alert")))

        record(tmp_path / "run.jsonl", webhook=chat.url, on_alert=waiting)
    assert seen == [1, 2]
