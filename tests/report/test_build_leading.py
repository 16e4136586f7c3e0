"""The three groups of the first screen, and the order of the others."""

from pathlib import Path
from typing import Any

import polars as pl
from built import Log, example, report_of, run_of

from grpolog.analysis.judgement import Finding
from grpolog.events import RewardEvent
from grpolog.report.build.leading import leading
from grpolog.report.build.lines import Lines
from grpolog.report.build.named import notes_of
from grpolog.report.build.recorded import recorded_groups
from grpolog.report.build.rewards import rewards_of
from grpolog.report.build.spread import in_order_of_worth
from grpolog.report.model import AlertNote
from grpolog.trends.telling import AlertGroup


def finding(*groups: AlertGroup, **fields: Any) -> Finding:
    given = {
        "rule": "truncation", "metric": "m", "severity": "error", "step": 7, "onset_step": 5, "resolved_step": None,
        "state": "open", "message": "Step 7: cut off.", "causes": "", "remedy": "", "source": "", "incident": "i",
        "before": None, "after": None, "attempt": 0,
    }  # fmt: skip
    return Finding(**given | fields, groups=groups)


def named(step: int, group: int = 0) -> AlertGroup:
    return AlertGroup(step, "train", None, None, group, "p0", "7 of 8 cut off")


def leads(folder: Path, log: Log, *findings: Finding) -> list[tuple[int, str, str, str]]:
    """Step, prompt, title and reason of each group of the first screen."""
    run = run_of(folder, log)
    heads, lines = recorded_groups(run).with_row_index("row"), Lines(run)
    found = leading(heads, lines, rewards_of(lines), findings)
    return [(heads["step"][row], heads["prompt_id"][row], shown.title, shown.why) for row, shown in found]


def jumping(*, steps: int = 40, at: int = 21) -> Log:
    """A run whose reward jumps, with a group drawn by lot every third step."""
    log = Log()
    for step in range(1, steps + 1):
        log.add(RewardEvent, step, name="total", n=8, mean=(0.2 if step < at else 0.8) + step % 2 / 100)
        if step % 3 == 0:
            example(log, step, kept="lot")
    return log


def test_a_usual_recent_one_the_largest_jump_and_an_alert(tmp_path: Path) -> None:
    assert leads(tmp_path, jumping(), finding(named(8), named(6))) == [
        (39, "p0", "Drawn by lot, newest steps", "One of the groups of step 39, drawn by lot: what is usual."),
        (
            21, "p0", "At the largest jump",
            (
                "The total reward rose from 0.205 in steps 17 to 20 to 0.805 in steps 21 to 24, more than anywhere "
                "else. This group is the nearest that was recorded, of step 21."
            ),
        ),
        (
            6, "p0", "For the alert truncation",
            "Named by the error of step 7: Step 7: cut off. It shows: 7 of 8 cut off.",
        ),
    ]  # fmt: skip


def test_the_jump_is_that_of_the_task(tmp_path: Path) -> None:
    log = jumping()
    log.run["primary"] = "accuracy"
    log.again(0)
    for step in range(1, 41):
        log.add(RewardEvent, step, name="total", n=8, mean=0.2 if step < 21 else 0.8)
        log.add(RewardEvent, step, name="accuracy", n=8, mean=0.9 if step < 11 else 0.4)
        if step % 3 == 0:
            example(log, step, kept="lot", prompt_id="drawn")
            for index in (0, 1):
                example(log, step, group=1, index=index, kept="divided", total=float(index))
    ((step, prompt, _, why),) = [lead for lead in leads(tmp_path, log) if "jump" in lead[2]]
    assert (step, prompt) == (12, "drawn")
    assert why.startswith("accuracy fell from 0.900 in steps 7 to 10 to 0.400 in steps 11 to 14, more than")


def test_a_run_that_never_moved_has_no_jump(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2, 3):
        log.add(RewardEvent, step, name="total", n=8, mean=0.5)
        example(log, step, kept="best")
    assert leads(tmp_path, log) == []


def test_rules_of_others_are_not_named_in_a_title(tmp_path: Path) -> None:
    log = Log()
    example(log, 6)
    ((_, _, title, _),) = leads(tmp_path, log, finding(named(6), rule="<b>"))
    assert title == "For an alert"


def test_a_group_that_is_chosen_twice_comes_once_with_both_reasons(tmp_path: Path) -> None:
    report = report_of(tmp_path, jumping(steps=21, at=20))
    assert [group.title for group in report.groups[:2]] == ["Drawn by lot, newest steps", "Drawn by lot, first steps"]
    assert report.leading_groups == (report.groups[0].key,)
    assert report.groups[0].why.startswith(
        "One of the groups of step 21, drawn by lot: what is usual. The total reward"
    )


def test_alerts_are_told_with_the_groups_that_they_name() -> None:
    note = AlertNote("truncation, error at step 7: 7 of 8 cut off", "finding-1")
    later = AlertNote("reward_drop, error at step 7: 7 of 8 cut off", "finding-2")
    found = notes_of([finding(named(6), named(5)), finding(named(6), rule="reward_drop")])
    assert found == {"group-0-6-x-0": (note, later), "group-0-5-x-0": (note,)}


def heads(*rows: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["step", "prompt_id"], orient="row").with_row_index("row")


def test_any_beginning_of_the_order_has_new_ones_old_ones_and_prompts_that_recur() -> None:
    table = heads(*((step, "again" if step in (3, 5) else f"p{step}") for step in range(16)))
    assert list(in_order_of_worth(table, [7]))[:8] == [7, 15, 0, 3, 14, 8, 5, 13]


def test_the_order_holds_every_group_once() -> None:
    table = heads(*((step, "same") for step in range(37)))
    assert sorted(in_order_of_worth(table, [7, 7, 3])) == list(range(37))
    assert list(in_order_of_worth(heads((1, "a")), [])) == [0]
