"""What the metrics of a log mean: caveats, and objectives that are not GRPO."""

from pathlib import Path

import pytest
from small_logs import line, numbered, run_of

UNWEIGHTED = "sum of the rewards without their weights"


def opened(version: str | None, **fields: object) -> bytes:
    """The run event of a TRL run of this version."""
    versions = {"trl": version} if version else None
    return line("run", 0, framework="trl", trainer="GRPOTrainer", versions=versions, **fields)


def test_what_the_trainer_logged_means_what_its_version_says(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(opened("0.28.0"), line("step", reward=1.0, loss=0.5, metrics={"own": 1.0})))
    assert [run.caveat(name) for name in ("reward", "loss", "own", "kl")] == [UNWEIGHTED, "", "", ""]


def test_without_a_version_all_meanings_are_told(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(opened(None), line("step", reward=1.0)))
    assert run.caveat("reward") == f"version unknown: 0.27 to 0.29: {UNWEIGHTED}; otherwise as defined"


def test_statistics_over_recorded_completions_are_as_defined(tmp_path: Path) -> None:
    lines = numbered(opened("0.28.0"), line("step", reward=1.0), line("reward", name="total", mean=1.0))
    assert run_of(tmp_path, *lines).caveat("reward") == ""


def test_an_evaluation_and_its_training_have_caveats_of_their_own(tmp_path: Path) -> None:
    lines = numbered(
        line("run", 0, framework="nemo-rl"),
        line("step", reward=1.0),
        line("step", mode="eval", eval_name="hard_set", reward=1.0),
    )
    run = run_of(tmp_path, *lines)
    assert run.caveat("reward") == ""
    assert run.caveat("eval_hard_set_reward") == "called accuracy: it is the mean reward"


def test_attempts_of_different_versions_are_told_apart(tmp_path: Path) -> None:
    first = numbered(opened("0.28.0"), line("step", reward=1.0))
    second = numbered(opened("1.16.0", attempt=1, resumed_from_step=1), line("step", 2, attempt=1, reward=1.0))
    assert run_of(tmp_path, *first, *second).caveat("reward") == f"attempt 0: {UNWEIGHTED}; attempt 1: as defined"


@pytest.mark.parametrize(
    ("objective", "capture", "metrics"),
    [
        ("preference", "imported", {"rewards/chosen": 1.0, "rewards/rejected": 0.5}),
        ("supervised", "imported", {"mean_token_accuracy": 0.5}),
        (None, "imported", {"reward": 0.5}),
        (None, "trainer", {"mean_token_accuracy": 0.5}),
        (None, None, {"mean_token_accuracy": 0.5}),
    ],
)
def test_only_logs_of_other_programs_may_be_of_another_method(
    tmp_path: Path, objective: str | None, capture: str | None, metrics: dict[str, float]
) -> None:
    run = run_of(tmp_path, *numbered(line("run", 0, capture=capture), line("step", loss=0.5, metrics=metrics)))
    assert run.objective == objective


def test_a_log_without_a_run_event_has_no_objective(tmp_path: Path) -> None:
    assert run_of(tmp_path, *numbered(line("step", loss=0.5))).objective is None
