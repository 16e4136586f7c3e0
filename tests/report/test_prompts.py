"""Prompts in a terminal, and as JSON."""

import json
from pathlib import Path
from typing import Any

from built import Log, run_of
from hostile import CORPUS

from grpolog.analysis import Run
from grpolog.analysis.prompts import prompt_texts, prompts_of
from grpolog.events import ExampleEvent, GroupEvent
from grpolog.report import prompts
from grpolog.report.folding import columns
from grpolog.report.prompts import Page
from grpolog.report.terminal import Paint
from grpolog.report.text import visible


def visits(log: Log, prompt: str, *passes: int | None, **fields: Any) -> None:
    for step, right in enumerate(passes, start=1):
        told = {"passes": right, "mean": 0.5 if right is None else right / 8, "std": 0.4} | fields
        log.add(GroupEvent, step, group=0, prompt_id=prompt, n=8, generation=step, **told)


def lines_of(run: Run, width: int = 80) -> list[str]:
    found = prompts_of(run)
    texts = prompt_texts(run, found.table["prompt_id"])
    return list(Page(found, texts, width, Paint(False)).overview())


def test_the_overview_counts_and_names_the_telling_prompts(tmp_path: Path) -> None:
    log = Log()
    visits(log, "easy", 8, 8, 8)
    visits(log, "lost", 8, 2, 1, row_id="row-7", source="sums")
    visits(log, "swings", 0, 8, 1, source="sums")
    visits(log, "hard", 0, 0, 0)
    asked = [{"role": "system", "content": "Think."}, {"role": "user", "content": "1 +\n1?"}]
    log.add(ExampleEvent, 1, group=0, index=0, prompt_id="hard", kept="lot", prompt_messages=asked)
    assert [line.replace("\u00a0", " ") for line in lines_of(run_of(tmp_path, log))] == [
        "4 prompts: never solved 1, sometimes solved 2, always solved 1, regressed 2.",
        "",
        "source  prompts  never  sometimes  always  first → last  signal  tokens",
        "–             2      1          0       1   100 % → 0 %       –       –",
        "sums          2      0          2       0  100 % → 12 %       –       –",
        "",
        "Hardest",
        "pass rate  answers  first → last  id      prompt",
        "      0 %       24     0 % → 0 %  hard    1 + 1?",
        "     38 %       24    0 % → 12 %  swings",
        "     46 %       24  100 % → 12 %  row-7",
        "",
        "Regressed",
        "pass rate  answers  first → last  best before  id      prompt",
        "     46 %       24  100 % → 12 %        100 %  row-7",
        "     38 %       24    0 % → 12 %        100 %  swings",
        "",
        "Most unstable",
        "pass rate  answers  first → last  swing  id      prompt",
        "     38 %       24    0 % → 12 %   88 %  swings",
    ]


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    log = Log()
    visits(log, "a", None)
    assert lines_of(run_of(tmp_path, log))[:5] == [
        "1 prompt: never solved 0, sometimes solved 0, always solved 0, not known whether",
        "solved 1.",
        "Measured by their mean total: the log does not tell what solves a prompt",
        "(primary=, reward_range=).",
        "No prompt came up twice: what is said of one rests on one group.",
    ]


def hostile(folder: Path) -> Run:
    log = Log()
    for number, text in enumerate(CORPUS):
        visits(log, f"{text}#{number}", number % 9, 8 - number % 9, row_id=text, source=text)
        log.add(ExampleEvent, 1, group=0, index=0, prompt_id=f"{text}#{number}", kept="lot", prompt=text)
    return run_of(folder, log)


def test_hostile_text_neither_moves_the_cursor_nor_passes_the_edge(tmp_path: Path) -> None:
    lines = lines_of(hostile(tmp_path), 60)
    assert [line for line in lines if visible(line) != line or "\n" in line] == []
    assert max(map(columns, lines)) <= 60


def test_json_has_the_rows_with_their_texts(tmp_path: Path) -> None:
    run = hostile(tmp_path)
    found = prompts_of(run)
    chosen = found.select("regressed", 3)
    content = json.loads(prompts.as_json(found, chosen, prompt_texts(run, chosen["prompt_id"])))
    assert content["counts"] == found.counts
    assert [row["prompt_id"] for row in content["prompts"]] == chosen["prompt_id"].to_list()
    assert all(row["prompt_id"].startswith(f"{row['prompt']}#") for row in content["prompts"])


def test_ids_are_those_of_rows_where_all_have_one_that_fits_a_line(tmp_path: Path) -> None:
    log = Log()
    visits(log, "a", 1, row_id="7")
    visits(log, "b", 1, row_id="8")
    assert prompts.ids(prompts_of(run_of(tmp_path, log)).table) == ("row", ["7", "8"])
    visits(log, "c", 1, row_id="9\n10")
    assert prompts.ids(prompts_of(run_of(tmp_path, log)).table) == ("prompt", ["a", "b", "c"])
    assert prompts.ids(prompts_of(run_of(tmp_path, log)).table.head(0)) == ("row", [])
