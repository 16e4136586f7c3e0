"""Whole runs, as people meet them: what is said of them, live and replayed."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from small_runs import Metrics, Rows, grave, healthy, judged, rate, run, with_, worst

from grpolog.trends import CATALOGUE, Setting, Table, advance, start
from grpolog.trends.table import Row


@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_learns_raises_nothing(seed: int) -> None:
    assert judged(run(400, healthy, seed), Setting(completions_per_step=64)) == []


# ------------------------------------------------------------------ five scenarios


@pytest.mark.parametrize("flat", [True, False])
def test_a_stale_sampler_warns_within_3_cycles_and_is_an_error_within_10_if_the_reward_is_flat(flat: bool) -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        level = 0.4 if flat else 0.1 + 0.0035 * step
        drift = 0.015 if step <= 100 else 0.2
        difference = drift * math.exp(rng.normal(0, 0.05))
        return healthy(step, rng) | {
            "reward": rate(rng, level, 256),
            "sampling/sampling_logp_difference/mean": difference,
        }

    alerts = [a for a in judged(run(130, metrics)) if a.rule == "sampler_mismatch"]
    assert (alerts[0].severity, alerts[0].step <= 103) == ("warning", True)
    errors = [alert for alert in alerts if alert.severity == "error"]
    assert bool(errors) is flat
    assert all(alert.step <= 110 and "does not follow the trainer" in alert.message for alert in errors)
    assert alerts[0].remedy is not None
    assert alerts[0].remedy.startswith("Check the weight sync")
    assert "learning rate" not in alerts[0].remedy


@pytest.mark.parametrize(("given", "severity"), [("accuracy", "warning"), (None, "info")])
def test_a_jitter_that_takes_the_advantage_over_is_named_with_its_share(given: str | None, severity: str) -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        share = 0.1 if step <= 60 else 0.93
        accuracy = 0.25 if step <= 90 else 0.05
        jitter = 0.5 + 0.0008 * step
        found = rate(rng, accuracy)
        return {
            "reward": found + jitter,
            "rewards/accuracy/mean": found,
            "rewards/accuracy/std": 0.43,
            "rewards/accuracy/advantage_share": 1 - share,
            "rewards/jitter/mean": jitter + float(rng.normal(0, 0.01)),
            "rewards/jitter/std": 0.05,
            "rewards/jitter/advantage_share": share,
        }

    alerts = [a for a in judged(run(120, metrics), Setting(primary=given)) if a.rule == "dominance"]
    assert (alerts[0].severity, alerts[0].metric) == (severity, "rewards/jitter/mean")
    assert alerts[0].step <= 70
    assert "jitter decides" in alerts[0].message
    assert any(a.severity == "error" and a.step <= 120 for a in alerts) is (given is not None)


def test_a_solved_run_is_silent() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        done = 1 - math.exp(-step / 40)
        return healthy(step, rng) | {
            "reward": rate(rng, 0.3 + 0.68 * done),
            "frac_reward_zero_std": rate(rng, 0.2 + 0.75 * done, 16),
            "entropy": 0.8 * (1 - 0.9 * done),
            "grad_norm": 0.4 * (1 - 0.95 * done),
        }

    alerts = judged(run(400, metrics), Setting(completions_per_step=64))
    assert grave(alerts) == []
    assert "no_contrast" in {alert.rule for alert in alerts}


def test_a_run_without_kl_of_four_iterations_that_becomes_brief_and_better_is_silent() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        found = healthy(step, rng, 800)
        del found["kl"]
        found["completions/mean_length"] = 300 * (0.2 + 0.8 * math.exp(-step / 60))
        found["perf/step_seconds"] = (20.0, 5.0, 5.0, 5.0)[step % 4]
        if step % 4:
            for name in ("reward", "reward_std", "frac_reward_zero_std"):
                del found[name]
        return found

    assert grave(judged(run(800, metrics), Setting(beta=0.0))) == []


def test_a_sandbox_outage_is_an_error_within_2_cycles_and_over_soon_after() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        out = 120 <= step < 140
        return healthy(step, rng) | {
            "tools/call_frequency": 2.0,
            "tools/failure_frequency": 1.0 if out else rate(rng, 0.03),
            "reward": 0.0 if out else rate(rng, 0.6),
        }

    alerts = grave(judged(run(220, metrics), Setting(completions_per_step=64)))
    tools = [(a.state, a.severity, a.step) for a in alerts if a.rule == "tool_failures"]
    assert tools == [("opened", "error", 121), ("resolved", "error", 142)]
    state, _, _ = advance(start(Setting(completions_per_step=64)), Table.of(run(220, metrics)))
    assert all(alert.level < 3 for alert in state.book.open.values())


# ------------------------------------------------------------------ other ends


def test_a_run_that_is_dead_from_the_start_is_said_within_about_ten_rows() -> None:
    rows = [Row(step, {"reward": 0.0, "reward_std": 0.0, "grad_norm": 0.0, "kl": 0.0}) for step in range(1, 31)]
    alerts = grave(judged(rows))
    assert alerts[0].rule == "no_contrast"
    assert alerts[0].severity == "error"
    assert alerts[0].step <= 10
    assert "at the worst there is" in alerts[0].message


def test_a_collapse_within_three_rows_of_a_short_run_is_an_error_that_stays_open() -> None:
    levels = [0.9, 0.75, 0.95, 0.9, 0.92, 0.88, 0.5, 0.2, 0.05, *[0.0] * 20]
    rows = [Row(5 * i, {"reward": level, "reward_std": 0.2}) for i, level in enumerate(levels, start=1)]
    state, opened, _ = advance(start(), Table.of(rows))
    assert next((a.rule, a.step <= 55) for a in opened if a.severity == "error") == ("reward_drop", True)
    assert state.book.open[("reward_drop", "reward", "")].level == 3


def test_a_dip_that_recovers_is_resolved() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        return {"reward": rate(rng, 0.05 if 100 <= step < 112 else 0.8)}

    alerts = grave(judged(run(200, metrics), Setting(completions_per_step=64)))
    assert [alert.state for alert in alerts][-1] == "resolved"
    state, _, _ = advance(start(), Table.of(run(200, metrics)))
    assert not [key for key, alert in state.book.open.items() if alert.level > 1]


@pytest.mark.parametrize(("paid", "severity"), [(True, "warning"), (False, "error")])
def test_truncation_is_an_error_only_if_the_reward_does_not_pay_for_it(paid: bool, severity: str) -> None:
    curves = with_(
        completions__clipped_ratio=lambda s, r: 1.0 if s > 20 else 0.1,
        reward=lambda s, r: rate(r, 0.2 + 0.005 * s if paid else 0.2),
    )
    assert worst(run(100, curves), "truncation") == severity


def test_truncation_that_comes_to_be_paid_for_is_an_error_no_more() -> None:
    curves = with_(
        completions__clipped_ratio=lambda s, r: rate(r, 0.94),
        reward=lambda s, r: rate(r, 0.2 if s <= 30 else min(0.7, 0.2 + 0.008 * (s - 30))),
    )
    said = [(a.severity, a.state) for a in judged(run(100, curves)) if a.rule == "truncation"]
    assert said == [("warning", "opened"), ("error", "escalated"), ("error", "resolved"), ("warning", "opened")]


def test_an_end_token_that_is_not_recognised_is_told_and_is_no_error() -> None:
    curves = with_(
        completions__clipped_ratio=lambda s, r: 0.97,
        quality__eos_unrecognised_share=lambda s, r: 0.97,
        reward=lambda s, r: rate(r, 0.3),
    )
    said = [a for a in judged(run(60, curves)) if a.rule == "truncation"]
    assert [alert.severity for alert in said] == ["warning"]
    assert said[0].message.endswith("most of them end below the limit: their end token is not recognised")


def test_truncation_is_inferred_from_lengths_that_stand_at_the_limit() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        return {"reward": 0.0, "reward_std": 0.0, "completions/mean_length": 256.0 if step % 9 else 231.5}

    assert worst(run(40, metrics), "truncation") == "warning"
    assert worst(run(40, lambda s, r: {"reward": 0.0, "completions/mean_length": 200.0 + s}), "truncation") is None


LATE = 200
"""Step after which the trouble begins."""


def _after(normal: float, then: Callable[[int], float]) -> Callable[[int, np.random.Generator], float]:
    return lambda step, rng: (normal if step <= LATE else then(step - LATE)) * math.exp(rng.normal(0, 0.05))


def _level(before: float, after: float, n: int = 64) -> Callable[[int, np.random.Generator], float]:
    return lambda step, rng: rate(rng, before if step <= LATE else after, n)


def _gamed(step: int) -> float:
    return max(0.0, min(1.0, (step - LATE) / 60))


_flat = _level(0.4, 0.4)
TROUBLES: dict[str, Callable[[int, np.random.Generator], Metrics]] = {
    "reward_drop": with_(reward=_level(0.7, 0.05)),
    "no_contrast": with_(reward=_flat, frac_reward_zero_std=_level(0.2, 0.95, 16)),
    "format_collapse": with_(reward=_flat, quality__format_rate=_level(0.95, 0.3)),
    "truncation": with_(reward=_flat, completions__clipped_ratio=_level(0.02, 0.97)),
    "empty_answers": with_(quality__empty_share=_level(0.0, 0.4)),
    "mode_collapse": with_(reward=_flat, quality__distinct_share=_level(0.9, 0.1)),
    "length_drift": with_(reward=_flat, completions__mean_length=_after(300, lambda s: 300 + 30 * s)),
    "entropy_collapse": with_(reward=_flat, entropy=_after(0.8, lambda s: 0.05)),
    "entropy_explosion": with_(reward=_level(0.7, 0.1), entropy=_after(0.3, lambda s: 4)),
    "kl_blow_up": with_(reward=_flat, kl=_after(0.05, lambda s: 0.05 * math.exp(0.05 * s))),
    "gradient": with_(reward=_flat, grad_norm=_after(0.4, lambda s: 4.0)),
    "no_update": with_(grad_norm=lambda s, r: 0.4 if s <= LATE else 0.0),
    "memory_growth": with_(perf__gpu0__allocated_gib=lambda s, r: 40 + 0.02 * s + float(r.normal(0, 0.05))),
    "slow_down": with_(perf__step_seconds=_after(10, lambda s: 18)),
    "oscillation": with_(reward=lambda s, r: rate(r, 0.5 if s <= LATE else 0.5 + 0.22 * math.sin(s / 5))),
    "non_finite": with_(loss=lambda s, r: 0.1 if s <= LATE else math.nan),
    "stagnation": with_(reward=lambda s, r: rate(r, 0.3)),
    "tool_failures": with_(tools__failure_frequency=_level(0.05, 0.97)),
    "staleness": with_(sampling__staleness__mean=_after(2.0, lambda s: 12.0)),
    "sampler_mismatch": with_(sampling__sampling_logp_difference__mean=_after(0.015, lambda s: 0.2)),
    "eval_drop": with_(eval_reward=_level(0.8, 0.3)),
    "reward_hacking": with_(
        rewards__accuracy__mean=lambda s, r: rate(r, 0.7 - 0.5 * _gamed(s)),
        rewards__style__mean=lambda s, r: rate(r, 0.3 + 0.65 * _gamed(s)),
        reward=lambda s, r: 1.3 + 0.8 * _gamed(s),
    ),
    "dominance": with_(
        rewards__accuracy__mean=lambda s, r: rate(r, 0.3),
        rewards__style__mean=lambda s, r: 0.5 + float(r.normal(0, 0.01)),
        rewards__style__advantage_share=lambda s, r: (0.1 if s <= LATE else 0.95) + float(r.normal(0, 0.01)),
    ),
}
KNOWN = Setting(primary="accuracy")


def test_each_rule_finds_its_trouble() -> None:
    missed = {name for name, curves in TROUBLES.items() if worst(run(420, curves), name, KNOWN) in (None, "info")}
    assert missed == set()
    assert TROUBLES.keys() == {rule.name for rule in CATALOGUE}


WITHOUT_EFFECT = {"non_finite", "no_update"}
"""A number that is none, a gradient of exactly zero: no noise could make them."""


@pytest.mark.parametrize("name", TROUBLES)
def test_each_rule_says_on_which_evidence(name: str) -> None:
    alert = next(a for a in grave(judged(run(420, TROUBLES[name]), KNOWN)) if a.rule == name)
    assert alert.window is not None
    assert 1 <= alert.window <= 64
    if name == "non_finite":
        assert (alert.before, alert.after, alert.limit) == (None, None, None)
        return
    assert alert.after is not None
    assert (alert.before is None) is (alert.limit is not None)
    assert (alert.effect is None) is (name in WITHOUT_EFFECT)
    if name not in {*WITHOUT_EFFECT, "stagnation"}:
        assert alert.effect is not None
        assert alert.effect > 0


def test_effects_are_told_in_standard_errors_of_the_values_compared() -> None:
    alerts = judged(run(420, TROUBLES["reward_drop"]), KNOWN)
    drop = next(alert for alert in alerts if alert.rule == "reward_drop")
    assert drop.effect is not None
    assert drop.before is not None
    assert drop.after is not None
    assert drop.window is not None
    expected = (drop.before - drop.after) / (math.sqrt(0.7 * 0.3 / 64) * math.sqrt(2 / drop.window))
    assert drop.effect == pytest.approx(expected, rel=0.3)


def test_a_function_that_falls_while_the_one_named_like_the_task_rises_is_a_note() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        accuracy = rate(rng, min(0.9, 0.2 + 0.01 * step), 256)
        brevity = 0.9 - 0.012 * min(step, 60) + float(rng.normal(0, 0.02))
        functions = {"rewards/accuracy/mean": accuracy, "rewards/brevity/mean": brevity, "rewards/brevity/std": 0.2}
        return {"reward": accuracy + brevity} | functions

    said = [a for a in judged(run(80, metrics)) if a.metric == "rewards/brevity/mean"]
    assert {alert.severity for alert in said} == {"info"}


def test_entropy_that_falls_in_a_young_run_that_learns_slowly_is_a_note() -> None:
    curves = with_(
        entropy=lambda s, r: 0.5 * math.exp(-s / 25 + r.normal(0, 0.05)),
        reward=lambda s, r: rate(r, 0.5 + 0.003 * s),
    )
    assert worst(run(90, curves), "entropy_collapse") == "info"


def test_stagnation_needs_300_cycles_and_a_flat_curve() -> None:
    flat = run(500, with_(reward=lambda s, r: rate(r, 0.3)))
    assert worst(flat, "stagnation") == "warning"
    assert worst(flat[:290], "stagnation") is None
    assert worst(run(500, with_(reward=lambda s, r: rate(r, 0.3 + 0.0006 * s))), "stagnation") is None


def test_a_gamed_reward_is_an_error_if_the_task_is_known_for_sure() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        gamed = max(0.0, min(1.0, (step - 150) / 60))
        task, style = rate(rng, 0.7 - 0.5 * gamed), rate(rng, 0.3 + 0.65 * gamed)
        return {"reward": task + 2 * style, "rewards/accuracy/mean": task, "rewards/style/mean": style}

    assert worst(run(300, metrics), "reward_hacking", Setting(primary="accuracy")) == "error"
    assert worst(run(300, metrics), "reward_hacking") == "warning"


def test_a_task_that_came_back_from_an_outage_was_not_hacked() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        accuracy = rate(rng, 0.0 if 60 <= step <= 80 else 0.85)
        style = min(0.9, 0.1 + 0.01 * step) + float(rng.normal(0, 0.02))
        functions = {"rewards/accuracy/mean": accuracy, "rewards/accuracy/std": 0.4, "rewards/style/mean": style}
        return {"reward": accuracy + style, "rewards/style/std": 0.2} | functions

    said = {(a.rule, a.state) for a in judged(run(140, metrics), Setting(primary="accuracy")) if "accuracy" in a.metric}
    assert said == {("reward_drop", "opened"), ("reward_drop", "resolved")}


def test_an_evaluation_that_falls_warns_and_one_that_swings_within_its_error_does_not() -> None:
    def evaluated(fall: float) -> Callable[[int, np.random.Generator], Metrics]:
        def metrics(step: int, rng: np.random.Generator) -> Metrics:
            found = healthy(step, rng)
            if step % 20 == 0:
                found["eval_reward"] = rate(rng, 0.7 - (fall if step > 300 else 0.0), 256)
            return found

        return metrics

    assert worst(run(600, evaluated(0.25)), "eval_drop") == "warning"
    assert worst(run(600, evaluated(0.0)), "eval_drop") is None


def test_a_shaping_function_given_up_in_evaluations_is_worth_knowing_and_no_more() -> None:
    def evaluated(name: str) -> Callable[[int, np.random.Generator], Metrics]:
        def metrics(step: int, rng: np.random.Generator) -> Metrics:
            found = healthy(step, rng)
            if step % 20 == 0:
                found |= {"eval_reward": 0.9, f"eval_rewards/{name}/mean": rate(rng, 0.7 if step < 300 else 0.4, 256)}
            return found

        return metrics

    assert worst(run(600, evaluated("style")), "eval_drop", KNOWN) == "info"
    assert worst(run(600, evaluated("accuracy")), "eval_drop", KNOWN) == "warning"


def test_a_handful_of_tool_calls_that_fail_is_chance() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        called = rng.random() < 0.4
        return healthy(step, rng) | {
            "tools/call_frequency": 0.05 if called else 0.0,
            "tools/failure_frequency": float(rng.integers(0, 3)) / 2 if called else 0.0,
        }

    assert worst(run(200, metrics), "tool_failures") is None


def test_one_cycle_of_failed_calls_does_not_persist_through_cycles_without_a_call() -> None:
    rows = run(60, with_(tools__failure_frequency=lambda s, r: 0.02 if s < 30 else 1.0))
    for step, metrics in rows:
        if step > 30:
            del metrics["tools/failure_frequency"]
    assert worst(rows, "tool_failures") is None


def test_tools_that_never_worked_are_told_and_a_model_that_learns_to_call_them_is_left_alone() -> None:
    assert worst(run(40, with_(tools__failure_frequency=lambda s, r: 1.0)), "tool_failures") == "warning"
    assert worst(run(60, with_(tools__failure_frequency=lambda s, r: max(0.1, 1 - s / 40))), "tool_failures") is None


def test_a_gradient_norm_that_a_log_rounds_to_zero_is_no_error_for_long_while_the_task_rises() -> None:
    curves = with_(grad_norm=lambda s, r: 0.0, reward=lambda s, r: rate(r, min(0.9, 0.1 + 0.012 * s)))
    said = [(a.state, a.step) for a in judged(run(60, curves)) if a.rule == "no_update"]
    assert [state for state, _ in said] in ([], ["opened", "resolved"])
    assert worst(run(60, with_(grad_norm=lambda s, r: 0.0, reward=lambda s, r: rate(r, 0.3))), "no_update") == "error"


def test_a_gradient_norm_logged_with_every_tenth_row_has_to_be_zero_in_sixteen_of_them() -> None:
    def logged(zeros: int) -> Rows:
        rows = run(400, with_(reward=lambda s, r: rate(r, 0.4)))
        for step, metrics in rows:
            if step % 10:
                del metrics["grad_norm"]
            elif 100 < step <= 100 + 10 * zeros:
                metrics["grad_norm"] = 0.0
        return rows

    assert worst(logged(15), "no_update") is None
    assert [(a.step, a.state) for a in judged(logged(16)) if a.rule == "no_update"] == [
        (260, "opened"),
        (270, "resolved"),
    ]


def test_a_reward_that_wakes_up_after_it_stood_at_zero_does_not_swing() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        return {"reward": rate(rng, 0.0 if step < 250 else min(0.5, (step - 250) / 400), 16)}

    assert worst(run(700, metrics), "oscillation", Setting(completions_per_step=16)) is None


def overflows(*steps: int, value: float = math.inf, name: str = "grad_norm") -> Rows:
    return run(60, lambda step, rng: healthy(step, rng) | ({name: value} if step in steps else {}))


def test_the_onset_of_a_nan_is_its_own_row_and_in_fp16_the_first_of_the_five() -> None:
    for fp16, onset in ((False, 20), (True, 20)):
        alerts = judged(overflows(20, 21, 22, 23, 24), Setting(half_precision=fp16))
        assert [a.onset_step for a in alerts if a.state == "opened"] == [onset]


def told(rows: Rows, *, fp16: bool) -> list[tuple[str, str, int]]:
    alerts = judged(rows, Setting(half_precision=fp16))
    return [(a.state, a.severity, a.step) for a in alerts if a.rule == "non_finite"]


def test_a_single_infinite_gradient_is_an_error_and_over_after_eight_rows() -> None:
    assert told(overflows(30), fp16=False) == [("opened", "error", 30), ("resolved", "error", 38)]


def test_in_fp16_the_loss_scaler_may_overflow_but_not_five_times_in_a_row() -> None:
    assert told(overflows(1, 2, 3, 4, 20, 21, 30, 31, 32, 33, 40, 42, 44, 46, 48, 50), fp16=True) == []
    assert told(overflows(20, 21, 22, 23, 24, 25), fp16=True) == [("opened", "error", 24), ("resolved", "error", 33)]
    assert told(overflows(20, 21, 22, 23, 24, value=math.nan), fp16=True)[0] == ("opened", "error", 24)
    assert told(overflows(20, name="loss", value=math.nan), fp16=True)[0] == ("opened", "error", 20)


def test_in_fp16_gradients_count_that_are_logged_with_every_third_row_or_several_times_a_cycle() -> None:
    seldom = [Row(s, m if s % 3 == 0 else {"reward": m["reward"]}) for s, m in overflows(*range(30, 45))]
    assert told(seldom, fp16=True)[0] == ("opened", "error", 42)
    often = [Row(s, m if s % 4 == 0 else {"grad_norm": m["grad_norm"]}) for s, m in overflows(9, 14, 18, 22, 26, 31)]
    assert told(often, fp16=True) == []


def test_a_loss_that_never_was_a_number_is_told_with_the_first_row() -> None:
    rows = [Row(step, {"reward": 0.5 + 0.1 * (step % 2), "loss": math.nan}) for step in range(1, 31)]
    assert told(rows, fp16=False) == [("opened", "error", 1)]


def test_rewards_of_functions_that_skip_rows_are_left_alone() -> None:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        skipped = math.nan if step % 3 else rate(rng, 0.5)
        return healthy(step, rng) | {"rewards/code/mean": skipped, "rewards/math/mean": rate(rng, 0.5)}

    assert judged(run(200, metrics), Setting(completions_per_step=64)) == []


def chunks(rows: Rows, rng: np.random.Generator) -> Iterator[Rows]:
    at = 0
    while at < len(rows):
        size = int(rng.integers(1, 40))
        yield rows[at : at + size]
        at += size


@pytest.mark.parametrize("seed", range(4))
def test_a_long_run_gives_the_same_alerts_in_any_pieces(seed: int) -> None:
    """Longer than what rules look back on: no value may depend on where a piece began."""
    rng = np.random.default_rng(seed)

    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        found = healthy(step, rng, 1200)
        trouble = step // 150 % 3
        if trouble == 1:
            found |= {"reward": rate(rng, 0.1), "entropy": 4.0 + float(rng.normal(0, 0.3)), "grad_norm": 3.0}
        if step % 7 == 0:
            found["eval_reward"] = rate(rng, 0.5 if trouble else 0.8)
        for name in list(found):
            if rng.random() < 0.02:
                found[name] = math.nan
            elif rng.random() < 0.02:
                del found[name]
        return found

    rows = run(1200, metrics, seed)
    _, opened, changed = advance(start(), Table.of(rows))
    state, pieces = start(), []
    for piece in chunks(rows, rng):
        state, first, later = advance(state, Table.of(piece))
        pieces += first + later
    key = lambda a: (a.step, a.rule, a.metric, a.state)  # noqa: E731
    assert sorted(pieces, key=key) == sorted(opened + changed, key=key)
    assert len(opened) > 5
