"""One event as one line, and back."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel

from grpolog.events import Envelope
from grpolog.jsonl.limits import check_size

_TEXTS = (date, time, UUID, PurePath)
"""Types that are written as their text."""

# What orjson would write by itself is left to `plain` where the two could differ.
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
DEEPEST: Final = 200
"""Levels of a value that is read; each takes a step of whatever walks over it."""

_INT64 = range(-(2**63), 2**64)
_INDEX = re.compile("0|[1-9][0-9]*")
_SURROGATES = re.compile("[\ud800-\udfff]")


def encode(event: Envelope, counts: Counter[str] | None = None) -> bytes:
    """One line of the log.

    Args:
        event: the event; it is not changed.
        counts: counts corrections that lose something: `surrogates` (texts with lone surrogates), `huge_integers`,
            `not_json` (values of a type that JSON does not have, written as their `repr`).

    Returns:
        The line with its newline.

    Raises:
        ValueError: a value is nested more than about 250 levels deep, or contains itself.
    """
    record = {key: value for key, value in event.__dict__.items() if value is not None}
    try:
        line = orjson.dumps(record, option=_OPTIONS)
        if b"null" not in line:  # orjson writes non-finite numbers as null
            return line
    except TypeError:
        pass  # not plain JSON types, or not valid Unicode: made so below
    counts = counts if counts is not None else Counter()
    non_finite: dict[str, str] = {}
    try:
        record = plain(record, "", non_finite, counts)
        if non_finite:
            record["non_finite"] = record.get("non_finite", {}) | non_finite
        return dumps(record, counts) + b"\n"
    except (RecursionError, TypeError) as error:
        raise ValueError(f"{type(event).__name__} cannot be written: nested too deep") from error


def plain(value: Any, pointer: str, non_finite: dict[str, str], counts: Counter[str]) -> Any:
    """`value` as JSON types only; non-finite numbers become null and are noted under their JSON pointer."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        non_finite[pointer] = _name(value)
        return None
    if isinstance(value, int):
        if int(value) in _INT64:
            return int(value)
        counts["huge_integers"] += 1
        try:
            return float(value)
        except OverflowError:
            non_finite[pointer] = "inf" if value > 0 else "-inf"
            return None
    if isinstance(value, dict):
        return {str(k): plain(v, f"{pointer}/{escape_pointer(str(k))}", non_finite, counts) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, f"{pointer}/{i}", non_finite, counts) for i, v in enumerate(value)]
    if isinstance(value, BaseModel):
        fields = {k: v for k, v in value.__dict__.items() if v is not None}
        return plain(fields, pointer, non_finite, counts)
    if isinstance(value, Enum):
        return plain(value.value, pointer, non_finite, counts)
    if isinstance(value, _TEXTS):
        return str(value)
    if hasattr(value, "tolist"):  # numpy and torch scalars and arrays
        return plain(value.tolist(), pointer, non_finite, counts)
    counts["not_json"] += 1
    return repr(value)


def dumps(record: Any, counts: Counter[str]) -> bytes:
    """JSON of plain values; lone surrogates, which UTF-8 cannot carry, become U+FFFD and are counted.

    Raises:
        TypeError: nested more than 254 levels deep.
    """
    try:
        return orjson.dumps(record)
    except TypeError:
        return orjson.dumps(_without_surrogates(record, counts))


def decode(line: bytes) -> tuple[dict[str, Any], str | None]:
    """The record of one line, with non-finite numbers put back in place.

    Returns:
        The record, and what had to be corrected to read it (such as a NaN literal), or None.

    Raises:
        ValueError: the line is no JSON object; the message says why.
    """
    note = None
    check_size(line)
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as strict:
        try:
            record, note = _loads_leniently(line)
        except (ValueError, RecursionError):
            raise ValueError(f"invalid JSON: {strict}") from None
    if not isinstance(record, dict):
        raise ValueError(f"not an object but {type(record).__name__}")
    if line.count(b"{") + line.count(b"[") > DEEPEST and is_deep(record):
        raise ValueError(f"nested more than {DEEPEST} levels deep")
    non_finite = record.pop("non_finite", None)
    if isinstance(non_finite, dict):
        for pointer, name in non_finite.items():
            _restore(record, pointer, name)
    return record, note


def is_deep(value: Any) -> bool:
    """Whether a value of JSON is nested more than DEEPEST levels deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def lines(part: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of an open part with their numbers from 1, without empty ones; the last may lack its newline.

    Raises:
        OSError, EOFError, ZstdError, zlib.error: the file is cut off or damaged (`BROKEN`).
    """
    for number, line in enumerate(part, start=1):
        if line.strip():
            yield number, line


def escape_pointer(key: str) -> str:
    """A key as it stands in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _name(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _without_surrogates(value: Any, counts: Counter[str]) -> Any:
    if isinstance(value, str):
        clean, n = _SURROGATES.subn("\ufffd", value)
        counts["surrogates"] += n > 0
        return clean
    if isinstance(value, dict):
        return {_without_surrogates(k, counts): _without_surrogates(v, counts) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(v, counts) for v in value]
    return value


def _loads_leniently(line: bytes) -> tuple[Any, str]:
    """What Python's own parser makes of a line that is not strict JSON, and what was wrong with it."""
    literals: list[str] = []
    surrogates: Counter[str] = Counter()

    def literal(name: str) -> float:
        literals.append(name)
        return float(name)

    record = json.loads(line, parse_constant=literal, parse_int=_integer)
    record = _without_surrogates(record, surrogates)
    if literals:
        return record, f"{literals[0]} literal, which JSON does not have"
    if surrogates.total():
        return record, "lone surrogate escape, replaced by U+FFFD"
    return record, "JSON beyond the standard"


def _integer(digits: str) -> int | float:
    value = int(digits)
    return value if value in _INT64 else float(digits)


def _restore(record: dict[str, Any], pointer: str, name: Any) -> None:
    """Puts a non-finite number back where the record has null; a pointer to anything else is left alone."""
    if name not in ("nan", "inf", "-inf") or not pointer.startswith("/"):
        return
    *parents, last = (key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:])
    place: Any = record
    for key in parents:
        place = _child(place, key)
    if isinstance(place, dict) and place.get(last) is None:
        place[last] = float(name)
    elif isinstance(place, list) and _INDEX.fullmatch(last) and int(last) < len(place) and place[int(last)] is None:
        place[int(last)] = float(name)


def _child(place: Any, key: str) -> Any:
    if isinstance(place, dict):
        return place.get(key)
    if isinstance(place, list) and _INDEX.fullmatch(key) and int(key) < len(place):
        return place[int(key)]
    return None
