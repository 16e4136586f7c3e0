"""The published JSON Schema (2020-12) of `grpolog report --format json`, derived from the report model.

Every field is always there. A number that was not finite is null, and so is what is unknown; unknown fields are
allowed, so that a validator of today accepts what a newer minor version adds.

    python -m grpolog.report.json_schema schemas
"""

import ast
import inspect
import sys
from dataclasses import is_dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import TypeAdapter

from grpolog.events.json_schema import DIALECT, as_written, write_schema
from grpolog.report import model
from grpolog.report.data import SCHEMA_VERSION

Schema = dict[str, Any]

NAME = f"report-v{SCHEMA_VERSION}.schema.json"


def schema() -> Schema:
    """The schema of a report."""
    described: Schema = as_written(TypeAdapter(model.Report).json_schema(mode="serialization"))
    definitions = described.pop("$defs")
    for name, definition in definitions.items():
        _complete(definition, getattr(model, name))
    _complete(described, model.Report)
    version = {"const": SCHEMA_VERSION, "description": "Major version of this schema."}
    return {
        "$schema": DIALECT,
        "$id": f"https://grpolog.dev/schemas/{NAME}",
        "title": "The report of a run",
        **described,
        "properties": {"v": version, **described["properties"]},
        "required": ["v", *described["required"]],
        "$defs": definitions,
    }


def _complete(described: Schema, kind: type) -> None:
    """Adds what pydantic does not take from a dataclass: that all fields are there, and their docstrings."""
    assert is_dataclass(kind)
    described["required"] = list(described["properties"])
    for name, text in _docstrings(kind).items():
        field = described["properties"][name]
        described["properties"][name] = {"description": " ".join(text.split()), **field}


def _docstrings(kind: type) -> dict[str, str]:
    """By field the text below it in the source."""
    (definition,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(text))):
                    found[field.target.id] = text
    return found


if __name__ == "__main__":
    print(f"Wrote {write_schema(Path(sys.argv[1]) / NAME, schema())}", file=sys.stderr)
