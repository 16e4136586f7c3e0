"""JSON as other programs write it: NaN and Infinity, lone surrogates, integers of any length."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from grpolog import jsonl
from grpolog.sources.sample import as_text

_BETWEEN = re.compile(r"[ \t\r\n,]*")
_MOST_FAILURES = 100
"""Broken items behind which the next one is looked for."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(data: bytes | str) -> Any:
    """The value of a JSON text. Lone surrogates become U+FFFD, integers beyond 64 bits floats.

    Raises:
        ValueError: the text is no JSON, or nested too deep.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = _loads(data if isinstance(data, str) else as_text(data))
    if isinstance(value, (dict, list)) and jsonl.is_deep(value):
        raise ValueError(f"nested more than {jsonl.DEEPEST} levels deep")
    return value


def _loads(text: str) -> Any:
    try:
        value = json.loads(text, parse_int=_integer)
        return _cleaned(value) if _SURROGATE.search(text) else value
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _integer(digits: str) -> float | int:
    if len(digits) < 19:
        return int(digits)
    real = float(digits)
    return int(digits) if -(2.0**63) <= real < 2.0**63 else real


def _cleaned(value: Any) -> Any:
    """The value without surrogates."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value


def whole_items(text: str, place: int) -> Iterator[tuple[Any, int]]:
    """The items of a broken list that are whole, each with the place behind it.

    Args:
        text: the text of the list.
        place: where its first item may begin.
    """
    decoder, failures = json.JSONDecoder(parse_int=_integer), 0
    while failures < _MOST_FAILURES:
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        try:
            value, place = decoder.raw_decode(text, place)
            if not isinstance(value, (dict, list)) or not jsonl.is_deep(value):
                yield _cleaned(value), place
        except (ValueError, RecursionError):
            failures += 1
            place = text.find('{"', place + 1)
            if place < 0:
                return
