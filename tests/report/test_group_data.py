"""Recorded groups as data of a page."""

import base64
import json
import math
import zlib
from pathlib import Path
from typing import Any

from built import Log, example, report_of
from hostile import CORPUS, hostile_log
from recorded import typical

from grpolog.report.elements import Element
from grpolog.report.group_data import Packed, pack
from grpolog.report.group_view import answer, prompt
from grpolog.report.text import visible

MUCH = 1_000_000


def records(packed: Packed, groups: int | None = None) -> list[Any]:
    """The lines as the script reads them."""
    raw = base64.b64decode(packed.text(len(packed.pieces) if groups is None else groups))
    unpacker = zlib.decompressobj(-15)
    text = unpacker.decompress(raw)
    assert unpacker.eof
    return [json.loads(line) for line in text.decode().splitlines()]


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in inner for text in texts(child)]


def as_read(element: Element) -> Any:
    return json.loads(json.dumps(element))


def test_a_group_is_its_elements_and_the_numbers_that_it_is_found_by(tmp_path: Path) -> None:
    log = Log()
    paid = {"a": 1.0, "unknown": None}
    example(log, 7, total=0.25, rewards=paid, tokens=10, source="sums", prompt_id="q", generation=3)
    example(log, 7, index=1, total=math.inf, rewards={"a": 1 / 3}, tokens=20, prompt_id="q", generation=3)
    (group,) = report_of(tmp_path, log).groups
    head, asked, told = records(pack([group], MUCH))
    assert head == {"functions": ["a"]}
    assert asked == as_read(prompt(group))
    drawn = {name: told.pop(name) for name in ("line", "about", "scores", "answers")}
    assert told == {
        "key": "group-0-7-3-0", "step": 7, "where": "training", "source": "sums", "id": "q", "outcome": "mixed",
        "alert": False, "length": 15.0, "totals": [None, 0.25], "rewards": {"0": [0.333333, 1.0]}, "prompt": 0,
    }  # fmt: skip
    assert drawn["answers"] == [as_read(answer(completion)) for completion in group.ranked]


def test_groups_of_one_prompt_share_it(tmp_path: Path) -> None:
    log = Log()
    for step in (1, 2, 3):
        example(log, step, prompt="?" * step if step < 3 else "?")
    found = records(pack(report_of(tmp_path, log).groups, MUCH))
    assert [record["prompt"] for record in found if isinstance(record, dict) and "key" in record] == [0, 0, 1]
    assert sum(isinstance(record, list) for record in found) == 2


def test_any_number_of_groups_can_be_read_without_the_others(tmp_path: Path) -> None:
    packed = pack(report_of(tmp_path, typical()).groups, MUCH)
    whole = records(packed)
    for groups in range(1, len(packed.pieces) + 1):
        found = records(packed, groups)
        assert found == whole[: len(found)]
        assert sum("key" in record for record in found) == groups
    assert packed.text(0) == ""


def test_what_fits_is_what_is_said_to_fit(tmp_path: Path) -> None:
    groups = report_of(tmp_path, typical()).groups
    packed = pack(groups, MUCH)
    whole = [len(packed.text(count)) for count in range(len(groups) + 1)]
    for size in (0, *whole, *(size - 1 for size in whole[1:]), *(size + 1 for size in whole)):
        fit = packed.fitting(size)
        assert len(packed.text(fit)) <= size
        assert fit == len(groups) or len(packed.text(fit + 1)) > size
    few = pack(groups, len(packed.text(3)))
    assert few.pieces == packed.pieces[: len(few.pieces)]
    assert 2 <= len(few.pieces) <= 3


def test_hostile_text_is_text_and_hidden_characters_are_shown(tmp_path: Path) -> None:
    report = report_of(tmp_path, hostile_log())
    told = texts(records(pack(report.groups, MUCH)))
    assert not [text for text in told if visible(text) != text]
    turns = [turn for group in report.groups for answer in group.completions for turn in answer.turns]
    assert len(turns) > len(CORPUS)
    assert {visible(turn.text) for turn in turns if turn.kind == "text"} <= set(told)


def test_no_group_packs_to_nothing() -> None:
    assert pack([], MUCH).text(0) == ""
