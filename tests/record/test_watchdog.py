"""The watchdog, looking when it is told to, on a clock that stands still."""

import threading

import pytest
from fake_time import FakeTime
from logs import records

import grpolog
from grpolog.events import AlertEvent
from grpolog.record.console import Console
from grpolog.record.watchdog import Watchdog


def dog(clock: FakeTime, told: list[AlertEvent], limit: float | None = None) -> Watchdog:
    return Watchdog(told.append, lambda: "reward accuracy", limit, clock)


def steps(watchdog: Watchdog, clock: FakeTime, seconds: float, first: int = 1, n: int = 5) -> None:
    for step in range(first, first + n):
        clock.pass_(seconds)
        watchdog.beat(step)


def test_ten_minutes_without_a_step_are_a_stall() -> None:
    clock, told = FakeTime(), []
    watchdog = dog(clock, told)
    steps(watchdog, clock, 2.0)
    clock.pass_(599)
    watchdog.look()
    assert told == []
    clock.pass_(1)
    watchdog.look()
    watchdog.look()
    (alert,) = told
    stacks = alert.details.pop("stacks")
    assert alert == AlertEvent(
        step=5,
        rule="stall",
        metric="perf/step_seconds",
        severity="warning",
        state="opened",
        incident="stall-5",
        message="no sign of life for 10 min after step 5 during reward accuracy; a step takes 2.0 s; see the stacks",
        before=2.0,
        after=600.0,
        details={"phase": "reward accuracy"},
    )
    assert isinstance(stacks, dict)


def test_slow_steps_have_ten_times_their_median() -> None:
    clock, told = FakeTime(), []
    watchdog = dog(clock, told)
    steps(watchdog, clock, 120.0)
    clock.pass_(1199)
    watchdog.look()
    assert (told, watchdog.limit) == ([], 1200.0)
    clock.pass_(1)
    watchdog.look()
    assert [alert.after for alert in told] == [1200.0]


def test_a_sign_of_life_within_a_step_is_enough() -> None:
    clock, told = FakeTime(), []
    watchdog = dog(clock, told, limit=5.0)
    for _ in range(10):
        clock.pass_(4)
        watchdog.beat()
        watchdog.look()
    assert told == []


def test_moving_again_resolves_the_stall_and_its_time_is_no_steps() -> None:
    clock, told = FakeTime(), []
    watchdog = dog(clock, told, limit=50.0)
    steps(watchdog, clock, 1.0)
    clock.pass_(60)
    watchdog.look()
    clock.pass_(20)
    watchdog.beat(6)
    opened, resolved = told
    assert (resolved.state, resolved.incident, resolved.step) == ("resolved", opened.incident, 5)
    assert resolved.message == "training moves again after 80.0 s"
    clock.pass_(50)
    watchdog.look()
    assert told[-1].before == 1.0


def test_the_stacks_of_other_threads_show_where_it_hangs() -> None:
    clock, told, go = FakeTime(), [], threading.Event()
    thread = threading.Thread(target=lambda: the_place_where_it_hangs(go), name="trainer")
    thread.start()
    watchdog = dog(clock, told, limit=1.0)
    clock.pass_(2)
    try:
        watchdog.look()
    finally:
        go.set()
        thread.join()
    (stack,) = [text for name, text in told[0].details["stacks"].items() if name.startswith("trainer")]
    assert "the_place_where_it_hangs" in stack


def the_place_where_it_hangs(go: threading.Event) -> None:
    go.wait(10)


def test_a_stall_is_an_alert_in_the_log_from_a_thread_of_its_own(tmp_path, monkeypatch) -> None:
    log, said = tmp_path / "run.jsonl", threading.Event()
    monkeypatch.setattr(Console, "alert", lambda console, alert: said.set())
    with grpolog.Recorder(log, stall_seconds=0.05, console=0) as run:
        run.log_step(1, {"loss": 1.0})
        assert said.wait(timeout=60)
        run.log_step(2, {"loss": 1.0})
    opened, resolved = records(log, "alert")
    assert (opened["rule"], opened["state"], opened["step"], resolved["state"]) == ("stall", "opened", 1, "resolved")
    assert "test_watchdog" in str(opened["details"]["stacks"])


@pytest.mark.parametrize("seconds", [0, 0.0])
def test_zero_switches_it_off(tmp_path, seconds) -> None:
    before = threading.active_count()
    with grpolog.Recorder(tmp_path / "run.jsonl", stall_seconds=seconds, console=0) as run:
        run.log_step(1, {"loss": 1.0})
        assert "grpolog watchdog" not in {thread.name for thread in threading.enumerate()}
    assert threading.active_count() <= before + 1
