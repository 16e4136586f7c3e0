"""The same name is not always the same measure."""

from pathlib import Path
from typing import Any

import pytest
from built import Log
from compared import answered, read_all, run_log

from grpolog.analysis.compare import Arm, arms_of, general, same_total, unlike
from grpolog.events import RewardEvent, StepEvent

SHORT = {1: 0.1, 2: 0.2}


def arms(folder: Path, **logs: Log) -> tuple[Arm, ...]:
    return arms_of(read_all(folder, logs))


def test_runs_of_one_kind_have_nothing_to_be_named(tmp_path: Path) -> None:
    pair = arms(tmp_path, a=run_log(SHORT), b=run_log(SHORT))
    assert general(pair, "step") == ()
    assert [unlike(pair, name) for name in ("kl", "reward", "rewards/accuracy/mean", "no/such")] == [()] * 4


def test_estimators_of_divergence_are_named(tmp_path: Path) -> None:
    pair = arms(tmp_path, grpo=run_log(SHORT), rloo=run_log(SHORT, trainer="RLOOTrainer"))
    assert unlike(pair, "kl") == ("grpo: the k3 estimator; rloo: the signed k1 estimator",)
    assert general(pair, "step") == (
        "Other frameworks or versions: grpo: trl 1.16.0 GRPOTrainer; rloo: trl 1.16.0 RLOOTrainer.",
    )


@pytest.mark.parametrize(
    ("other", "sums"),
    [
        ({"reward_weights": {"accuracy": 2.0, "style": 1.0}}, "a: accuracy + style; b: 2 × accuracy + style"),
        ({"reward_functions": ["accuracy"], "reward_weights": {"accuracy": 1.0}}, "a: accuracy + style; b: accuracy"),
    ],
)
def test_totals_of_other_functions_or_weights_are_not_compared(
    tmp_path: Path, other: dict[str, Any], sums: str
) -> None:
    pair = arms(tmp_path, a=run_log(SHORT), b=run_log(SHORT, **other))
    assert not same_total(pair)
    assert unlike(pair, "reward") == (sums,)
    assert unlike(pair, "rewards/accuracy/mean") == ()
    assert general(pair, "step") == (f"The total reward is not the same sum, so totals are not compared. {sums}.",)


def test_groups_of_other_sizes_are_all_equal_at_other_rates(tmp_path: Path) -> None:
    logs = {name: run_log(SHORT, group_size=size) for name, size in (("a", 4), ("b", 8))}
    for log in logs.values():
        log.add(RewardEvent, 2, name="total", n=8, equal_share=0.5)
    assert unlike(arms(tmp_path, **logs), "group/equal_share") == ("a: groups of 4; b: groups of 8",)


def test_a_statistic_of_every_completion_is_not_a_mean_of_logging_windows(tmp_path: Path) -> None:
    logged = Log(framework="trl", versions={"trl": "1.16.0"}, trainer="GRPOTrainer")
    for step in (1, 2):
        logged.add(StepEvent, step, reward=0.5)
    pair = arms(tmp_path, a=run_log(SHORT), b=logged)
    assert "a: over every completion; b: the trainer's mean over its logging window" in unlike(pair, "reward")


def test_evaluations_of_other_prompts_are_named(tmp_path: Path) -> None:
    logs = {}
    for name, prompts in (("a", "pq"), ("b", "qr")):
        logs[name] = run_log(SHORT)
        for number, prompt in enumerate(prompts):
            answered(logs[name], 2, prompt, [0.0, 1.0], "eval", number)
    assert general(arms(tmp_path, **logs), "step") == (
        "The evaluations do not ask the same prompts: 2 each, of which 1 are in all.",
    )


def test_steps_of_other_sizes_are_named_where_runs_are_aligned_by_steps(tmp_path: Path) -> None:
    pair = arms(tmp_path, a=run_log(SHORT, completions_per_step=64), b=run_log(SHORT, completions_per_step=128))
    (said,) = general(pair, "step")
    assert said.startswith("A step is not the same number of completions (a: 64; b: 128)")
    assert general(pair, "tokens") == ()
