"""The prompts of a run as tables of the report."""

from pathlib import Path
from typing import Any

from built import Log, example, report_of

from grpolog.events import GroupEvent
from grpolog.report.build.prompts import ROWS, TEXT
from grpolog.report.model import PromptRow, PromptSet, SourceRow


def visited(log: Log, step: int, prompt: str, passes: int | None, **fields: Any) -> None:
    given = {"group": 0, "prompt_id": prompt, "n": 8, "passes": passes, "mean": 0.5, "generation": step} | fields
    log.add(GroupEvent, step, **given)


def sets(folder: Path, log: Log) -> tuple[PromptSet, ...]:
    return report_of(folder, log).prompts


def titles(found: PromptSet) -> dict[str, list[str]]:
    return {table.title: [row.prompt_id for row in table.rows] for table in found.tables}


def test_a_run_of_several_epochs_shows_what_regressed_and_what_is_hard(tmp_path: Path) -> None:
    log = Log()
    for step, passes in enumerate(((8, 0, 8), (8, 1, 8), (2, 1, 8)), start=1):
        for prompt, known in zip(("lost", "hard", "easy"), passes, strict=True):
            visited(log, step, prompt, known)
    (found,) = sets(tmp_path, log)
    assert (found.where, found.score, found.prompts, found.groups) == ("Training", "pass rate", 3, 9)
    assert titles(found) == {
        "Regressed": ["lost"], "Hardest": ["hard", "lost", "easy"], "Always solved": ["easy"],
    }  # fmt: skip
    assert dict(found.counts) == {"never": 0, "sometimes": 2, "always": 1, "unknown": 0}
    assert found.notes == (
        "Every prompt came up 3 times.",
        "Of the 3 prompts that came up again, chance alone would call about 1 prompt regressed.",
    )


def test_a_run_of_one_epoch_says_so_and_shows_what_is_on_the_edge(tmp_path: Path) -> None:
    log = Log()
    for group, passes in enumerate((0, 3, 4, 8)):
        visited(log, 1, f"p{group}", passes, group=group)
    (found,) = sets(tmp_path, log)
    assert titles(found) == {
        "Hardest": ["p0", "p1", "p2", "p3"], "On the edge": ["p2", "p1"], "Always solved": ["p3"],
    }  # fmt: skip
    assert found.notes[0].startswith("Each prompt came up once")


def test_without_a_known_task_it_is_said_that_totals_are_compared(tmp_path: Path) -> None:
    log = Log()
    visited(log, 1, "a", None, mean=0.25)
    (found,) = sets(tmp_path, log)
    assert found.tables[0].about == "The lowest total reward over all visits; of equals, those with the most answers."
    assert found.notes[1].startswith("The log does not tell which answers are right")


def test_a_row_has_the_text_of_its_prompt_and_leads_to_its_newest_group(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2):
        visited(log, step, "a", 2 * step, row_id="row-7", source="sums")
        example(log, step, prompt_id="a", prompt="x" * (TEXT + 1), generation=step)
    (found,) = sets(tmp_path, log)
    assert found.tables[0].rows == (
        PromptRow(
            prompt_id="a", row_id="row-7", source="sums", text="x" * TEXT + "…", visits=2, completions=16, passes=6,
            first=0.25, best=0.25, best_step=1, last=0.5, last_step=2, swing=None, mean=0.5,
            course=(0.25, 0.5), group="group-0-2-2-0",
        ),
    )  # fmt: skip
    assert found.sources == (SourceRow("sums", 1, 16, 0, 1, 0, 0.25, 0.5, None, None),)


def test_tables_are_short_and_say_how_many_there_are(tmp_path: Path) -> None:
    log = Log()
    for group in range(ROWS + 5):
        visited(log, 1, f"p{group:02}", 0, group=group)
    (found,) = sets(tmp_path, log)
    assert [(len(table.rows), table.found) for table in found.tables] == [(ROWS, ROWS + 5)]


def test_training_comes_before_evaluations(tmp_path: Path) -> None:
    log = Log()
    for mode, name in (("eval", None), ("eval", "b"), ("eval", "a"), ("train", None)):
        visited(log, 1, "p", 1, mode=mode, eval_name=name)
    assert [found.where for found in sets(tmp_path, log)] == [
        "Training", "Evaluation", "Evaluation on a", "Evaluation on b",
    ]  # fmt: skip


def test_a_log_without_groups_has_no_prompts(tmp_path: Path) -> None:
    assert sets(tmp_path, Log()) == ()
