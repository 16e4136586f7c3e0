"""The fast path: lines as our writer writes them, parsed by polars, and proof that nothing was read wrongly.

polars drops unknown fields, takes the first of duplicate keys, and turns any value of a text field into text, all
silently. So the keys and the texts in the bytes are counted and held to those in the frame: every value of the frame
comes from one key of the bytes, so equal counts leave none that was dropped, repeated or altered. The counts are exact
where the bytes hold no backslash, no null and no space before a colon; other lines are not parsed here.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import orjson
import polars as pl

from grpolog.analysis.columns import COLUMNS, MAPS, Kind, MapKeys, with_defaults
from grpolog.events import SCHEMA_VERSION
from grpolog.jsonl import limits

_HEAD = 25
"""Bytes that tell events apart: those before the second key of the longest event, `quality`."""

FAST = ("step", "reward", "group", "quality", "perf")
"""Events read here: numbers, short names and maps of numbers. Events with free text are parsed line by line."""

_HEADS = {f'{{"v":{SCHEMA_VERSION},"event":"{event}","step":'.encode()[:_HEAD]: event for event in FAST}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Lines of one event, and the place of each among all lines, from 0."""

    lines: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


def sort_lines(lines: Iterable[bytes]) -> tuple[dict[str, Bucket], Bucket]:
    """Lines by event where they begin as our writer begins them and hold no null; and all others but empty ones."""
    buckets = {event: Bucket() for event in FAST}
    appends = {head: (buckets[e].lines.append, buckets[e].places.append) for head, e in _HEADS.items()}
    rest = Bucket()
    others = (rest.lines.append, rest.places.append)
    for place, line in enumerate(lines):
        line_append, place_append = appends.get(line[:_HEAD], others)
        if line_append is not others[0] and b":null" in line:
            line_append, place_append = others
        if line:
            line_append(line)
            place_append(place)
    return buckets, rest


def parse(event: str, lines: list[bytes], keys: MapKeys) -> pl.DataFrame | None:
    """The table of lines of one event, one row a line.

    Args:
        event: one of FAST; every line begins as its head says.
        lines: at least one line.
        keys: the keys of open maps known so far; new ones are added.

    Returns:
        The table, or None where it might differ from what a JSON parser reads.
    """
    data = b"\n".join(lines)
    if not _countable(data):
        return None
    if not all(f"{event}.{name}" in keys for name in MAPS[event]):
        _learn(event, lines[:1], keys)
    table = _parse(event, data, len(lines), keys)
    if table is None and MAPS[event] and _learn(event, lines, keys):
        table = _parse(event, data, len(lines), keys)
    return table


def _countable(data: bytes) -> bool:
    odd = (b"\\", b" :", b"\t", b"\r", b'":":')
    return data.isascii() and not any(mark in data for mark in odd)


def _learn(event: str, lines: list[bytes], keys: MapKeys) -> bool:
    """Adds the keys of the lines' maps; whether there was a new one."""
    grown = False
    for name in MAPS[event]:
        keys.setdefault(f"{event}.{name}", {})
    for line in lines:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        for name in MAPS[event]:
            values = record.get(name)
            known = keys[f"{event}.{name}"]
            if isinstance(values, dict) and not values.keys() <= known.keys():
                room = max(0, limits().metrics - len(known))
                new = dict.fromkeys(islice((key for key in values if key not in known), room))
                known.update(new)
                grown = grown or bool(new)
    return grown


def _parse(event: str, data: bytes, height: int, keys: MapKeys) -> pl.DataFrame | None:
    schema = {
        c.name: pl.Struct(dict.fromkeys(keys[f"{event}.{c.name}"], pl.Float64())) if c.kind is Kind.MAP else c.dtype
        for c in COLUMNS[event].values()
    }
    try:
        table = pl.read_ndjson(io.BytesIO(data), schema=schema)
    except pl.exceptions.PolarsError:
        return None
    if table.height != height or any(table[c.name].null_count() for c in COLUMNS[event].values() if c.required):
        return None
    n_keys, n_texts = _count(table)
    # `v` and `event` are no columns; `event` is a text
    if n_keys + 2 * height != data.count(b'":') or n_texts + height != data.count(b'":"'):
        return None
    for name in MAPS[event]:
        table = table.with_columns(table[name].struct.unnest().rename(lambda key: f"{name}/{key}")).drop(name)  # noqa: B023
    return with_defaults(event, table)


def _count(table: pl.DataFrame) -> tuple[int, int]:
    """Values in a table, nested ones included, and how many of them are texts."""
    n_keys = n_texts = 0
    for column in table:
        values = len(column) - column.null_count()
        n_keys += values
        if column.dtype == pl.String:
            n_texts += values
        inner = column
        if isinstance(inner.dtype, pl.List):
            inner = inner.drop_nulls().explode()
        if isinstance(inner.dtype, pl.Struct) and inner.dtype.fields and len(inner):
            nested_keys, nested_texts = _count(inner.struct.unnest())
            n_keys += nested_keys
            n_texts += nested_texts
    return n_keys, n_texts
