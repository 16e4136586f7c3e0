import math

import pytest

from grpolog.metrics import FRAMEWORKS, Meaning, caveat_of, translation
from grpolog.sources.split import parts_of

TRL = translation("trl", "1.16.0")
WITHIN = "mean of the spreads within groups, not the spread of the batch"


@pytest.mark.parametrize("framework", [None, "someone's loop", *FRAMEWORKS])
def test_an_unknown_key_keeps_its_own_name(framework: str | None) -> None:
    assert translation(framework)("my/own key") == Meaning("my/own key", known=False)


def test_a_loop_that_nobody_knows_may_use_canonical_names() -> None:
    meaning = translation(None)
    assert [meaning(key) for key in ("reward", "rewards/f/mean", "Training Loss", "completion_length")] == [
        Meaning("reward"),
        Meaning("rewards/f/mean"),
        Meaning("loss"),
        Meaning("completion_length", known=False),
    ]


@pytest.mark.parametrize(
    ("version", "caveat"),
    [
        ("0.15.2", WITHIN),
        ("0.21", WITHIN),
        ("0.28.0", "spread of the sum of the rewards without their weights"),
        ("1.0.0rc1", ""),
        ("1.16.0", ""),
    ],
)
def test_the_meaning_of_reward_std_is_that_of_the_version(version: str, caveat: str) -> None:
    assert caveat_of("reward_std", "trl", version, "GRPOTrainer") == caveat
    assert caveat_of("eval_math_reward_std", "trl", version, "UnslothGRPOTrainer") == caveat


def test_without_a_version_all_meanings_are_listed() -> None:
    unknown = (
        "version and trainer unknown: 0.27 to 0.29 and AsyncGRPO from 1.0: sum of the rewards without their weights; "
        "RLOO 0.22 to 0.26: after clipping and the KL penalty; otherwise as defined"
    )
    assert caveat_of("reward", "trl") == unknown
    assert translation("trl")("reward").caveat == unknown
    assert caveat_of("reward", "trl", "1.16.0") == (
        "trainer unknown: AsyncGRPO: sum of the rewards without their weights; otherwise as defined"
    )
    assert caveat_of("clip_ratio/low_min", "trl", None, "GRPOTrainer") == (
        "version unknown: 0.17 to 1.8: smallest mean of a rank, not of a completion; otherwise as defined"
    )


@pytest.mark.parametrize(
    ("trainer", "caveat"),
    [
        ("GRPOTrainer", "the k3 estimator"),
        ("MyOwnTrainer", "the k3 estimator"),
        ("RLOOTrainer", "the signed k1 estimator"),
        ("AsyncGRPOTrainer", "from the policy that sampled (k3), not from a reference model"),
    ],
)
def test_the_estimator_of_kl_is_that_of_the_trainer(trainer: str, caveat: str) -> None:
    assert caveat_of("kl", "trl", "1.16.0", trainer) == caveat


def test_keys_of_one_metric_that_differ_are_named_each() -> None:
    assert caveat_of("kl", "verl") == (
        "`actor/kl_loss`: estimator and mean as `kl_loss_type` and `loss_agg_mode` say; k3 by default; "
        "`actor/reward_kl_penalty`, `critic/kl`: estimator as `kl_penalty` says; the signed k1 by default"
    )


def test_an_evaluation_has_the_caveat_of_its_own_key() -> None:
    assert caveat_of("reward", "nemo-rl") == ""
    assert caveat_of("eval_reward", "nemo-rl") == "called accuracy: it is the mean reward"
    assert caveat_of("reward", "nemo-rl", evaluated=True) == "called accuracy: it is the mean reward"


@pytest.mark.parametrize(("name", "framework"), [("my/own", "trl"), ("reward", None), ("reward", "someone's")])
def test_what_is_not_known_has_no_caveat(name: str, framework: str | None) -> None:
    assert caveat_of(name, framework) == ""


@pytest.mark.parametrize(
    ("key", "metric", "mode"),
    [
        ("train/rewards/f/mean", "rewards/f/mean", "train"),
        ("train/my/own", "my/own", "train"),
        ("eval/reward", "reward", "eval"),
        ("eval/rewards/f/mean", "rewards/f/mean", "eval"),
        ("Validation Loss", "loss", "eval"),
        ("rewards / f / mean", "rewards/f/mean", "train"),
        ("rewards/f", "rewards/f/mean", "train"),
        ("rewards/chosen", "rewards/chosen", "train"),
        ("completion_length", "completions/mean_length", "train"),
    ],
)
def test_reporters_and_notebooks_spell_the_keys_of_hugging_face_in_their_own_ways(
    key: str, metric: str, mode: str
) -> None:
    found = TRL(key)
    assert (found.metric, found.mode) == (metric, mode)


