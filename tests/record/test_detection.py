"""When a row is judged: at once where there is time, else with others; what is found is the same."""

import pytest

from grpolog.events import AlertEvent, ExampleEvent, StepEvent
from grpolog.record.detection import SLOW_SECONDS, Detection
from grpolog.trends.monitor import BATCH, LARGEST_BATCH
from grpolog.trends.telling import REMEMBERED


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


@pytest.mark.parametrize(("seconds", "late"), [(SLOW_SECONDS / 2, 2 * BATCH), (0.05, 40), (0.0, 2 * LARGEST_BATCH)])
def test_quick_steps_are_judged_together_a_second_of_them_at_a_time(seconds: float, late: int) -> None:
    delays = [at - alert.step for at, alert in told(seconds, 300) if alert.severity == "error"]
    assert delays
    assert late / 3 <= max(delays) <= late


def test_groups_are_remembered_in_bounded_memory_and_an_alert_that_escalates_has_its_onset() -> None:
    detection = Detection(10)
    found: list[AlertEvent] = []
    for step in range(1, REMEMBERED + 60):
        reward = 0.9 if step <= REMEMBERED else 0.5 if step <= REMEMBERED + 20 else 0.0
        group = {"group": 0, "prompt_id": "ab", "kept": "all", "total": reward}
        examples = [ExampleEvent(step=step, generation=step, index=i, **group) for i in range(2)]
        found += detection.judge([*examples, StepEvent(step=step, reward=reward + 0.01 * (step % 3))])
    found += detection.finish()
    assert len(detection._kept) == REMEMBERED
    told = [alert for alert in found if alert.rule == "reward_drop"]
    assert [(alert.severity, alert.state) for alert in told] == [("warning", "opened"), ("error", "escalated")]
    opened, escalated = ([(group.step, group.shows) for group in alert.groups or ()] for alert in told)
    assert told[0].onset_step is not None
    assert opened[0] == (told[0].step, "mean total 0.5")
    assert min(step for step, _ in opened) >= told[0].onset_step
    assert escalated[0] == (told[1].step, "mean total 0")
