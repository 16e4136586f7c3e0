"""The published JSON Schemas (2020-12) of the events, derived from the models.

They describe lines as they are written: the envelope and fields without a default are required, everything else may
be null or absent, a number that was not finite is null (see `non_finite`), and unknown fields are allowed, so that a
validator of today accepts what a newer minor version adds.

    python -m grpolog.events.json_schema schemas/v1
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from grpolog.errors import UsageError
from grpolog.events import EVENTS, SCHEMA_VERSION, AlertGroup, Envelope, GpuReading
from grpolog.events.descriptions import descriptions

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NESTED: dict[str, type[BaseModel]] = {model.__name__: model for model in (AlertGroup, GpuReading)}
"""Models within events."""

_BASE = f"https://grpolog.dev/schemas/v{SCHEMA_VERSION}"


def schema(event: str) -> Schema:
    """The schema of one event's lines.

    Raises:
        UsageError: there is no such event.
    """
    if event not in EVENTS:
        raise UsageError(f"no event is called {event!r}: the events are {', '.join(EVENTS)}")
    body = _describe(EVENTS[event])
    return {"$schema": DIALECT, "$id": f"{_BASE}/{event}.schema.json", "title": f"The {event} event"} | body


def any_line_schema() -> Schema:
    """The schema of any line: each event by its own schema, an unknown one by its envelope.

    Unknown events pass because a newer minor version may add events, and a reader counts them instead of failing.
    """
    envelope = _describe(Envelope)
    definitions: Schema = {}
    for event, model in EVENTS.items():
        body = _describe(model)
        definitions |= body.pop("$defs", {})
        definitions[event] = body
    return {
        "$schema": DIALECT,
        "$id": f"{_BASE}/line.schema.json",
        "title": "Any line of a log",
        **envelope,
        "allOf": [
            {
                "if": {"properties": {"event": {"const": event}}, "required": ["event"]},
                "then": {"$ref": f"#/$defs/{event}"},
            }
            for event in EVENTS
        ],
        "$defs": definitions,
    }


def write_schema(path: Path, content: Schema) -> Path:
    """Writes a schema as it is published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def write_schemas(folder: Path) -> list[Path]:
    """Writes `<event>.schema.json` for each event and `line.schema.json` into `folder`, made if need be."""
    schemas = {event: schema(event) for event in EVENTS} | {"line": any_line_schema()}
    return [write_schema(folder / f"{name}.schema.json", content) for name, content in schemas.items()]


def _describe(model: type[Envelope]) -> Schema:
    """The schema of a model's lines, without the keywords that identify a file."""
    told: Schema = model.model_json_schema()
    _explain(told, model)
    for name, inner in told.get("$defs", {}).items():
        _explain(inner, _NESTED[name])
    described: Schema = as_written(told)
    described["required"] = [name for name in described["properties"] if name in _required(model)]
    return described


def _explain(node: Schema, model: type[BaseModel]) -> None:
    """Give the properties of a model's schema what stands under its fields."""
    for name, text in descriptions(model).items():
        if name in node["properties"]:
            field = node["properties"][name] | {"description": text}
            node["properties"][name] = {keyword: field[keyword] for keyword in sorted(field)}


def _required(model: type[Envelope]) -> set[str]:
    envelope = {name for name, field in Envelope.model_fields.items() if field.default is not None}
    return envelope | {name for name, field in model.model_fields.items() if field.is_required()}


def as_written(node: Any) -> Any:
    """A schema as pydantic states it, changed to what stands in a file: numbers may be null, unknown fields pass."""
    if isinstance(node, list):
        return [as_written(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed: Schema = {}
    for keyword, value in node.items():
        if keyword in ("properties", "$defs"):
            changed[keyword] = {name: as_written(inner) for name, inner in value.items()}
        elif keyword == "description":
            changed[keyword] = " ".join(value.split())
        elif keyword not in ("title", "default") and not (keyword == "additionalProperties" and value is False):
            changed[keyword] = as_written(value)
    if changed.get("type") == "number":
        changed["type"] = ["number", "null"]
    return _with_one_type(changed)


def _with_one_type(node: Schema) -> Schema:
    """`anyOf` of bare types as one list of types, which reads better."""
    options = node.get("anyOf")
    if options is None or any(set(option) != {"type"} for option in options):
        return node
    types: list[str] = []
    for option in options:
        types += [option["type"]] if isinstance(option["type"], str) else option["type"]
    if "number" in types:
        types = [name for name in types if name != "integer"]  # every integer is a number
    unique = list(dict.fromkeys(sorted(types, key="null".__eq__)))
    rest = {keyword: value for keyword, value in node.items() if keyword != "anyOf"}
    return rest | {"type": unique}


if __name__ == "__main__":
    for written in write_schemas(Path(sys.argv[1])):
        print(f"Wrote {written}", file=sys.stderr)
