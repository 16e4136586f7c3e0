import math
from pathlib import Path

import pytest
from built import LATER, Log, report_of
from recorded import START, LogBuilder, typical

from grpolog.events import AlertEvent, QualityEvent, RewardEvent, RunEvent, StepEvent
from grpolog.report.model import Verdict

NO_EVALUATION = (
    "No evaluation was recorded: whether the reward gain holds beyond the training prompts cannot be told "
    "from this log."
)
NO_TASK = (
    "Which reward function is the task is not known, so a gain cannot be told from a gain in form alone: name it with "
    "primary=."
)
UNRECOGNISED = (
    "50\xa0% of completions count as cut off although they are shorter than the limit: check which token ends a text "
    "for the tokenizer and for the trainer."
)
SCALARS = "Completions were not captured, only the trainer's scalars: what the model writes cannot be judged."


def trained(steps: int = 3, **fields: object) -> Log:
    log = Log(**fields)
    for step in range(1, steps + 1):
        log.add(StepEvent, step, loss=0.1)
    return log


def verdict(folder: Path, log: LogBuilder, now: float = LATER) -> Verdict:
    return report_of(folder, log, now).verdict


def learning(values: list[float], **fields: object) -> Log:
    log = Log(primary="a", primary_source="given", reward_range={"a": (0.0, 1.0)}, **fields)
    for step, value in enumerate(values, start=1):
        log.add(RewardEvent, step, name="a", n=8, mean=value)
        log.add(StepEvent, step, reward=value, kl=0.01)
    return log


