import math

import pytest

from grpolog.sources.items import Row
from grpolog.sources.tracked import StepRows, eval_sets, framework_of, own_names, taken_totals


def rows(*calls: dict, sets: tuple[str, ...] = ()) -> list[dict]:
    gathered = StepRows(sets)
    for call in calls:
        gathered.add(call)
    return [dict(row.values) for row in gathered.rows(1, None, None)]


@pytest.mark.parametrize(
    ("keys", "framework"),
    [
        (["train/reward", "train/reward_std", "train/kl", "train/epoch"], "trl"),
        (["train/loss", "train/grad_norm", "train/epoch"], "trl"),  # any trainer of Hugging Face
        (["train/rewards/chosen", "train/rewards/margins", "train/epoch"], "trl"),
        (["eval/runtime", "eval/loss"], "trl"),
        (["train/policy_loss", "train/actor_lr", "train/return", "train/response_length"], "openrlhf"),
        (["critic/score/mean", "actor/pg_loss"], "verl"),
        (["train/baseline_reward/pct_0", "train/token_mult_prob_error", "train/loss"], "nemo-rl"),
        (["accuracy", "n"], None),
        ([], None),
    ],
)
def test_the_framework_shows_in_its_keys(keys: list[str], framework: str | None) -> None:
    assert framework_of(keys) == framework


def test_hugging_faces_keys_get_their_own_names_and_others_keep_theirs() -> None:
    keys = ["train/reward", "eval/reward", "test/loss", "mine/x", "train/global_step", "reward"]
    assert own_names("trl", keys) == {
        "train/reward": "reward",
        "eval/reward": "eval_reward",
        "test/loss": "test_loss",
        "mine/x": "mine/x",
    }
    assert own_names("openrlhf", keys) == {key: key for key in keys if key != "train/global_step"}


def test_eval_sets_are_named_by_the_time_that_they_took() -> None:
    assert eval_sets(["eval_math_runtime", "eval_math_hard_runtime", "eval_runtime", "math_runtime"]) == [
        "math_hard",
        "math",
    ]


def test_the_calls_of_a_step_are_one_row_of_training_and_one_for_each_evaluation() -> None:
    found = rows(
        {"loss": 1.0, "epoch": 0.5},
        {"eval_a_loss": 2.0, "eval_reward": 3.0, "epoch": 0.5},
        {"eval_b_loss": 4.0},
        {"eval_reward": 5.0},
        {"epoch": 0.5},
        {"mine": 6.0},
        sets=("a", "b"),
    )
    assert found == [
        {"loss": 1.0, "epoch": 0.5, "mine": 6.0},
        {"eval_a_loss": 2.0, "eval_reward": 3.0, "epoch": 0.5},
        {"eval_b_loss": 4.0, "eval_reward": 5.0, "epoch": 0.5},
    ]


def test_of_a_value_that_is_logged_again_the_last_counts_and_only_changes_are_counted() -> None:
    gathered = StepRows(())
    for loss in (1.0, 1.0, math.nan, math.nan, 2.0):
        gathered.add({"loss": loss})
    assert list(gathered.rows(7, 3, 9.0)) == [Row({"loss": 2.0}, 7, 3, 9.0)]
    assert gathered.repeated == 2


def test_totals_are_taken_out_of_a_row() -> None:
    values = {"train_runtime": 8, "train_loss": "x", "reward": 0.5}
    assert taken_totals(values) == {"train_runtime": 8.0}
    assert values == {"reward": 0.5}
