"""Which function decides the advantage, and whether completions still differ."""

from collections.abc import Callable

import numpy as np
import pytest
from small_runs import Metrics, Rows, judged, rate, run

from grpolog.trends import Alert, Setting, Table, advance, start

GIVEN = Setting(primary="accuracy", completions_per_step=64)
Shares = Callable[[int], dict[str, float]]


def functions(
    shares: Shares, accuracy: Callable[[int], float] = lambda step: 0.25, **more: float
) -> Callable[[int, np.random.Generator], Metrics]:
    """A run of three functions; a share that is left out is of a step without any advantage."""

    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        task = rate(rng, accuracy(step))
        found = {"reward": task + 0.5, "rewards/accuracy/mean": task, "rewards/accuracy/std": 0.43, **more}
        for name in ("format", "jitter"):
            found[f"rewards/{name}/mean"] = 0.5 + float(rng.normal(0, 0.01))
        return found | {f"rewards/{name}/advantage_share": share for name, share in shares(step).items()}

    return metrics


def said(rows: Rows, rule: str = "dominance", setting: Setting = GIVEN) -> list[tuple[str, str, int, str]]:
    return [(a.severity, a.state, a.step, a.metric) for a in alerts(rows, rule, setting)]


def alerts(rows: Rows, rule: str = "dominance", setting: Setting = GIVEN) -> list[Alert]:
    return [alert for alert in judged(rows, setting) if alert.rule == rule]


def unjudged(rows: Rows, setting: Setting) -> str | None:
    state, _, _ = advance(start(setting), Table.of(rows))
    return state.unjudged.get("dominance")


def usual(step: int) -> dict[str, float]:
    return {"accuracy": 0.7, "format": 0.2, "jitter": 0.1}


def taken_over(step: int) -> dict[str, float]:
    return usual(step) if step <= 60 else {"accuracy": 0.02, "format": 0.05, "jitter": 0.93}


def test_the_function_that_decides_is_named_with_the_shares_of_the_others() -> None:
    found = alerts(run(80, functions(taken_over)))
    assert [(a.severity, a.metric) for a in found] == [("warning", "rewards/jitter/mean")]
    assert found[0].step <= 70
    assert found[0].message.endswith(
        "jitter decides 93% of the advantage (format 5%, accuracy 2%) while accuracy does not rise"
    )


def test_a_function_that_comes_late_is_judged_from_its_first_advantages() -> None:
    def late(step: int, rng: np.random.Generator) -> Metrics:
        found = functions(taken_over)(step, rng)
        return found if step > 60 else {name: value for name, value in found.items() if "jitter" not in name}

    (alert,) = alerts(run(80, late))
    assert 66 <= alert.step <= 72


def test_a_share_before_steps_without_any_advantage_is_not_carried_on() -> None:
    def silent(step: int) -> dict[str, float]:
        return taken_over(step) if step <= 62 else {}

    assert said(run(120, functions(silent))) == []


def test_terms_that_nearly_cancel_once_are_no_dominance() -> None:
    def odd(step: int) -> dict[str, float]:
        return {"accuracy": -49.0, "format": 0.0, "jitter": 50.0} if step % 20 == 0 else usual(step)

    assert said(run(120, functions(odd))) == []


def test_a_function_that_works_against_the_task_decides_all_of_it() -> None:
    def against(step: int) -> dict[str, float]:
        return usual(step) if step <= 60 else {"accuracy": -0.4, "format": 0.0, "jitter": 1.4}

    (alert,) = alerts(run(80, functions(against)))
    assert "jitter decides 100% of the advantage (format 0%, accuracy -40%)" in alert.message


def test_a_task_that_pulls_along_is_not_dominated_by_functions_that_pull_against_each_other() -> None:
    def tug(step: int) -> dict[str, float]:
        return {"accuracy": 1.2, "format": 1.0, "jitter": -1.2}

    assert said(run(80, functions(tug))) == []


def test_functions_of_weight_zero_and_a_task_that_is_not_trained_on_are_taken_as_they_are() -> None:
    def unweighted(step: int) -> dict[str, float]:
        return {"accuracy": 0.0, "format": 1.0, "jitter": 0.0}

    found = said(run(40, functions(unweighted)))
    assert [(severity, metric) for severity, _, _, metric in found] == [("warning", "rewards/format/mean")]


