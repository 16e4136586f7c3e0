"""The careful path: one record at a time, each value held to its field's type, every loss noted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from grpolog import jsonl
from grpolog.analysis.columns import COLUMNS, LINE, MAPS, Column, Kind, MapKeys, empty, with_defaults
from grpolog.analysis.losses import Losses

_Reader = Callable[[Column, Any], Any]
"""Takes a value as its column has it; TypeError or ValueError where it is none."""


@dataclass(slots=True)
class Rows:
    """Rows of one event, as they are read."""

    event: str
    keys: MapKeys = field(default_factory=dict)
    """Keys of open maps that are known so far; new ones are added, up to the limit."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    _readers: dict[str, tuple[Column, _Reader | None]] = field(init=False)
    """By field how its value is read; None for an open map."""
    _required: list[str] = field(init=False)

    def __post_init__(self) -> None:
        columns = COLUMNS[self.event]
        self._readers = {c.name: (c, None if c.kind is Kind.MAP else _READERS[c.kind]) for c in columns.values()}
        self._required = [c.name for c in columns.values() if c.required]

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
        readers = self._readers
        for key, value in record.items():
            if value is None or key == "v" or key == "event":
                continue
            known = readers.get(key)
            if known is None:
                what = f"unknown field `{key}` of {self.event} events"
                losses.note("unknown field", path, line, what, key=what)
                continue
            column, read = known
            if read is None and type(value) is dict:
                known_keys = self.keys.setdefault(f"{self.event}.{key}", {})
                for name, number in value.items():
                    if name not in known_keys:
                        if len(known_keys) >= jsonl.limits().metrics:
                            what = f"`{key}` has more than {len(known_keys):,} names (--allow metrics=N)"
                            losses.note("left out", path, line, what, key=what)
                            continue
                        known_keys[name] = None
                    own = f"{key}/{name}"
                    if number is None or type(number) is float:
                        row[own] = number
                    else:
                        row[own] = self._value(_number, _NUMBER, own, number, path, line, losses)
            else:
                row[key] = self._value(read or _not_a_map, column, key, value, path, line, losses)
        for name in self._required:
            if row.get(name) is None:
                losses.note("invalid line", path, line, f"{self.event} event without `{name}`")
                return
        self.rows.append(row)

    def _value(
        self, read: _Reader, column: Column, name: str, value: Any, path: Path, line: int, losses: Losses
    ) -> Any:
        try:
            return read(column, value)
        except (TypeError, ValueError):
            what = f"`{name}` of {self.event} events is not {column.kind.value}"
            losses.note("invalid value", path, line, what, key=what)
            return None

    def table(self) -> pl.DataFrame:
        """The rows as a table."""
        schema = dict(empty(self.event).schema)
        prefixes = tuple(f"{name}/" for name in MAPS[self.event])
        keys = dict.fromkeys(chain.from_iterable(self.rows)) if prefixes else ()
        schema.update((key, pl.Float64()) for key in keys if key.startswith(prefixes))
        return with_defaults(self.event, pl.DataFrame(self.rows, schema=schema, orient="row"))


def _integer(_column: Column, value: Any) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise TypeError
    return value


def _number(_column: Column, value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is not int:
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
        {name: None if v.get(name) is None else _READERS[c.kind](c, v[name]) for name, c in fields.items()}
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
_READERS: dict[Kind, _Reader] = {
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.READINGS: _readings,
    Kind.JSON: _json,
}
