"""The careful path: one record at a time, each value held to its field's type, every loss noted."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from grpolog import jsonl
from grpolog.analysis.columns import COLUMNS, LINE, MAPS, Column, Kind, empty, with_defaults
from grpolog.analysis.losses import Losses

_INT64 = range(-(2**63), 2**63)


@dataclass(slots=True)
class Rows:
    """Rows of one event, as they are read."""

    event: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, record: dict[str, Any], path: Path, line: int, offset: int, losses: Losses) -> None:
        """Add a decoded record; values that do not fit their field are left out and noted.

        Args:
            record: the fields by name.
            path: the part.
            line: the record's line in it.
            offset: lines of the parts before.
            losses: takes the notes.
        """
        row: dict[str, Any] = {LINE: offset + line}
        columns = COLUMNS[self.event]
        for key, value in record.items():
            column = columns.get(key)
            if value is None or key in ("v", "event"):
                continue
            if column is None:
                what = f"unknown field `{key}` of {self.event} events"
                losses.note("unknown field", path, line, what, key=what)
            elif column.kind is Kind.MAP and isinstance(value, dict):
                for name, number in value.items():
                    own = f"{key}/{name}"
                    row[own] = None if number is None else self._value(_NUMBER, own, number, path, line, losses)
            else:
                row[key] = self._value(column, key, value, path, line, losses)
        missing = [c.name for c in columns.values() if c.required and row.get(c.name) is None]
        if missing:
            losses.note("invalid line", path, line, f"{self.event} event without `{missing[0]}`")
        else:
            self.rows.append(row)

    def _value(self, column: Column, name: str, value: Any, path: Path, line: int, losses: Losses) -> Any:
        try:
            return _VALUES[column.kind](column, value)
        except (TypeError, ValueError):
            what = f"`{name}` of {self.event} events is not {column.kind.value}"
            losses.note("invalid value", path, line, what, key=what)
            return None

    def table(self) -> pl.DataFrame:
        """The rows as a table."""
        schema = dict(empty(self.event).schema)
        prefixes = tuple(f"{name}/" for name in MAPS[self.event])
        for row in self.rows if prefixes else ():
            schema.update((key, pl.Float64()) for key in row if key.startswith(prefixes))
        return with_defaults(self.event, pl.DataFrame(self.rows, schema=schema, orient="row"))


def _integer(_column: Column, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value not in _INT64:
        raise TypeError
    return value


def _number(_column: Column, value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _flag(_column: Column, value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _text(_column: Column, value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    # a lone surrogate, which only the lenient parser lets through
    return value.encode("utf-8", "replace").decode() if not value.isascii() else value


def _texts(column: Column, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(column, v) for v in value]


def _readings(column: Column, value: Any) -> list[dict[str, Any]]:
    fields = column.fields or {}
    if not isinstance(value, list) or not all(isinstance(v, dict) and v.keys() <= fields.keys() for v in value):
        raise TypeError
    return [
        {name: None if v.get(name) is None else _VALUES[c.kind](c, v[name]) for name, c in fields.items()}
        for v in value
    ]


def _json(_column: Column, value: Any) -> str:
    if not isinstance(value, (dict, list)):
        raise TypeError
    counts: Counter[str] = Counter()
    return jsonl.dumps(jsonl.plain(value, "", {}, counts), counts).decode()


def _not_a_map(_column: Column, _value: Any) -> None:
    raise TypeError


_NUMBER = Column("", Kind.NUMBER, required=False, default=None)
_VALUES = {
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.MAP: _not_a_map,
    Kind.READINGS: _readings,
    Kind.JSON: _json,
}
