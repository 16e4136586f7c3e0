import math
from typing import Any, get_args

import pytest
from filled import filled, minimal
from pydantic import BaseModel, ValidationError

from grpolog import jsonl
from grpolog.events import EVENTS, Envelope, Event, GpuReading, any_event
from grpolog.events.descriptions import descriptions
from grpolog.events.json_schema import schema

MODELS = [*EVENTS.values(), GpuReading]


def kinds(node: dict[str, Any]) -> set[str]:
    """The JSON types that a field may have, null aside."""
    if "anyOf" in node:
        return set().union(*map(kinds, node["anyOf"]))
    if "$ref" in node or "type" not in node:
        return {"anything"}
    types = {node["type"]} if isinstance(node["type"], str) else set(node["type"])
    if "array" in types:
        inner = node.get("prefixItems", [node.get("items", {})])
        types = {f"array of {kind}" for kind in set().union(*map(kinds, inner)) - {"null"}}
    if "object" in types and isinstance(node.get("additionalProperties"), dict):
        types = {f"object of {kind}" for kind in kinds(node["additionalProperties"]) - {"null"}}
    return types - {"null"}


@pytest.mark.parametrize("model", MODELS)
def test_every_field_has_a_docstring(model: type[BaseModel]):
    assert [name for name in model.model_fields if not descriptions(model).get(name)] == []


@pytest.mark.parametrize("model", MODELS)
def test_every_event_has_a_docstring_of_its_own(model: type[BaseModel]):
    assert model.__doc__
    assert model.__doc__ not in {base.__doc__ for base in model.__mro__[1:]}


def test_a_field_of_one_name_has_one_type_in_every_event():
    found: dict[str, dict[str, frozenset[str]]] = {}
    for event in EVENTS:
        for name, node in schema(event)["properties"].items():
            found.setdefault(name, {})[event] = frozenset(kinds(node))
    assert {name: by_event for name, by_event in found.items() if len(set(by_event.values())) > 1} == {}


@pytest.mark.parametrize("event", EVENTS)
def test_a_field_has_one_type(event: str):
    mixed = {name: kinds(node) for name, node in schema(event)["properties"].items()}
    assert {name: types for name, types in mixed.items() if len(types) > 1} == {}


def test_the_table_of_events_and_the_union_name_the_same_models():
    assert set(EVENTS.values()) == set(get_args(Event))
    assert {name: model.model_fields["event"].default for name, model in EVENTS.items()} == {n: n for n in EVENTS}


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_a_line_begins_with_the_envelope(model: type[Envelope]):
    envelope = ["v", "event", "step", "time", "attempt", "seq", "rank"]
    assert list(model.model_fields)[:7] == envelope
    assert [name for name in minimal(model).model_dump(exclude_none=True) if name in envelope] == envelope


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_an_unknown_field_is_refused_when_writing(model: type[Envelope]):
    fields = minimal(model).model_dump(exclude_none=True)
    with pytest.raises(ValidationError, match="lenght"):
        model(**fields, lenght=3)


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_an_unknown_field_is_passed_over_when_reading(model: type[Envelope]):
    event = filled(model)
    fields = event.model_dump(exclude_none=True)
    assert any_event.validate_python({**fields, "of a later version": [1]}, extra="ignore") == event


@pytest.mark.parametrize("make", [minimal, filled])
@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_the_name_of_the_event_finds_its_model_again(model: type[Envelope], make: Any):
    event = make(model)
    record, note = jsonl.decode(jsonl.encode(event))
    again = any_event.validate_python(record, extra="ignore")
    assert (type(again), again, note) == (model, event, None)


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_an_event_full_of_nan_comes_back(model: type[Envelope]):
    event = filled(model, math.nan)
    again = any_event.validate_python(jsonl.decode(jsonl.encode(event))[0], extra="ignore")
    assert repr(again) == repr(event)


@pytest.mark.parametrize("record", [{"event": "unheard", "step": 1}, {"step": 1}])
def test_an_unknown_event_is_a_validation_error(record: dict[str, Any]):
    with pytest.raises(ValidationError, match=r"union_tag|discriminator"):
        any_event.validate_python(record, extra="ignore")


@pytest.mark.parametrize("change", [{"step": -1}, {"v": 2}, {"seq": -1}, {"rank": -1}, {"step": "one"}, {"step": None}])
def test_an_envelope_that_cannot_be_is_refused(change: dict[str, Any]):
    with pytest.raises(ValidationError):
        any_event.validate_python({"event": "step", "step": 1} | change, extra="ignore")