def test_a_task_that_is_solved_or_rises_is_not_dominated() -> None:
    assert said(run(100, functions(taken_over, lambda step: 0.97))) == []
    rising = functions(taken_over, lambda step: min(0.95, 0.1 + 0.01 * step))
    assert "error" not in {severity for severity, *_ in said(run(100, rising))}


def test_dominance_is_over_once_the_task_is_solved_though_nothing_tells_shares_any_more() -> None:
    def end(step: int) -> dict[str, float]:
        return taken_over(step) if step <= 90 else {}

    states = [state for _, state, _, _ in said(run(160, functions(end, lambda s: 0.25 if s <= 90 else 1.0)))]
    assert states == ["opened", "resolved"]


@pytest.mark.parametrize("metric", ["eval_rewards/accuracy/mean", "eval_hard_reward"])
def test_it_is_an_error_once_an_evaluation_of_the_task_falls(metric: str) -> None:
    def evaluated(fall: float) -> Callable[[int, np.random.Generator], Metrics]:
        def metrics(step: int, rng: np.random.Generator) -> Metrics:
            found = functions(taken_over)(step, rng)
            return found | ({metric: rate(rng, 0.6 - (fall if step > 60 else 0), 256)} if step % 5 == 0 else {})

        return metrics

    found = said(run(100, evaluated(0.4)))
    assert [severity for severity, *_ in found] == ["warning", "error"]
    assert found[1][2] <= 90
    assert [severity for severity, *_ in said(run(100, evaluated(0.0)))] == ["warning"]


def test_a_primary_that_no_function_has_the_name_of_is_said() -> None:
    rows = run(40, functions(taken_over))
    assert unjudged(rows, Setting(primary="acuracy")) == "no reward of acuracy, the primary, was logged"
    assert unjudged(rows, GIVEN) is None
    alone = [row._replace(metrics={"reward": 0.5, "rewards/accuracy/mean": 0.5}) for row in rows]
    assert unjudged(alone, GIVEN) == "not applicable: there are not two reward functions"


# ------------------------------------------------------------------ mode collapse


def answers(
    level: Callable[[int], float], distinct: Callable[[int], float], lengths: Callable[[int], tuple[int, int]] | None
) -> Callable[[int, np.random.Generator], Metrics]:
    def metrics(step: int, rng: np.random.Generator) -> Metrics:
        found = {"reward": rate(rng, level(step)), "quality/distinct_share": distinct(step)}
        if lengths is not None:
            found["completions/min_length"], found["completions/max_length"] = map(float, lengths(step))
        return found

    return metrics


def collapse(step: int) -> float:
    return 0.9 if step <= 100 else 0.15


def flat(step: int) -> float:
    return 0.4


def climb(step: int) -> float:
    return min(0.75, 0.2 + 0.005 * step)


@pytest.mark.parametrize(
    ("level", "lengths", "severity"),
    [
        (flat, None, "warning"),
        (flat, lambda step: (40, 300), "warning"),
        (climb, None, "info"),
        (climb, lambda step: (40, 300), "info"),
        (climb, lambda step: (40, 300) if step <= 100 else (52, 53), "warning"),
        (climb, lambda step: (1, 1), "info"),
        (lambda step: 0.97, lambda step: (40, 300) if step <= 100 else (52, 53), "info"),
    ],
    ids=["flat", "flat, long and short", "paid", "paid, long and short", "paid, one length", "one token", "solved"],
)
def test_equal_answers_are_a_collapse_unless_they_are_paid_and_differ_in_length(
    level: Callable[[int], float], lengths: Callable[[int], tuple[int, int]] | None, severity: str
) -> None:
    found = said(run(160, answers(level, collapse, lengths)), "mode_collapse")
    assert found[-1][0] == severity


def test_answers_that_hardly_differed_before_or_differ_again_are_no_collapse() -> None:
    assert said(run(160, answers(flat, lambda step: 0.4 if step <= 100 else 0.1, None)), "mode_collapse") == []
    dip = said(run(200, answers(flat, lambda step: 0.15 if 100 < step <= 130 else 0.9, None)), "mode_collapse")
    assert [state for _, state, _, _ in dip] == ["opened", "resolved"]
