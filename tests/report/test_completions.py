"""Completions in a terminal, and as JSON."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from built import Log, run_of
from hostile import hostile_log
from recorded import LogBuilder

from grpolog.analysis.completions import matching
from grpolog.events import ExampleEvent
from grpolog.report import completions
from grpolog.report.folding import columns
from grpolog.report.text import visible


def found_in(folder: Path, log: LogBuilder) -> pl.DataFrame:
    run = run_of(folder, log)
    return run.with_texts(matching(run))


def rendered(folder: Path, *rows: dict[str, Any], width: int = 80, full: bool = False) -> list[str]:
    log = Log()
    for place, row in enumerate(rows):
        fields = {"group": 0, "index": place, "prompt_id": "p", "kept": "best", "generation": 0} | row
        log.add(ExampleEvent, 1, **fields)
    return list(completions.rendered(found_in(folder, log), width=width, full=full))


def test_a_completion_is_printed_with_its_group_prompt_and_numbers(tmp_path: Path) -> None:
    shared = {"prompt": "1 + 1?", "source": "sums"}
    first = {"completion": "2", "rewards": {"right": 1.0, "form": None}, "total": 1.0, "advantage": 0.5, "tokens": 1}
    second = {"completion": "3", "rewards": {"right": 0.0, "form": 0.25}, "total": 0.25, "finish": "length"}
    lines = rendered(tmp_path, shared | first, shared | second | {"extra": {"parsed": 3}, "cut_chars": 9})
    assert [line.replace("\u00a0", " ") for line in lines] == [
        "step 1 · training · generation 0 · group 0: 2 completions, mean total 0.625 ·",
        "  kept as best · source sums · prompt p",
        "  1 + 1?",
        "",
        "completion 0 · total 1 · advantage +0.500 · 1 token",
        "right 1",
        "  2",
        "",
        "completion 1 · total 0.250 · cut off at the length limit",
        "right 0 · form 0.250",
        "  3",
        "  (9 characters were not recorded)",
        "  parsed: 3",
    ]


def test_another_group_begins_with_its_own_prompt(tmp_path: Path) -> None:
    lines = rendered(
        tmp_path, {"prompt": "a?", "completion": "a"}, {"prompt": "b?", "completion": "b", "group": 1}, width=200
    )
    assert [line for line in lines if line.startswith("  ")] == ["  a?", "  a", "  b?", "  b"]


def test_turns_of_a_conversation_are_told_apart(tmp_path: Path) -> None:
    call = {"function": {"name": "add", "arguments": {"a": 1}}}
    turns = [
        {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [call]},
        {"role": "tool", "name": "add", "content": "2"},
        {"role": "assistant", "content": "two"},
    ]
    lines = rendered(
        tmp_path, {"prompt_messages": [{"role": "user", "content": "?"}], "completion_messages": turns}, width=200
    )
    said = [line for line in lines if line.startswith("  ")]
    assert said == [
        "  user:", "    ?", "  assistant thinking:", "    hm", "  assistant tool call:", '    add({"a":1})',
        "  tool · add:", "    2", "  assistant:", "    two",
    ]  # fmt: skip


def test_long_texts_fold_to_their_beginning_and_end_unless_all_is_wanted(tmp_path: Path) -> None:
    text = "\n".join(map(str, range(50)))
    lines = rendered(tmp_path, {"completion": text})
    assert lines[-4:] == ["  … 38 more lines, --full shows them …", "  47", "  48", "  49"]
    assert [line.strip() for line in rendered(tmp_path, {"completion": text}, full=True)[-50:]] == text.split("\n")


def test_all_turns_are_printed_where_all_is_wanted(tmp_path: Path) -> None:
    turns = [{"role": "assistant", "content": f"turn {number}"} for number in range(60)]
    row = {"completion_messages": turns}
    assert sum("turn" in line and "left out" not in line for line in rendered(tmp_path, row)) == 40
    assert sum("turn" in line for line in rendered(tmp_path, row, full=True)) == 60


@pytest.mark.parametrize("width", [60, 100])
def test_hostile_text_neither_moves_the_cursor_nor_passes_the_edge(tmp_path: Path, width: int) -> None:
    found = found_in(tmp_path, hostile_log())
    lines = list(completions.rendered(found, width=width, full=True))
    assert [line for line in lines if visible(line) != line or "\n" in line] == []
    assert max(map(columns, lines)) <= width


def test_json_has_the_fields_of_the_event(tmp_path: Path) -> None:
    log = Log()
    messages = [{"role": "user", "content": "é"}]
    log.add(
        ExampleEvent, 2, group=0, index=1, prompt_id="p", kept="lot", prompt_messages=messages, completion="a\nb",
        rewards={"f": 1.0}, total=float("nan"), extra={"parsed": [1]},
    )  # fmt: skip
    (line,) = completions.lines_of_json(found_in(tmp_path, log))
    row = json.loads(line)
    assert {name: value for name, value in row.items() if value is not None} == {
        "attempt": 0, "mode": "train", "step": 2, "group": 0, "index": 1, "prompt_id": "p", "kept": "lot",
        "rewards": {"f": 1.0}, "group_size": 1, "prompt_messages": messages, "completion": "a\nb",
        "extra": {"parsed": [1]},
    }  # fmt: skip
    assert row["total"] is None
