import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filled import filled, minimal
from jsonschema import Draft202012Validator

from grpolog import jsonl
from grpolog.errors import UsageError
from grpolog.events import EVENTS, Envelope, PerfEvent, RewardEvent, StepEvent
from grpolog.events.json_schema import any_line_schema, schema, write_schemas

PUBLISHED = Path(__file__).parents[2] / "schemas"


def errors(record: dict[str, Any]) -> list[str]:
    """What the schema of its event and the schema of any line have against a record."""
    schemas = [any_line_schema(), *(schema(event) for event in EVENTS if event == record["event"])]
    return [
        f"{error.message} @ {error.json_path}"
        for described in schemas
        for error in Draft202012Validator(described).iter_errors(record)
    ]


def record(event: Envelope) -> dict[str, Any]:
    return json.loads(jsonl.encode(event))


def test_the_published_schemas_are_those_of_the_models(tmp_path):
    fresh = {path.name: path.read_text() for path in write_schemas(tmp_path)}
    published = {path.name: path.read_text() for path in (PUBLISHED / "v1").iterdir()}
    assert published == fresh, "run `make schemas`"


def test_the_module_writes_them_from_the_command_line(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "grpolog.events.json_schema", tmp_path / "v1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == len(list((tmp_path / "v1").iterdir())) == len(EVENTS) + 1


@pytest.mark.parametrize("described", [*map(schema, EVENTS), any_line_schema()], ids=[*EVENTS, "line"])
def test_every_schema_is_valid_and_names_itself(described):
    Draft202012Validator.check_schema(described)
    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert re.fullmatch(r"https://grpolog\.dev/schemas/v1/\w+\.schema\.json", described["$id"])


@pytest.mark.parametrize("event", EVENTS)
def test_every_field_is_described(event):
    assert [name for name, node in schema(event)["properties"].items() if not node.get("description")] == []


def test_the_fields_of_nested_objects_are_described():
    nodes = schema("perf")["$defs"]["GpuReading"]["properties"]
    assert [name for name, node in nodes.items() if not node.get("description")] == []


@pytest.mark.parametrize("number", [0.5, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_a_line_with_every_field_is_accepted(model, number):
    assert errors(record(filled(model, number))) == []


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_a_line_with_the_fewest_fields_is_accepted(model):
    assert errors(record(minimal(model))) == []


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_null_is_as_good_as_absent(model):
    nulls = {name: None for name, field in model.model_fields.items() if field.default is None}
    assert errors(record(minimal(model)) | nulls) == []


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_fields_of_a_later_version_are_accepted(model):
    assert errors(record(filled(model)) | {"of a later version": [1]}) == []


def test_fields_of_a_later_version_are_accepted_in_nested_objects():
    line = record(filled(PerfEvent))
    line["gpus"][0]["of a later version"] = 1
    assert errors(line) == []


def test_an_event_of_a_later_version_is_accepted_by_its_envelope():
    line = record(StepEvent(step=1)) | {"event": "of a later version", "loss": "any type"}
    assert errors(line) == []
    line.pop("seq")
    assert errors(line) == ["'seq' is a required property @ $"]


@pytest.mark.parametrize("name", ["v", "step", "time", "attempt", "seq", "rank"])
@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_a_line_without_its_envelope_is_refused(model, name):
    line = record(minimal(model))
    line.pop(name)
    assert set(errors(line)) == {f"'{name}' is a required property @ $"}


def test_a_line_without_its_event_is_refused():
    line = record(StepEvent(step=1))
    line.pop("event")
    refused = [error.message for error in Draft202012Validator(any_line_schema()).iter_errors(line)]
    assert refused == ["'event' is a required property"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": None}, "None is not of type 'integer' @ $.n"),
        ({"mean": "high"}, "'high' is not of type 'number', 'null' @ $.mean"),
        ({"mode": "test"}, "'test' is not one of ['train', 'eval'] @ $.mode"),
        ({"step": -1}, "-1 is less than the minimum of 0 @ $.step"),
        ({"v": 2}, "1 was expected @ $.v"),
    ],
)
def test_a_field_of_another_type_is_refused(change, message):
    line = record(RewardEvent(step=1, name="accuracy", n=4)) | change
    assert set(errors(line)) == {message}


def test_a_line_is_only_accepted_by_the_schema_of_its_own_event():
    line = record(RewardEvent(step=1, name="accuracy", n=4))
    accepted = [event for event in EVENTS if Draft202012Validator(schema(event)).is_valid(line)]
    assert accepted == ["reward"]


def test_an_event_that_does_not_exist_is_a_usage_error():
    with pytest.raises(UsageError, match="no event is called 'rewards': the events are run, step, reward,"):
        schema("rewards")


def test_the_program_in_the_readme_names_the_bad_line(tmp_path, monkeypatch, capsys):
    program = re.search(r"```python\n(.*?)```", (PUBLISHED / "README.md").read_text(), re.DOTALL)[1]
    write_schemas(tmp_path / "schemas" / "v1")
    (tmp_path / "runs").mkdir()
    bad = jsonl.encode(StepEvent(step=2)).replace(b'"step":2', b'"step":"two"')
    (tmp_path / "runs" / "exp1.jsonl").write_bytes(jsonl.encode(StepEvent(step=1, loss=math.nan)) + bad)
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    assert set(capsys.readouterr().out.splitlines()) == {"runs/exp1.jsonl:2: 'two' is not of type 'integer' @ $.step"}
