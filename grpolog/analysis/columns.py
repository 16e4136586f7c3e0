"""The columns of each event's table, derived from the models.

A table is flat: an open map such as `metrics` becomes one column per key, named `metrics/<key>` (no field has a
slash in its name). Values of any shape (`details`, `extra`, messages) are kept as JSON text.
"""

from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import polars as pl
from pydantic import BaseModel

from grpolog.events import EVENTS

TABLES = ("step", "reward", "group", "quality", "perf", "example", "alert")
"""The events that are read into tables; `run` events stay objects."""


LINE = "_line"
"""Column with the line of each row, counted over all parts; dropped when reading is done."""


class Kind(Enum):
    """What a field holds."""

    INTEGER = "an integer"
    NUMBER = "a number"
    FLAG = "true or false"
    TEXT = "a text"
    TEXTS = "a list of texts"
    MAP = "an object of numbers"
    READINGS = "a list of objects"
    JSON = "an object or a list"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an event."""

    name: str
    kind: Kind
    required: bool
    default: Any
    """Value of rows that lack the field; None for unknown."""
    fields: "dict[str, Column] | None" = None
    """The fields of each object of READINGS."""

    @property
    def dtype(self) -> pl.DataType:
        """The column's type; of a MAP that of each of its keys."""
        if self.kind is Kind.READINGS:
            return pl.List(pl.Struct({c.name: c.dtype for c in (self.fields or {}).values()}))
        return _DTYPES[self.kind]


_DTYPES: dict[Kind, pl.DataType] = {
    Kind.INTEGER: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.FLAG: pl.Boolean(),
    Kind.TEXT: pl.String(),
    Kind.TEXTS: pl.List(pl.String()),
    Kind.MAP: pl.Float64(),
    Kind.JSON: pl.String(),
}
_KINDS: dict[Any, Kind] = {int: Kind.INTEGER, float: Kind.NUMBER, bool: Kind.FLAG, str: Kind.TEXT}
_NOT_COLUMNS = ("v", "event", "non_finite")
# A line without a time or number has an unknown one; the models' zeros are for events that were not written yet.
_NO_DEFAULT = ("time", "seq")


def _columns(model: type[BaseModel]) -> dict[str, Column]:
    columns = {}
    for name, field in model.model_fields.items():
        if name in _NOT_COLUMNS:
            continue
        kind, fields = _kind(field.annotation)
        required = field.is_required()
        default = None if required or name in _NO_DEFAULT else field.default
        columns[name] = Column(name, kind, required, default, fields)
    return columns


def _kind(annotation: Any) -> tuple[Kind, dict[str, Column] | None]:
    if get_origin(annotation) in (Union, UnionType):
        kinds = {_kind(a)[0]: a for a in get_args(annotation) if a is not NoneType}
        # int | float is a number
        annotation = kinds.get(Kind.NUMBER) or next(iter(kinds.values()))
    if get_origin(annotation) is Literal:
        annotation = type(get_args(annotation)[0])
    if annotation in _KINDS:
        return _KINDS[annotation], None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and _kind(arguments[1])[0] is Kind.NUMBER:
        return Kind.MAP, None
    if get_origin(annotation) is list and _kind(arguments[0])[0] is Kind.TEXT:
        return Kind.TEXTS, None
    if get_origin(annotation) is list and isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel):
        return Kind.READINGS, _columns(arguments[0])
    return Kind.JSON, None


COLUMNS: dict[str, dict[str, Column]] = {event: _columns(EVENTS[event]) for event in TABLES}
"""By event its fields by name, in the order of the model."""

MAPS: dict[str, tuple[str, ...]] = {
    event: tuple(c.name for c in columns.values() if c.kind is Kind.MAP) for event, columns in COLUMNS.items()
}
"""By event the names of its open maps."""


MapKeys = dict[str, dict[str, None]]
"""Keys seen so far of each open map, `event.field`, in order of appearance; as many as the limit on metrics allows."""


def empty(event: str) -> pl.DataFrame:
    """The table of `event` without rows and without keys of maps, with LINE."""
    columns = COLUMNS[event].values()
    return pl.DataFrame(schema={c.name: c.dtype for c in columns if c.kind is not Kind.MAP} | {LINE: pl.Int64()})


def with_defaults(event: str, table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the fields' defaults where a line lacks them."""
    defaults = [
        pl.col(c.name).fill_null(pl.lit(c.default, dtype=c.dtype))
        for c in COLUMNS[event].values()
        if c.default is not None and c.name in table.columns
    ]
    return table.with_columns(defaults)
