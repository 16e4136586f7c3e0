"""The distance of the policy from its reference, with and without syncs of the reference."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from small_runs import Metrics, healthy, judged, rate, run, with_, worst

from grpolog.events import RunEvent
from grpolog.trends import Alert, Setting, Table, advance, start

SYNC = 100


def distance(step: int, mixed: float) -> float:
    """How far a policy that goes straight on is from a reference that moves a share towards it every SYNC steps."""
    reference = 0.0
    for sync in range(SYNC, step, SYNC):
        reference += mixed * (sync - reference)
    return step - 1 - reference


def synced(mixed: float, kl: Callable[[int, float], float] = lambda step, kl: kl, steps: int = 520) -> list[Alert]:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        found = 0.2 * (distance(step, mixed) / SYNC) ** (1 if step <= SYNC else 2)
        return healthy(step, rng) | {"kl": kl(step, found * math.exp(rng.normal(0, 0.15)))}

    rows = run(steps, metrics)
    told = judged(rows, Setting(reference_sync_steps=SYNC))
    unknown = judged(rows)
    assert [(a.rule, a.step // 20) for a in told] == [(a.rule, a.step // 20) for a in unknown]
    return [alert for alert in told if alert.rule == "kl_blow_up" and alert.state == "opened"]


@pytest.mark.parametrize("mixed", [1.0, 0.6])
def test_kl_that_grows_again_after_a_sync_of_the_reference_is_no_blow_up(mixed: float) -> None:
    assert synced(mixed) == []


@pytest.mark.parametrize("mixed", [1.0, 0.6])
def test_a_blow_up_after_syncs_is_found(mixed: float) -> None:
    found = synced(mixed, lambda step, kl: kl * (math.exp(0.15 * (step - 470)) if step > 470 else 1.0), steps=500)
    assert [(alert.step > 470, alert.step < 495) for alert in found] == [(True, True)]


def test_a_reference_that_follows_all_the_time_makes_kl_say_nothing() -> None:
    state, _, _ = advance(start(Setting(reference_sync_steps=20)), Table.of([(1, {"kl": 0.1})]))
    assert state.unjudged["kl_blow_up"].startswith("not applicable: the reference follows the policy every 20 steps")


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ({"sync_ref_model": True, "ref_model_sync_steps": 512, "ref_model_mixup_alpha": 0.6}, 512),
        ({"sync_ref_model": False, "ref_model_sync_steps": 512, "ref_model_mixup_alpha": 0.6}, None),
        ({"sync_ref_model": True, "ref_model_sync_steps": 512, "ref_model_mixup_alpha": 0}, None),
        ({"sync_ref_model": True}, None),
        ({"sync_ref_model": True, "ref_model_sync_steps": "512"}, None),
        ({}, None),
    ],
)
def test_syncs_are_taken_from_the_configuration(config: dict[str, object], steps: int | None) -> None:
    opening = RunEvent(
        step=0, phase="start", status="running", run_id="0", name="r", grpolog_version="0", attempt=0, config=config
    )
    assert Setting.of(opening).reference_sync_steps == steps


def test_kl_of_a_policy_that_moves_on_from_the_first_step_grows_with_the_square_and_is_no_blow_up() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        distance = min(max(step - 4, 0), 90) / 50  # the learning rate warms up, then the task is learned
        return healthy(step, rng) | {"kl": 1e-6 + 0.04 * distance**2 * math.exp(rng.normal(0, 0.1))}

    assert [alert for alert in judged(run(200, metrics)) if alert.rule == "kl_blow_up"] == []


def test_a_sampler_that_differs_from_the_first_row_on_is_told_without_a_level_before() -> None:
    rows = run(10, lambda step, rng: healthy(step, rng) | {"sampling/sampling_logp_difference/mean": 0.3})
    said = [alert.message for alert in judged(rows) if alert.rule == "sampler_mismatch"]
    assert said[0].startswith("Step 3: sampler and trainer differ by 0.3 nats per token")
    assert "nan" not in said[0]


def test_a_difference_that_was_there_from_the_start_is_no_error_while_the_task_rises() -> None:
    curves = with_(
        sampling__sampling_logp_difference__mean=lambda s, r: 0.12 * math.exp(r.normal(0, 0.1)),
        reward=lambda s, r: rate(r, 0.2 + 0.6 * (1 - math.exp(-s / 40))),
    )
    assert worst(run(60, curves), "sampler_mismatch") == "warning"


def test_a_tiny_difference_that_grows_fivefold_is_no_error() -> None:
    curves = with_(
        sampling__sampling_logp_difference__mean=lambda s, r: (3 if s < 60 else 22) * math.exp(r.normal(-6.9, 0.05)),
        reward=lambda s, r: rate(r, 0.4),
    )
    assert worst(run(120, curves), "sampler_mismatch") == "warning"


def test_an_error_of_the_sampler_is_over_once_the_task_rises_again() -> None:
    curves = with_(
        sampling__sampling_logp_difference__mean=lambda s, r: (0.015 if s < 60 else 0.2) * math.exp(r.normal(0, 0.05)),
        reward=lambda s, r: rate(r, 0.3 if s < 90 else min(0.9, 0.3 + 0.008 * (s - 90))),
    )
    said = [(a.severity, a.state) for a in judged(run(180, curves)) if a.rule == "sampler_mismatch"]
    assert said == [("warning", "opened"), ("error", "escalated"), ("error", "resolved"), ("warning", "opened")]
