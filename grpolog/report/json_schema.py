"""The published JSON Schemas (2020-12) of `grpolog report` and `compare --format json`, derived from the model.

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
from typing import Any, Final

from pydantic import TypeAdapter

from grpolog.events.json_schema import DIALECT, as_written, write_schema
from grpolog.report import model
from grpolog.report.data import SCHEMA_VERSION

Schema = dict[str, Any]

KINDS: Final[dict[str, tuple[type, str]]] = {
    "report": (model.Report, "The report of a run"),
    "comparison": (model.Comparison, "Several runs held against each other"),
}
"""What is published: by name the class and the title of its schema."""


def file_name(name: str) -> str:
    """The file of a schema of KINDS."""
    return f"{name}-v{SCHEMA_VERSION}.schema.json"


def schema(name: str = "report") -> Schema:
    """The schema of one of KINDS."""
    kind, title = KINDS[name]
    described: Schema = as_written(TypeAdapter(kind).json_schema(mode="serialization"))
    definitions = described.pop("$defs")
    for inner, definition in definitions.items():
        _complete(definition, getattr(model, inner))
    _complete(described, kind)
    version = {"const": SCHEMA_VERSION, "description": "Major version of this schema."}
    return {
        "$schema": DIALECT,
        "$id": f"https://grpolog.dev/schemas/{file_name(name)}",
        "title": title,
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
    for published in KINDS:
        path = write_schema(Path(sys.argv[1]) / file_name(published), schema(published))
        print(f"Wrote {path}", file=sys.stderr)
