"""The published schema of the report."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from built import Log, report_of
from hostile import hostile_log
from jsonschema import Draft202012Validator
from recorded import LogBuilder, typical

from grpolog.events import StepEvent
from grpolog.report import build_comparison
from grpolog.report.json_schema import KINDS, file_name, schema

PUBLISHED = Path(__file__).parents[2] / "schemas"


def not_finite() -> Log:
    log = Log()
    log.add(StepEvent, 1, loss=float("nan"), reward=float("inf"), kl=0.5)
    log.add(StepEvent, 2, loss=float("-inf"), reward=0.5, kl=float("nan"))
    return log


@pytest.mark.parametrize("log", [typical(steps=60), hostile_log(), not_finite(), Log(), LogBuilder()])
def test_every_report_is_as_the_schema_says(tmp_path: Path, log: LogBuilder) -> None:
    if not log.lines:
        log.add(StepEvent, 1, loss=0.5)
    content = json.loads(report_of(tmp_path, log).to_json())
    assert [f"{e.message} @ {e.json_path}" for e in Draft202012Validator(schema()).iter_errors(content)] == []


def without(content: dict[str, Any], *path: Any) -> dict[str, Any]:
    copy = inner = json.loads(json.dumps(content))
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return copy


@pytest.mark.parametrize("path", [("v",), ("title",), ("verdict", "word"), ("numbers", 0, "value")])
def test_a_report_that_lacks_a_field_is_not(tmp_path: Path, path: tuple[Any, ...]) -> None:
    content = json.loads(report_of(tmp_path, not_finite()).to_json())
    assert not Draft202012Validator(schema()).is_valid(without(content, *path))
    assert Draft202012Validator(schema()).is_valid(content | {"a newer field": 1})


def test_the_published_schemas_are_those_of_the_model(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "grpolog.report.json_schema", tmp_path]
    subprocess.run(command, capture_output=True, text=True, check=True)
    for name in map(file_name, KINDS):
        assert (PUBLISHED / name).read_text("utf-8") == (tmp_path / name).read_text("utf-8"), "run `make schemas`"


def test_that_of_a_comparison_describes_one_and_every_field_of_it(tmp_path: Path) -> None:
    paths = [not_finite().write(tmp_path / "a.jsonl"), typical(steps=20, resume_at=None).write(tmp_path / "b.jsonl")]
    content = json.loads(build_comparison(paths).to_json())
    described = schema("comparison")
    Draft202012Validator.check_schema(described)
    assert [f"{e.message} @ {e.json_path}" for e in Draft202012Validator(described).iter_errors(content)] == []
    assert described["properties"]["metric"]["description"].startswith("The metric that decides")
    objects = {"Comparison": described} | described["$defs"]
    fields = {f"{name}.{key}": node for name, node in objects.items() for key, node in node["properties"].items()}
    assert [name for name, node in fields.items() if not node.get("description")] == []


def test_it_is_valid_and_takes_its_words_from_the_model() -> None:
    described = schema()
    Draft202012Validator.check_schema(described)
    assert described["properties"]["complete"]["description"] == "Whether nothing of the log was lost."
    assert described["$defs"]["Curve"]["properties"]["y"] == {
        "description": "Value; NaN is a gap.",
        "type": "array",
        "items": {"type": ["number", "null"]},
    }


def test_every_field_is_described() -> None:
    described = schema()
    objects = {"Report": described} | described["$defs"]
    fields = {f"{name}.{key}": node for name, node in objects.items() for key, node in node["properties"].items()}
    assert [name for name, node in fields.items() if not node.get("description")] == []