@pytest.mark.parametrize(
    ("framework", "key", "metric", "eval_set"),
    [
        ("verl", "val-core/openai/gsm8k/acc/mean@1", "rewards/acc/mean", "openai/gsm8k"),
        ("verl", "val-core/gsm8k/reward/mean@8", "reward", "gsm8k"),
        ("verl", "val-aux/gsm8k/reward/mean@8", "reward", "gsm8k"),
        ("verl", "val/test_score/logic", "reward", "logic"),
        ("openrlhf", "eval/eval_math500_pass1", "reward", "math500"),
        ("openrlhf", "eval/eval_response_length_mean", "completions/mean_length", None),
        ("prime-rl", "eval/aime/all/solver/avg@8", "reward", "aime"),
        ("prime-rl", "eval/aime/avg@8", "reward", "aime"),
        ("tinker", "test/env/all/reward/total", "reward", None),
        ("tinker", "test/env/hard/reward/total", "reward", "hard"),
        ("skyrl", "eval/all/avg_score", "reward", None),
        ("skyrl", "eval/gsm8k/avg_score", "reward", "gsm8k"),
        ("art", "val/reward", "reward", None),
        ("slime", "eval/aime", "reward", "aime"),
        ("slime", "eval/aime/response_len/mean", "completions/mean_length", "aime"),
        ("slime", "eval/aime-truncated_ratio", "completions/clipped_ratio", "aime"),
    ],
)
def test_evaluations_of_other_frameworks_are_told_apart(
    framework: str, key: str, metric: str, eval_set: str | None
) -> None:
    found = translation(framework)(key)
    assert (found.metric, found.mode, found.eval_name) == (metric, "eval", eval_set)
    (part,) = parts_of({key: 0.5}, translation(framework))
    assert (part.shape.mode, part.shape.eval_name, part.shape.keys) == ("eval", eval_set, frozenset({metric}))


@pytest.mark.parametrize(
    ("framework", "key"),
    [
        ("verl", "val-core/gsm8k/acc/best@8/mean"),
        ("verl", "val-aux/gsm8k/reward/std@8"),
        ("verl", "actor/pg_clipfrac_lower"),
        ("prime-rl", "eval/aime/effective/solver/avg@8"),
        ("prime-rl", "train/math/all/solver/reward/mean"),
        ("slime", "eval/aime-pass@4"),
        ("openrlhf", "logprobs_diff"),
    ],
)
def test_what_only_looks_like_a_canonical_metric_keeps_its_name(framework: str, key: str) -> None:
    assert translation(framework)(key).metric == key


@pytest.mark.parametrize(
    ("framework", "key", "value", "metric", "expected"),
    [
        ("nemo-rl", "train/baseline_reward/pct_1", 25.0, "group/best_share", 0.25),
        ("prime-rl", "perf/mfu", 40.0, "perf/mfu", 0.4),
        ("tinker", "env/all/by_group/frac_mixed", 0.75, "group/equal_share", 0.25),
        ("trl", "reward", 0.1 + 0.2, "reward", 0.1 + 0.2),
    ],
)
def test_values_are_brought_to_the_canonical_unit(
    framework: str, key: str, value: float, metric: str, expected: float
) -> None:
    found = translation(framework)(key)
    assert (found.metric, found.scaled(value)) == (metric, expected)


def test_of_two_keys_with_one_meaning_the_second_is_kept_unless_it_says_the_same() -> None:
    same, different, lost = (
        parts_of({"completions/mean_length": 9.0, "completion_length": other}, TRL)[0].fields
        for other in (9.0, 7.0, math.nan)
    )
    of_training = {"mode": "train", "eval_name": None, "completions_mean_length": 9.0}
    assert same == of_training | {"metrics": None}
    assert different == of_training | {"metrics": {"completion_length": 7.0}}
    assert list(lost["metrics"]) == ["completion_length"]
    (missing,) = parts_of({"completion_length": math.nan}, TRL)
    assert missing.shape.keys == {"completions/mean_length"}


def test_eval_sets_of_a_tensorboard_row_are_told_by_their_runtimes() -> None:
    row = {
        "eval/math_reward": 0.5,
        "eval/math_runtime": 1.0,
        "eval/math_hard_reward": 0.25,
        "eval/math_hard_runtime": 2.0,
        "train/loss": 0.1,
        "train/train_runtime": 9.0,
    }
    assert [part.fields for part in parts_of(row, TRL)] == [
        {"mode": "train", "eval_name": None, "loss": 0.1, "metrics": None},
        {"mode": "eval", "eval_name": "math", "reward": 0.5, "metrics": {"runtime": 1.0}},
        {"mode": "eval", "eval_name": "math_hard", "reward": 0.25, "metrics": {"runtime": 2.0}},
    ]
