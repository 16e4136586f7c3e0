"""The report as JSON."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import orjson

from grpolog.report.model import Comparison, Report

SCHEMA_VERSION: Final = 1
"""Major version of the report as JSON: a newer minor version of grpolog only adds fields."""


def render(report: Report | Comparison, only: Sequence[str] | None = None) -> str:
    """`v` (SCHEMA_VERSION) and the values of `report` as one line of JSON.

    Lone surrogates, which UTF-8 cannot carry, become U+FFFD.

    Args:
        report: the report.
        only: the names of the fields that are wanted; None: all.
    """
    names = [field.name for field in fields(report)] if only is None else only
    values = {"v": SCHEMA_VERSION} | {name: getattr(report, name) for name in names}
    try:
        return orjson.dumps(values).decode() + "\n"
    except TypeError:
        return orjson.dumps({name: _encodable(value) for name, value in values.items()}).decode() + "\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, tuple):
        return [_encodable(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: _encodable(getattr(value, field.name)) for field in fields(value)}
    return value
