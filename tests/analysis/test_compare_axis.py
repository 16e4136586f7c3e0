"""Where steps stand when runs are aligned by tokens or time."""

from pathlib import Path

import numpy as np
from built import Log, run_of
from compared import rising, run_log

from grpolog.analysis.compare import axis_of
from grpolog.events import StepEvent


def counted(
    *rows: tuple[int, float | None], resumed: int | None = None, more: tuple[tuple[int, float], ...] = ()
) -> Log:
    """Steps with their counter of tokens; after `resumed` the rows of another attempt, an hour later."""
    log = Log()
    for step, tokens in rows:
        log.add(StepEvent, step, loss=0.1, num_tokens=tokens)
    if resumed is not None:
        log.again(resumed)
        for step, tokens in more:
            log.add(StepEvent, step, loss=0.1, num_tokens=tokens)
    return log


def test_a_step_is_its_own_place(tmp_path: Path) -> None:
    steps = np.array([0.0, 5.0, 900.0])
    assert axis_of(run_of(tmp_path, Log()), "step").place(steps) is steps


def test_tokens_between_rows_are_on_the_straight_line(tmp_path: Path) -> None:
    axis = axis_of(run_of(tmp_path, counted((10, 100.0), (20, 300.0), (25, None))), "tokens")
    assert axis.place(np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0])).tolist() == [0, 50, 100, 200, 300, 300]


def test_a_counter_that_begins_anew_goes_on(tmp_path: Path) -> None:
    log = counted((1, 100.0), (2, 200.0), (3, 300.0), resumed=2, more=((3, 90.0), (4, 180.0)))
    axis = axis_of(run_of(tmp_path, log), "tokens")
    assert axis.place(np.array([2.0, 3.0, 4.0])).tolist() == [200, 290, 380]


def test_time_is_that_of_all_attempts_without_the_time_between_them(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2, 3):
        log.time += 10
        log.add(StepEvent, step, loss=0.1)
    log.again(2)
    for step in (3, 4):
        log.time += 10
        log.add(StepEvent, step, loss=0.1)
    axis = axis_of(run_of(tmp_path, log), "time")
    assert np.round(axis.place(np.array([0.0, 1.0, 2.0, 3.0, 4.0]))).tolist() == [0, 10, 20, 40, 50]


def test_a_log_that_does_not_tell_places_knows_none(tmp_path: Path) -> None:
    log = counted((1, None), (2, None))
    axis = axis_of(run_of(tmp_path, log), "tokens")
    assert not axis.known
    assert np.isnan(axis.place(np.array([1.0]))).all()
    assert axis_of(run_of(tmp_path, run_log(rising(9, 0.8, 0))), "tokens").known
