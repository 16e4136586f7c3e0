"""When a row is judged: at once where there is time, else with others; what is found is the same."""

import pytest

from grpolog.events import AlertEvent, StepEvent
from grpolog.record.detection import SLOW_SECONDS, Detection


def told(seconds: float, steps: int = 60) -> list[tuple[int, AlertEvent]]:
    """The alerts of a run whose reward collapses after step 30, each with the step that it was told at."""
    now = [0.0]
    detection = Detection(10, clock=lambda: now[0])
    found: list[tuple[int, AlertEvent]] = []
    for step in range(1, steps + 1):
        now[0] += seconds
        good = step <= 30
        event = StepEvent(step=step, loss=0.1, reward=(0.8 if good else 0.0) + 0.01 * (step % 3), grad_norm=1.0)
        found += [(step, alert) for alert in detection.judge([event])]
    return found + [(steps, alert) for alert in detection.finish()]


def test_slow_steps_are_judged_when_they_come() -> None:
    grave = [(at, alert.step) for at, alert in told(SLOW_SECONDS) if alert.severity == "error"]
    assert grave
    assert all(at == step for at, step in grave)


@pytest.mark.parametrize("seconds", [SLOW_SECONDS / 2, SLOW_SECONDS])
def test_what_is_found_does_not_depend_on_the_time_a_step_takes(seconds: float) -> None:
    assert sorted(repr(alert) for _, alert in told(seconds)) == sorted(repr(alert) for _, alert in told(0.0))
    if seconds < SLOW_SECONDS:
        assert told(seconds) == told(0.0)
