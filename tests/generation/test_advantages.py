"""The trainer's formulas, held to the trainer's own code."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from grpolog.generation.advantages import (
    advantage_shares,
    advantage_terms,
    advantages,
    carries_signal,
    total_rewards,
)
from grpolog.generation.batch import Batch, Scoring

NAN = float("nan")

MODES = [
    ("sum_then_normalize", "group"),
    ("sum_then_normalize", "batch"),
    ("sum_then_normalize", "none"),
    ("normalize_then_sum", "group"),
    ("rloo", "none"),
    ("rloo", "batch"),
]


def batch_of(rewards: Any, group_size: int, advantages: Any = None) -> Batch:
    rewards = np.asarray(rewards, dtype=np.float32).astype(np.float64)
    n = len(rewards)
    own = None if advantages is None else np.asarray(advantages, dtype=np.float64)
    return Batch(prompts=["p"] * n, completions=["c"] * n, rewards=rewards, group_size=group_size, advantages=own)


def scoring_of(k: int, aggregation: Any = "sum_then_normalize", scale: Any = "group", weights: Any = None) -> Scoring:
    return Scoring(tuple(f"f{i}" for i in range(k)), tuple(weights or [1.0] * k), aggregation, scale)


def trl_output(rewards: np.ndarray, group_size: int, scoring: Scoring) -> tuple[np.ndarray, dict[str, float]]:
    """Advantages and logged metrics of TRL's own method, run on a trainer that samples and scores by heart."""
    torch = pytest.importorskip("torch")
    trl = pytest.importorskip("trl")
    n = len(rewards)
    ids = [[1, 2] for _ in range(n)]
    rloo = scoring.aggregation == "rloo"
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device="cpu", process_index=0, gather=lambda x: x),
        model=SimpleNamespace(training=True, is_gradient_checkpointing=False),
        environment_factories=None,
        environments=None,
        tools=None,
        use_vllm=False,
        beta=0.0,
        mask_truncated_completions=False,
        log_multimodal=False,
        pad_to_multiple_of=None,
        reward_clip_range=None,
        num_iterations=1,
        num_generations=group_size,
        num_generations_eval=group_size,
        multi_objective_aggregation=scoring.aggregation,
        scale_rewards=scoring.scale,
        normalize_advantages=scoring.scale == "batch",
        reward_weights=torch.tensor(scoring.weights),
        reward_funcs=list(scoring.names),
        reward_func_names=list(scoring.names),
        args=SimpleNamespace(
            per_device_train_batch_size=n,
            per_device_eval_batch_size=n,
            gradient_checkpointing_kwargs=None,
            gradient_checkpointing=False,
            gradient_accumulation_steps=1,
            steps_per_generation=1,
        ),
        _tokenizer=SimpleNamespace(pad_token_id=0),
        _is_vlm=False,
        _metrics={"train": defaultdict(list)},
        _logs={"prompt": [], "completion": [], "rewards": defaultdict(list), "advantages": [], "extra": {}},
        _pending_extra_logs={},
        _pending_metrics={},
        _generate=lambda prompts: (ids, ids, prompts) if rloo else (ids, ids, None, prompts, None, {}, None, None),
        _calculate_rewards=lambda *_: torch.tensor(rewards, dtype=torch.float32),
        _get_per_token_logps_and_entropies=lambda *_, **__: (torch.zeros(n, 2), None, None),
    )
    method = (trl.RLOOTrainer if rloo else trl.GRPOTrainer)._generate_and_score_completions
    output = method(trainer, [{"prompt": "p"} for _ in range(n)])
    return output["advantages"].double().numpy(), {key: v[-1] for key, v in trainer._metrics["train"].items()}


def odd_rewards(group_size: int) -> np.ndarray:
    """Six groups of three functions: Nones, a dead group, a group scored by one function, one by none, jitter.

    All values are dyadic: float32 holds them and their sums exactly, so that only the trainer's divisions round.
    """
    rng = np.random.default_rng(7)
    rewards = rng.choice([0.0, 0.25, 0.5, 1.0], size=(6 * group_size, 3))
    rewards[rng.random(rewards.shape) < 0.25] = NAN
    groups = rewards.reshape(6, group_size, 3)
    groups[1] = (0.5, 0.25, NAN)
    groups[2, 1:] = NAN
    groups[3] = NAN
    groups[4, :, 0] = 1.0
    groups[4, :, 1] = rng.integers(-3, 4, group_size) / 64
    return rewards


@pytest.mark.trl
@pytest.mark.parametrize("group_size", [1, 2, 4, 7])
@pytest.mark.parametrize("mode", MODES, ids="/".join)
def test_the_terms_add_up_to_the_trainers_own_advantages(mode: tuple[str, str], group_size: int) -> None:
    scoring = scoring_of(3, *mode, weights=(1.0, 0.5, 2.0))
    rewards = odd_rewards(group_size)
    theirs, _ = trl_output(rewards, group_size, scoring)
    batch = batch_of(rewards, group_size)
    assert advantage_terms(batch, scoring).sum(axis=1) == pytest.approx(theirs, abs=1e-5, rel=1e-5)
    assert (np.abs(theirs) > 0.1).any() or group_size == 1