def wave(first: float, last: float, steps: int = 60) -> list[float]:
    """A straight course with a little noise."""
    return [first + (last - first) * i / (steps - 1) + 0.01 * (-1) ** (i // 2) for i in range(steps)]


@pytest.mark.parametrize(
    ("values", "word", "said"),
    [
        (wave(0.1, 0.6), "STILL LEARNING", "rises: 0.540 in the last quarter of the run, 0.413 in the quarter before."),
        (
            [*wave(0.1, 0.5, 30), *wave(0.5, 0.5, 60)], "PLATEAUED",
            "stands still: 0.499 in the last quarter of the run, 0.501 in the quarter before, below its ceiling of 1.",
        ),
        (
            [*wave(0.1, 0.98, 30), *wave(0.98, 0.98, 60)], "HEALTHY",
            "lies at 0.979, close to its ceiling of 1: the task is solved, more training gains little.",
        ),
    ],
)  # fmt: skip
def test_a_run_without_a_fault_is_called_after_the_course_of_its_task(
    tmp_path: Path, values: list[float], word: str, said: str
) -> None:
    found = verdict(tmp_path, learning(values, max_steps=len(values)).end(len(values)))
    assert (found.word, found.tone) == (word, "neutral")
    assert found.sentence == f"a {said} Train reward only: there was no evaluation."
    assert (found.ending, found.progress, found.first) == ("finished", f"step {len(values)} of {len(values)}", "")


def test_too_few_rows_are_not_judged(tmp_path: Path) -> None:
    said = verdict(tmp_path, trained(max_steps=3).end(3))
    assert (said.word, said.symbol, said.tone) == ("UNKNOWN", "?", "info")
    assert said.sentence == "Not judged: no reward was logged."
    assert said.points == (
        "Training ended at step 3 of 3 after 40 ms. No reward of training was recorded.", NO_EVALUATION, SCALARS
    )  # fmt: skip


def test_a_run_that_someone_stopped(tmp_path: Path) -> None:
    said = verdict(tmp_path, trained(max_steps=9).end(3, "stopped", stopped_by="non_finite: Step 3: loss is NaN"))
    assert (said.word, said.ending, said.progress) == ("SUSPECT", "stopped", "step 3 of 9")
    assert said.points[0].startswith(
        "Training was stopped at step 3 of 9 after 40 ms, by the alert non_finite: Step 3: loss is NaN."
    )


def test_an_exception_is_told(tmp_path: Path) -> None:
    said = verdict(tmp_path, trained().end(3, "failed", error="ValueError: no\nreward"))
    assert (said.word, said.symbol, said.tone, said.ending) == ("FAILED", "✖", "error", "ended by an exception")
    assert said.sentence == "Training was ended by an exception: ValueError: no reward, since about step 3."
    assert said.first.startswith("Read the exception")


def test_a_log_without_an_end_is_of_a_run_that_runs_or_died(tmp_path: Path) -> None:
    running = verdict(tmp_path, trained(), now=START + 60)
    assert (running.ending, running.progress) == ("running", "step 3, last heard of 1 min 0 s ago")
    assert running.points[0].startswith("Training is at step 3; last heard of 2026-09-21 14:13 UTC.")
    died = verdict(tmp_path, trained())
    assert (died.word, died.ending, died.tone) == ("SUSPECT", "died", "warning")
    assert "Check the system's log of that time." in died.points[0]


def test_a_log_without_a_run_event_does_not_tell_the_end(tmp_path: Path) -> None:
    log = LogBuilder()
    log.add(StepEvent, 4, loss=0.1)
    said = verdict(tmp_path, log)
    assert said.ending == "no run event"
    assert "it breaks off at step 4" in said.points[0]


def test_nothing_but_a_start(tmp_path: Path) -> None:
    said = verdict(tmp_path, Log(), now=START + 1)
    assert (said.word, said.progress) == ("UNKNOWN", "no step yet, last heard of 1.0 s ago")
    assert said.points[0].startswith("Training has not made a step yet;")


@pytest.mark.parametrize(
    ("severity", "word", "tone"), [("error", "FAILED", "error"), ("warning", "SUSPECT", "warning")]
)  # fmt: skip
def test_alerts_that_were_not_resolved_make_the_state(tmp_path: Path, severity: str, word: str, tone: str) -> None:
    log = trained()
    log.add(AlertEvent, 3, rule="r", metric="loss", severity=severity, incident="a", message="Step 3: loss broke")
    report = report_of(tmp_path, log.end(3))
    said = report.verdict
    assert (said.word, said.tone, said.sentence) == (word, tone, "Loss broke, since about step 3.")
    assert [(row.rule, row.severity, row.state) for row in report.findings] == [("r", severity, "open")]


def test_an_alert_that_was_resolved_counts_as_a_warning_and_a_superseded_one_not_at_all(tmp_path: Path) -> None:
    log = trained(5)
    log.add(AlertEvent, 5, rule="late", metric="loss", severity="error", incident="late", message="gone")
    log.again(2)
    for state in ("opened", "resolved"):
        log.add(AlertEvent, 3, rule="r", metric="loss", severity="error", incident="a", message=state, state=state)
    log.add(StepEvent, 3, loss=0.1)
    report = report_of(tmp_path, log.end(3))
    assert (report.verdict.word, report.verdict.tone) == ("SUSPECT", "warning")
    assert [(row.rule, row.state) for row in report.findings] == [("r", "resolved")]
    assert "2 attempts; the newest began at step 2, and 3 steps were made again." in report.verdict.points


def test_values_that_are_not_finite_are_warned_about_up_to_a_number(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        log.add(StepEvent, step, loss=math.nan if step == 2 else 0.1, metrics={f"m{i}": math.inf for i in range(9)})
    said = verdict(tmp_path, log.end(2))
    assert (said.word, said.sentence) == ("FAILED", "Loss is not a finite number, since about step 2.")
    assert said.points[1:6] == (
        "m0 was not finite at 2 steps, the first step 1. Check the batch of that step.",
        "m1 was not finite at 2 steps, the first step 1. Check the batch of that step.",
        "m2 was not finite at 2 steps, the first step 1. Check the batch of that step.",
        "m3 was not finite at 2 steps, the first step 1. Check the batch of that step.",
        "5 more metrics were not finite at some step: see the audit.",
    )


def test_a_superseded_nan_is_not_judged(tmp_path: Path) -> None:
    log = trained()
    log.add(StepEvent, 4, loss=math.nan)
    log.again(3)
    log.add(StepEvent, 4, loss=0.1)
    said = verdict(tmp_path, log.end(4))
    assert said.tone == "info"  # the alert that a recorder would have written for the first attempt is not there
    assert not any("loss" in point or "not finite" in point for point in said.points)


def test_a_lost_line_is_told(tmp_path: Path) -> None:
    log = trained(5).end(5)
    del log.lines[2]
    assert verdict(tmp_path, log).points[1] == "The log is not complete: missing event (1). See the audit."


def test_a_stall_is_a_finding_of_the_machine_with_its_stacks(tmp_path: Path) -> None:
    log = trained()
    log.add(
        AlertEvent, 3, rule="stall", metric="perf/step_seconds", severity="warning", incident="stall-3",
        message="no step for 9 min", details={"phase": "sampling", "stacks": {"MainThread (1)": "File x, line 3"}},
    )  # fmt: skip
    report = report_of(tmp_path, log.end(3))
    assert (report.verdict.sentence, report.verdict.system) == ("No step for 9 min, since about step 3.", ())
    assert report.findings[0].details == (("phase", "sampling"), ("MainThread (1)", "File x, line 3"))


def test_the_machine_has_a_line_of_its_own_where_something_else_made_the_verdict(tmp_path: Path) -> None:
    log = trained()
    for rule, severity, said in (("stall", "warning", "no step for 9 min"), ("collapse", "error", "reward collapsed")):
        log.add(AlertEvent, 3, rule=rule, metric="loss", severity=severity, incident=f"{rule}-3", message=said)
    found = verdict(tmp_path, log.end(3))
    assert found.sentence == "Reward collapsed, since about step 3 (1 more finding below)."
    assert found.system == ("No step for 9 min, since about step 3.",)


def test_the_typical_run_in_full(tmp_path: Path) -> None:
    said = verdict(tmp_path, typical())
    assert (said.word, said.sentence) == (
        "SUSPECT",
        "grad_norm is not a finite number, from about step 97 to step 105.",
    )
    assert said.first.startswith("Stop and go back to the last checkpoint with finite weights")
    assert said.points == (
        (
            "Training ended at step 300 of 300 after 17 min 15 s. The total reward went from 0.494 to 2.997 and "
            "accuracy went from 0.237 to 0.831 (means of the first and the last tenth)."
        ),
        "In evaluation accuracy went from 0.197 at step 0 to 0.880 at step 300, over 7 evaluations.",
        "The share of completions with a learning signal went from 91\xa0% to 55\xa0%.",
        "The share of groups whose totals are all equal, which teach nothing, stayed at 8.0\xa0%.",
        "The share of completions cut off at the length limit went from 14\xa0% to 2.2\xa0%.",
        "KL to the reference model went from 0.00663 to 0.0924.",
        "2 attempts; the newest began at step 150, and 13 steps were made again.",
    )


def test_what_cannot_be_judged_is_said_with_its_reason(tmp_path: Path) -> None:
    log = Log(beta=0.0, capture="reward_functions", capture_note="no advantages in this trainer")
    for name in ("a", "b", "total"):
        log.add(RewardEvent, 1, name=name, n=8, mean=0.5)
    log.add(RewardEvent, 1, name="total", n=8, mean=0.25, mode="eval")
    log.add(QualityEvent, 1, n=8, eos_unrecognised_share=0.5)
    said = verdict(tmp_path, log.end(1))
    assert said.points[1:] == (
        "At the only evaluation, step 1, the total reward was 0.250: how it moved cannot be told.",
        UNRECOGNISED,
        "beta = 0: how far the policy moved from the reference model was not measured.",
        NO_TASK,
        "Not everything could be captured: no advantages in this trainer",
    )
    assert ("entropy collapse", "no entropy was logged") in said.unjudged


def test_rewards_that_are_never_finite_are_said_to_be_so(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 1, reward=math.nan)
    assert verdict(tmp_path, log.end(1)).points[0].endswith("The total reward was never finite.")


def test_the_newest_attempt_is_the_one_that_is_judged(tmp_path: Path) -> None:
    log = trained().end(3, "failed", error="boom")
    log.again(3)
    log.add(StepEvent, 4, loss=0.1)
    log.add(RunEvent, 4, phase="end", **log.run | {"status": "finished", "resumed_from_step": 3})
    said = verdict(tmp_path, log)
    assert (said.word, said.ending) == ("UNKNOWN", "finished")
