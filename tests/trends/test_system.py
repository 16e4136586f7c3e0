"""Rules on the machine say what grew and where it leads; longer answers are no fault of the machine."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from small_runs import Metrics, healthy, judged, run, with_, worst

from grpolog.events import RunEvent
from grpolog.trends import Setting, Table, advance, start


def message(rows: list, rule: str, setting: Setting | None = None) -> str:  # type: ignore[type-arg]
    return next(alert.message for alert in judged(rows, setting) if alert.rule == rule)


def growing(**more: float) -> Callable[[int, np.random.Generator], Metrics]:
    """A GPU that loses 0.02 GiB a step from 40 on."""
    level = lambda s, r: 40 + 0.02 * s + float(r.normal(0, 0.05))  # noqa: E731
    fixed = {name: (lambda s, r, value=value: value) for name, value in more.items()}
    return with_(perf__gpu0__allocated_gib=level, perf__step_seconds=lambda s, r: 10.0, **fixed)


def test_the_step_is_told_at_which_a_gpu_is_full() -> None:
    said = message(run(400, growing(perf__gpu0__total_gib=80.0)), "memory_growth")
    found = re.search(r"at this rate GPU 0 \(80.0 GiB\) is full at about step ([\d,]+), in ([\d.]+) h", said)
    assert found is not None, said
    assert 1800 < int(found[1].replace(",", "")) < 2200  # (80 - 40) / 0.02 = 2000
    assert 4.5 < float(found[2]) < 5.5  # some 1800 steps of 10 s


def test_what_others_hold_on_the_device_counts_against_its_limit() -> None:
    said = message(run(400, growing(perf__gpu0__total_gib=80.0, perf__gpu0__used_gib=79.0)), "memory_growth")
    step = re.search(r"Step (\d+):", said)
    full = re.search(r"full at about step (\d+)", said)
    assert step is not None
    assert full is not None, said
    assert 40 < int(full[1]) - int(step[1]) < 60  # 1 GiB at 0.02 a step


def test_the_machines_memory_is_the_limit_of_a_process() -> None:
    leak = with_(
        perf__rss_gib=lambda s, r: 8 + 0.01 * s + float(r.normal(0, 0.01)),
        perf__ram_used_gib=lambda s, r: 20 + 0.01 * s, perf__ram_percent=lambda s, r: 100 * (20 + 0.01 * s) / 64,
    )  # fmt: skip
    found = re.search(r"memory \(64.0 GiB\) is full at about step ([\d,]+)", message(run(400, leak), "memory_growth"))
    assert found is not None
    assert 4200 < int(found[1].replace(",", "")) < 4600


def test_without_a_limit_no_step_is_promised() -> None:
    assert message(run(400, growing()), "memory_growth").endswith("per 1,000 cycles)")
    other = with_(gpu_mem=lambda s, r: 40 + 0.02 * s + float(r.normal(0, 0.05)))
    assert message(run(400, other), "memory_growth").endswith("per 1,000 cycles)")


def slower(step: int, rng: np.random.Generator, **after: float) -> Metrics:
    """Ten seconds a step; from step 201 on what is given replaces a phase."""
    phases = {"sampling": 6.0, "update": 3.0, "accuracy": 0.2, "judge": 0.8} | (after if step > 200 else {})
    seconds = {name: value * math.exp(rng.normal(0, 0.05)) for name, value in phases.items()}
    return {
        "reward": 0.5 + float(rng.normal(0, 0.05)),
        "completions/mean_length": 300.0
        * math.exp(rng.normal(0, 0.03))
        * (after.get("length", 1) if step > 200 else 1),
        "perf/step_seconds": sum(v for name, v in seconds.items() if name != "length"),
        "perf/generation_seconds": seconds["sampling"],
        "perf/update_seconds": seconds["update"],
        "perf/reward_seconds/accuracy": seconds["accuracy"],
        "perf/reward_seconds/judge": seconds["judge"],
    }


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"judge": 8.0}, r"reward function judge 0\.\d+ to [5-8]\.\d+ s$"),
        ({"sampling": 12.0}, r"sampling [56]\.\d* to 1\d(\.\d)? s$"),
        ({"update": 9.0, "sampling": 10.0}, r"update 3\.?\d* to \d\.\d+ s, sampling [56]\.\d+ to \d+\.?\d* s$"),
    ],
)
def test_the_phase_that_grew_is_told(after: dict[str, float], said: str) -> None:
    found = message(run(300, lambda s, r: slower(s, r, **after)), "slow_down")
    assert re.search(said, found), found
    assert re.search(r"\([12]\.\d+ times as long per token\)", found), found


def test_longer_answers_are_no_slow_down() -> None:
    assert worst(run(300, lambda s, r: slower(s, r, sampling=12.0, length=1.8)), "slow_down") is None
    assert worst(run(300, lambda s, r: slower(s, r, sampling=12.0)), "slow_down") == "warning"


def stale(level: Callable[[int], float]) -> Callable[[int, np.random.Generator], Metrics]:
    return with_(sampling__staleness__mean=lambda s, r: level(s) + float(r.normal(0, 0.1)))


def test_staleness_is_held_against_what_the_run_allows() -> None:
    late = run(120, stale(lambda s: 2.0 if s < 60 else 5.0))
    found = [alert for alert in judged(late, Setting(max_staleness=4)) if alert.rule == "staleness"]
    assert [(alert.severity, alert.state) for alert in found] == [("warning", "opened")]
    assert re.fullmatch(
        r"Step 6\d: what is learned from was sampled [45]\.\d+ steps ago, 4 are allowed", found[0].message
    )
    assert worst(late, "staleness", Setting(max_staleness=8)) is None


def test_staleness_of_a_run_that_does_not_say_has_to_be_high_and_to_have_grown() -> None:
    assert worst(run(120, stale(lambda s: 2.0 if s < 60 else 12.0)), "staleness") == "warning"
    assert worst(run(120, stale(lambda s: 12.0)), "staleness") is None
    assert worst(run(120, stale(lambda s: 2.0 if s < 60 else 6.0)), "staleness") is None


@pytest.mark.parametrize(
    ("config", "allowed"),
    [
        ({"max_staleness": 4}, 4),
        ({"trainer": {"fully_async": {"max_staleness_steps": 0}}}, 0),
        ({"grpo.async_grpo.max_trajectory_age_steps": 1}, 1),
        ({"orchestrator": {"max_off_policy_steps": 8}}, 8),
        ({"async_training": {"staleness_threshold": 0.5}}, None),
        ({"max_staleness": "4"}, None),
    ],
)
def test_the_allowed_staleness_is_found_in_the_configuration(config: dict[str, object], allowed: int | None) -> None:
    run = RunEvent(
        step=0, phase="start", status="running", run_id="x", name="x", grpolog_version="0", config=config
    )  # fmt: skip
    assert Setting.of(run).max_staleness == allowed


def test_staleness_is_unknown_where_it_should_be_logged_and_does_not_apply_elsewhere() -> None:
    table = Table.of(run(5, lambda s, r: {"reward": 0.5}))
    for setting, reason in (
        (Setting(max_staleness=4), "the run samples ahead of training, and no staleness was logged"),
        (Setting(), "not applicable: no staleness is logged, as where each step samples anew"),
    ):
        assert advance(start(setting), table)[0].unjudged["staleness"] == reason


def test_a_few_slow_steps_after_a_resume_are_no_slow_down() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        slow = {200: 8.0, 201: 7.0, 203: 9.0, 260: 4.0}.get(step, 1.0)
        found = healthy(step, rng) | {"perf/step_seconds": 10 * slow * math.exp(rng.normal(0, 0.08))}
        if step == 261:
            del found["perf/step_seconds"]
        return found

    assert worst(run(300, metrics), "slow_down") is None


def test_three_jumps_of_an_allocator_are_no_leak() -> None:
    def level(step: int, rng: np.random.Generator) -> float:
        jumps = sum(step > at for at in (80, 190, 310))  # each in a window of its own, across two steps
        return 40.0 * (1.0 + 0.03 * jumps + 0.004 * float(rng.normal()))

    assert worst(run(500, with_(perf__gpu0__allocated_gib=level)), "memory_growth") is None


def test_longer_answers_that_any_reward_pays_for_are_no_drift() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        grown = min(1.0, step / 120)
        return healthy(step, rng) | {
            "reward": 0.3 + 0.05 * float(rng.normal()),
            "rewards/style/mean": 0.2 + 0.5 * grown + 0.02 * float(rng.normal()),
            "rewards/task/mean": 0.3 + 0.05 * float(rng.normal()),
            "completions/mean_length": 300 * math.exp(grown + 0.05 * float(rng.normal())),
        }

    assert worst(run(300, metrics), "length_drift") is None
    assert worst(run(300, metrics), "length_drift", Setting(primary="task")) == "warning"