@pytest.mark.trl
def test_the_total_is_the_trainers_reward_also_with_nones() -> None:
    scoring = scoring_of(3, weights=(1.0, 0.5, 2.0))
    rewards = odd_rewards(4)
    _, logged = trl_output(rewards, 4, scoring)
    total = total_rewards(batch_of(rewards, 4), scoring)
    assert np.nanmean(total) == pytest.approx(logged["reward"], abs=1e-5)
    assert np.nanstd(total, ddof=1) == pytest.approx(logged["reward_std"], abs=1e-5)


@pytest.mark.trl
@pytest.mark.parametrize("mode", MODES, ids="/".join)
def test_float32_noise_in_dead_groups_is_no_signal(mode: tuple[str, str]) -> None:
    scoring = scoring_of(3, *mode)
    rewards = np.tile([0.7, 0.1, 0.33], (21, 1))
    theirs, _ = trl_output(rewards, 7, scoring)
    batch = batch_of(rewards, 7, theirs)
    signal = carries_signal(batch, scoring)
    assert signal is not None
    assert not signal.any()
    assert advantage_shares(batch, scoring) is None


@pytest.mark.parametrize("mode", MODES, ids="/".join)
@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-5])
def test_a_small_true_contrast_is_signal(mode: tuple[str, str], spread: float) -> None:
    scoring = scoring_of(1, *mode)
    rewards = np.full((16, 1), 0.7)
    rewards[3, 0] += spread
    batch = batch_of(rewards, 8)
    signal = carries_signal(batch_of(rewards, 8, advantages(batch, scoring)), scoring)
    assert signal is not None
    assert signal[3]


@pytest.mark.parametrize("mode", MODES, ids="/".join)
def test_shares_of_all_functions_add_up_to_one(mode: tuple[str, str]) -> None:
    shares = advantage_shares(batch_of(odd_rewards(4), 4), scoring_of(3, *mode, weights=(1.0, 0.5, 2.0)))
    assert shares is not None
    assert shares.sum() == pytest.approx(1.0)


def test_a_function_that_works_against_the_advantage_has_a_negative_share() -> None:
    rewards = [[1.0, 0.0], [0.0, 0.4], [1.0, 0.0], [0.0, 0.4]]
    shares = advantage_shares(batch_of(rewards, 4), scoring_of(2))
    assert shares == pytest.approx([1 / 0.6, -0.4 / 0.6], rel=1e-6)


def test_jitter_owns_the_groups_in_which_it_alone_differs() -> None:
    # Accuracy tells one group in four apart; jitter of 1e-3 is all that is left in the others, where the division by
    # the group's deviation makes it as large. Pooled variance gives accuracy nearly everything.
    rng = np.random.default_rng(0)
    accuracy = np.ones((400, 8))
    accuracy[::4, :4] = 0.0
    jitter = 1e-3 * rng.standard_normal((400, 8))
    jitter[::4] = 0.0
    rewards = np.stack([accuracy.ravel(), jitter.ravel()], axis=1)
    shares = advantage_shares(batch_of(rewards, 8), scoring_of(2))
    pooled = rewards.var(axis=0) / rewards.var(axis=0).sum()
    assert pooled[0] > 0.9999
    assert shares is not None
    # 1e-4 in the divisor takes a tenth of the jitter's amplitude: 1 / (1 + 3 * 0.91^2) = 0.287 and not 0.25.
    assert 0.25 < shares[0] < 0.3


def test_shares_follow_the_advantages_that_the_trainer_used() -> None:
    rewards = [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    batch = batch_of(rewards, 2, [2.0, -2.0, 0.0, 0.0])  # the second group was not learned from
    shares = advantage_shares(batch, scoring_of(2, scale="none"))
    assert shares == pytest.approx([0.25, 0.0])


def test_groups_of_one_have_no_shares() -> None:
    assert advantage_shares(batch_of([[1.0], [0.0]], 1, [1.0, -1.0]), scoring_of(1)) is None


def test_a_completion_that_nobody_scored_belongs_to_no_mean() -> None:
    batch = batch_of([[1.0, NAN], [NAN, 0.5], [NAN, NAN], [NAN, NAN]], 4)
    scoring = scoring_of(2, scale="none")
    assert total_rewards(batch, scoring) == pytest.approx([1.0, 0.5, NAN, NAN], nan_ok=True)
    assert advantages(batch, scoring) == pytest.approx([0.25, -0.25, 0.0, 0.0])


@pytest.mark.parametrize("mode", MODES, ids="/".join)
def test_odd_batches_are_answered_without_a_warning(mode: tuple[str, str], recwarn: pytest.WarningsRecorder) -> None:
    scoring = scoring_of(2, *mode)
    for rewards, group_size in [
        (np.empty((0, 2)), 4),
        (np.full((4, 2), NAN), 4),
        (np.full((5, 2), 1.0), 4),
        (np.array([[np.inf, 1.0], [0.0, -np.inf], [1.0, 1.0]]), 2),
        (np.array([[1.0, 2.0]]), 8),
    ]:
        batch = batch_of(rewards, group_size)
        assert advantage_terms(batch, scoring).shape == rewards.shape
        advantage_shares(batch, scoring)
        carries_signal(batch_of(rewards, group_size, np.ones(len(rewards))), scoring)
    assert advantage_terms(batch_of(np.empty((3, 0)), 3), scoring_of(0, *mode)).shape == (3, 0)
    assert not recwarn.list
