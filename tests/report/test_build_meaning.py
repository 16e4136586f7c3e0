"""What a report says of definitions in force, and of logs that are not GRPO's."""

from pathlib import Path

import pytest
from built import Log, panels, report_of

from grpolog.events import RewardEvent, StepEvent


def trl(version: str | None = None, **fields: object) -> Log:
    return Log(framework="trl", trainer="GRPOTrainer", versions={"trl": version} if version else None, **fields)


def test_a_panel_names_the_definition_in_force(tmp_path: Path) -> None:
    log = trl("0.28.0")
    log.add(StepEvent, 1, reward=1.0, kl=0.5, loss=0.25)
    log.add(StepEvent, 1, mode="eval", reward=1.0, kl=0.5)
    drawn = panels(report_of(tmp_path, log))
    assert drawn["panel-reward"].notes == ("reward and eval_reward: sum of the rewards without their weights.",)
    assert drawn["panel-kl"].notes == ("kl and eval_kl: the k3 estimator.",)
    assert drawn["panel-loss"].notes == ()


def test_a_panel_of_recorded_completions_needs_no_note(tmp_path: Path) -> None:
    log = trl()
    log.add(StepEvent, 1, reward=1.0, reward_std=0.5)
    log.add(RewardEvent, 1, name="total", n=8, mean=1.0, std=0.5)
    drawn = panels(report_of(tmp_path, log))
    assert (drawn["panel-reward"].notes, drawn["panel-spread"].notes) == ((), ())


@pytest.mark.parametrize(
    ("metrics", "why"),
    [
        ({"rewards/chosen": 1.0, "rewards/rejected": 0.5}, "it holds rewards of chosen and rejected answers"),
        ({"mean_token_accuracy": 0.5}, "it holds a loss and nothing that comes of sampled answers"),
    ],
)
def test_a_log_of_another_method_is_shown_and_not_judged(tmp_path: Path, metrics: dict[str, float], why: str) -> None:
    log = trl(capture="imported")
    log.add(StepEvent, 1, loss=0.5, metrics=metrics)
    report = report_of(tmp_path, log.end(1))
    assert (report.verdict.word, report.verdict.tone) == ("UNKNOWN", "info")
    assert report.verdict.sentence.startswith(f"Not a GRPO log: {why}")
    assert report.verdict.sentence.endswith("It is shown, not judged.")
    assert report.verdict.points == ("Training ended at step 1 after 20 ms.",)
    shown = {line.metric for panel in panels(report).values() for line in panel.series}
    assert shown == {"loss", *metrics}


def test_what_is_wrong_with_it_is_still_said(tmp_path: Path) -> None:
    log = trl(capture="imported")
    log.add(StepEvent, 1, loss=float("nan"), grad_norm=1.0)
    verdict = report_of(tmp_path, log.end(1, "failed", error="CUDA out of memory")).verdict
    assert (verdict.word, verdict.ending) == ("UNKNOWN", "ended by an exception")
    assert verdict.points == (
        "Training was ended at step 1 by an exception: CUDA out of memory.",
        "loss was not finite at step 1. Check the batch of that step.",
    )


def test_the_audit_of_an_imported_log_says_nothing_of_recorded_alerts(tmp_path: Path) -> None:
    log = trl(capture="imported", trend_window=5)
    for step in range(1, 11):
        log.add(StepEvent, step, reward=1.0 if step <= 5 else 2.0)
    report = report_of(tmp_path, log.end(10))
    assert [line for line in report.audit if "lerts" in line] == []
    assert [point for point in report.verdict.points if "lerts" in point] == []


def test_an_imported_log_without_a_step_says_so(tmp_path: Path) -> None:
    report = report_of(tmp_path, trl(capture="imported"))
    assert report.verdict.points[0].startswith("The log holds no step and does not say how training ended.")
