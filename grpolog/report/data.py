"""The report as JSON."""

from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from grpolog.report.model import Report


def render(report: Report) -> str:
    """The values of `report` as one line of JSON. Lone surrogates, which UTF-8 cannot carry, become U+FFFD."""
    try:
        return orjson.dumps(report).decode() + "\n"
    except TypeError:
        return orjson.dumps(_encodable(report)).decode() + "\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, tuple):
        return [_encodable(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: _encodable(getattr(value, field.name)) for field in fields(value)}
    return value
