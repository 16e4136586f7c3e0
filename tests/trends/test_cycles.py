"""Rows become cycles."""

import math

import numpy as np

from grpolog.trends.cycles import LONG, LONGEST, TAIL, Cycles, Fold, fold
from grpolog.trends.table import Row, Table

NAN = math.nan
Metrics = dict[str, float]


def folded(*rows: Metrics, state: Fold | None = None) -> tuple[Fold, Cycles]:
    return fold(state or Fold(), Table.of([Row(step, metrics) for step, metrics in enumerate(rows, start=1)]))


def values(cycles: Cycles) -> dict[str, list[float]]:
    return {name: found.tolist() for name, found in cycles.values.items()}


def test_without_rewards_every_row_is_a_cycle() -> None:
    _, cycles = folded({"kl": 1.0}, {"kl": 2.0})
    assert (len(cycles), values(cycles), cycles.steps.tolist()) == (2, {"kl": [1.0, 2.0]}, [1, 2])


def test_a_cycle_ends_with_the_next_reward_and_has_the_mean_of_its_rows() -> None:
    rows: list[Metrics] = [
        {"reward": 1.0, "kl": 1.0},
        {"kl": 2.0},
        {"kl": 3.0},
        {"reward": 2.0, "kl": 4.0},
        {"kl": 9.0},
    ]
    state, cycles = folded(*rows)
    assert values(cycles) == {"reward": [1.0, 2.0], "kl": [1.0, 3.0]}
    assert cycles.steps.tolist() == [1, 4]
    assert len(state.open) == 1
    _, cycles = folded({"reward": 3.0}, state=state)
    assert (cycles.first, values(cycles)) == (2, {"reward": [1.0, 2.0, 3.0], "kl": [1.0, 3.0, 9.0]})


def test_the_value_before_stands_where_a_cycle_has_none_and_nothing_stands_before_the_first() -> None:
    state, cycles = folded(
        {"reward": 1.0}, {"reward": 2.0, "kl": 5.0}, {"reward": NAN, "kl": math.inf}, {"reward": 4.0}
    )
    assert {name: [str(v) for v in found] for name, found in values(cycles).items()} == {
        "reward": ["1.0", "2.0", "2.0", "4.0"],
        "kl": ["nan", "5.0", "5.0", "5.0"],
    }
    assert {name: [found.tolist() for found in each] for name, each in cycles.finite.items()} == {
        "kl": [[1, 2], [True, False]]
    }
    _, cycles = folded({"entropy": 1.0, "reward": 5.0}, state=state)
    assert values(cycles)["kl"][-1] == 5.0


def test_rewards_that_stop_coming_do_not_keep_a_cycle_open_for_ever() -> None:
    _, cycles = folded({"reward": 1.0}, *[{"kl": 1.0}] * (2 * LONGEST + 3))
    assert cycles.steps.tolist() == [1, 1 + LONGEST, 1 + 2 * LONGEST]


def test_evaluations_keep_a_clock_of_their_own() -> None:
    state, cycles = folded({"reward": 1.0}, {"reward": 1.0, "eval_reward": 7.0}, {"reward": 1.0, "eval_reward": NAN})
    kept, rows = cycles.own["eval_reward"]
    assert (kept.tolist(), rows.tolist()) == ([7.0], [1])
    _, cycles = folded({"reward": 1.0, "eval_reward": 8.0}, state=state)
    kept, rows = cycles.own["eval_reward"]
    assert (kept.tolist(), rows.tolist()) == ([7.0, 8.0], [0])


def test_no_more_is_kept_than_rules_look_back_on() -> None:
    state = Fold()
    for _ in range(3):
        rows = [{"reward": 1.0, "eval_reward": 1.0}] * TAIL
        state, _ = folded(*rows, state=state)
    assert (state.count, len(state.steps), state.values.shape) == (3 * TAIL, TAIL, (1, TAIL))
    assert len(state.own["eval_reward"]) == TAIL
    assert state.values.base is None


def test_a_table_is_cut_where_a_metric_first_has_a_number() -> None:
    rows = [{"reward": 1.0}, {"reward": 1.0, "kl": NAN}, {"reward": 1.0, "kl": 1.0}, {"eval_reward": 1.0, "odd": 1.0}]
    table = Table.of([Row(step, metrics) for step, metrics in enumerate(rows)])
    assert [piece.steps.tolist() for piece in Fold().pieces(table)] == [[0, 1], [2], [3]]
    state, _ = fold(Fold(), table)
    assert [len(piece) for piece in state.pieces(table)] == [4]


def test_long_tables_are_cut() -> None:
    steps = np.arange(2 * LONG + 1)
    assert [len(piece) for piece in Fold().pieces(Table(steps))] == [LONG, LONG, 1]


def test_a_spike_is_not_repeated_where_nothing_follows_it() -> None:
    times = [5.0, 6.0, 50.0, NAN, 5.5, NAN, NAN, 7.0]
    rows: list[Metrics] = [{"reward": 1.0, "step_time": time} for time in times]
    _, whole = folded(*rows)
    assert values(whole)["step_time"] == [5.0, 6.0, 50.0, 6.0, 5.5, 6.0, 6.0, 7.0]
    state = Fold()
    for row in rows:
        state, cycles = folded(row, state=state)
    assert values(cycles)["step_time"] == values(whole)["step_time"]


def test_before_there_are_three_values_the_newest_stands_where_one_is_missing() -> None:
    _, cycles = folded(*[{"reward": 1.0, "kl": kl} for kl in (NAN, 3.0, NAN, 9.0, NAN)], {"reward": 1.0})
    assert [str(kl) for kl in values(cycles)["kl"]] == ["nan", "3.0", "3.0", "9.0", "9.0", "9.0"]


def test_a_row_whose_gradient_is_no_number_ends_its_cycle_as_no_reward_may_come_any_more() -> None:
    state, cycles = folded(
        {"reward": 1.0, "grad_norm": 1.0}, {"grad_norm": 2.0}, {"grad_norm": NAN}, {"grad_norm": 3.0}
    )
    assert cycles.steps.tolist() == [1, 3]
    assert cycles.finite["grad_norm"][1].tolist() == [True, True, False]
    assert len(state.open) == 1
