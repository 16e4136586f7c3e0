"""The recorded groups beside all that were generated."""

import math
from pathlib import Path
from typing import Any

import polars as pl
from built import Log, example, report_of, run_of

from grpolog.events import GroupEvent, StepEvent
from grpolog.report.build.recorded import group_key, recorded_groups


def generated(log: Log, step: int, *means: float | None, **fields: Any) -> None:
    """The groups of a step with these mean totals."""
    for group, mean in enumerate(means):
        log.add(GroupEvent, step, group=group, prompt_id=f"p{group}", n=2, mean=mean, **fields)


def heads(folder: Path, log: Log) -> pl.DataFrame:
    return recorded_groups(run_of(folder, log))


def test_a_group_is_one_row_with_its_place_among_all_that_were_generated(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 21):
        generated(log, step, 0.5, 1.0, step / 10, math.nan)
    example(log, 20, group=1, total=1.5, also_kept=["lot"], source="sums")
    example(log, 20, group=1, index=1, total=0.5)
    assert heads(tmp_path, log).rows(named=True) == [
        {
            "attempt": 0, "mode": "train", "eval_name": None, "generation": None, "step": 20, "group": 1,
            "prompt_id": "p1", "source": "sums", "kept": ["best", "lot"], "size": 2, "length": 2, "mean": 1.0,
            "std": 2**-0.5,
            "of_step": 4, "first": 19, "last": 20, "of_stretch": 6, "below": 1 / 3, "above": 1 / 3,
            "outcome": "mixed", "key": "group-0-20-x-1",
        },
    ]  # fmt: skip


def test_what_a_group_represents_is_said_in_words(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 11):
        generated(log, step, 0.5, 1.0, 0.75, 0.0)
    example(log, 3, group=1, also_kept=["divided"])
    example(log, 4, group=9, kept="pinned")
    one, unknown = sorted(report_of(tmp_path, log).groups, key=lambda group: group.step)
    assert one.represents == (
        "One of 4 groups generated for step 3. Of the 4 groups of step 3, 75\u00a0% have a lower mean total, 0\u00a0% "
        "a higher one."
    )
    assert one.kept == (
        "Kept with the highest mean total of its logging window so far and with the largest spread of totals of its "
        "logging window so far."
    )
    assert (unknown.represents, unknown.kept) == ("", "Kept as its prompt is followed through all evaluations.")


def test_outcomes_are_those_of_the_task_and_else_of_the_totals(tmp_path: Path) -> None:
    log = Log()
    cases = ((2, (1.0, 1.0)), (1, (1.0, 1.0)), (0, (0.0, 0.5)), (None, (1.0, 1.0)), (None, (1.0, 0.0)), (None, (1.0,)))
    for step, (passes, totals) in enumerate(cases, start=1):
        log.add(GroupEvent, step, group=0, prompt_id="p0", n=2, mean=1.0, passes=passes)
        for index, total in enumerate(totals):
            example(log, step, index=index, total=total)
    found = heads(tmp_path, log)["outcome"].to_list()
    assert found == ["all good", "mixed", "all bad", "all equal", "mixed", ""]


def test_keys_stay_the_same_when_the_log_grows(tmp_path: Path) -> None:
    log = Log()
    example(log, 3, group=2, generation=7)
    before = heads(tmp_path, log)["key"].to_list()
    example(log, 4, group=2, generation=8, mode="eval")
    example(log, 4, group=2, generation=8, mode="eval", eval_name="<hard>")
    assert before == ["group-0-3-7-2"]
    assert heads(tmp_path, log)["key"].to_list() == [*before, "eval-0-4-8-2", "eval-6a9c81-0-4-8-2"]
    assert group_key(0, "train", None, None, 1, 1) == "group-0-1-x-1"


def test_groups_of_replaced_steps_are_left_out(tmp_path: Path) -> None:
    log = Log()
    for step in (4, 5):
        log.add(StepEvent, step, loss=0.1)
        generated(log, step, 0.5)
        example(log, step)
    log.again(4)
    log.add(StepEvent, 5, loss=0.1)
    generated(log, 5, 0.5)
    example(log, 5)
    found = heads(tmp_path, log)
    assert found.select("attempt", "step", "of_step").rows() == [(0, 4, 1), (1, 5, 1)]
