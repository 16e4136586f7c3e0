import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from built import Log, report_of
from hostile import hostile_log
from recorded import typical

from grpolog.events import ExampleEvent, StepEvent
from grpolog.report import Report


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def plain(value: Any) -> Any:
    """What JSON can say of a value."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def test_the_values_come_back_whole(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=60, resume_at=None))
    text = report.to_json()
    assert text.count("\n") == 1
    assert json.loads(text, parse_constant=refuse) == {"v": 1} | plain(asdict(report))
    assert list(json.loads(text)) == ["v", *(field.name for field in fields(Report))]


def test_what_is_not_finite_is_null(tmp_path: Path) -> None:
    log = Log()
    for step, loss in ((1, math.nan), (2, math.inf), (3, 0.5)):
        log.add(StepEvent, step, loss=loss)
    data = json.loads(report_of(tmp_path, log).to_json(), parse_constant=refuse)
    (panel,) = (p for q in data["questions"] for p in q["panels"] if p["key"] == "panel-loss")
    assert panel["series"][0]["curve"]["y"] == [None, None, 0.5]
    assert panel["series"][0]["non_finite"] == 2


def test_hostile_text_comes_back_as_it_was(tmp_path: Path) -> None:
    report = report_of(tmp_path, hostile_log())
    assert json.loads(report.to_json(), parse_constant=refuse) == {"v": 1} | plain(asdict(report))


def test_lone_surrogates_become_a_replacement_character(tmp_path: Path) -> None:
    log = Log()
    log.add(ExampleEvent, 1, group=0, index=0, prompt_id="p", kept="lot", prompt="a\ud800b", completion="\udfff")
    data = json.loads(report_of(tmp_path, log).to_json())
    assert data["groups"][0]["prompt"][0]["text"] == "a\ufffdb"


def test_json_leaves_out_the_last_groups_and_whatever_refers_to_them(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical(steps=60, resume_at=None))
    whole = len(report.to_json().encode())
    least = len(report.to_json(max_bytes=0).encode())
    text = report.to_json(max_bytes=(whole + least) // 2)
    found = json.loads(text)
    groups = [*found["groups"], *found["more_groups"]]
    every = [*report.groups, *report.more_groups]
    assert len(text.encode()) <= (whole + least) // 2 + 60
    assert [group["key"] for group in groups] == [group.key for group in every[: len(groups)]]
    out = len(every) - len(groups)
    assert 0 < out < len(every)
    assert found["examples_note"] == f"{report.examples_note} {out} groups left out to keep this file small."
    keys = {row["group"] for known in found["prompts"] for table in known["tables"] for row in table["rows"]}
    assert keys <= {"", *(group["key"] for group in groups)}
