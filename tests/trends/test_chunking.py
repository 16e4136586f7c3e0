"""However rows come, the same is said of them: random runs in pieces, row by row, killed and resumed."""

import numpy as np
import pytest
import wild_runs

from grpolog.trends import attempts, replay


@pytest.mark.parametrize("seed", range(10))
def test_any_pieces_of_any_run_give_the_same_alerts(seed: int) -> None:
    rows, dice = wild_runs.run(seed), np.random.default_rng(seed)
    state = wild_runs.begin(seed)
    whole = wild_runs.at_once(state, rows)
    assert list(map(repr, wild_runs.in_pieces(state, rows, dice))) == list(map(repr, whole))
    assert list(map(repr, wild_runs.row_by_row(state, rows, dice))) == list(map(repr, whole))


@pytest.mark.parametrize("seed", range(5))
def test_a_log_replayed_says_what_was_said_while_it_was_written_and_resumed(seed: int) -> None:
    training = wild_runs.trained(seed)
    found = replay(lambda _: training.state, attempts(map(wild_runs.decoded, training.lines)))
    replayed = {number: list(map(repr, wild_runs.in_order(each.alerts))) for number, each in found.items()}
    live = {number: list(map(repr, alerts)) for number, alerts in training.alerts.items()}
    assert {number: replayed.get(number, []) for number in live} == live
