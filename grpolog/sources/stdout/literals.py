"""Flat dicts as Python and JSON write them, read without evaluating anything."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from grpolog.sources.numbers import number

_NUMBER = rb"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_BARE = re.compile(
    rb"(:\s*)(?:"
    rb"([+-]?(?:nan|inf|NaN|Infinity))"
    rb"|(?:[a-z]+\.)*[a-z]+\d*\(\s*['\"]?([+-]?(?:nan|inf)|" + _NUMBER + rb")['\"]?[^()]*\)"
    rb"|(None|True|False)"
    rb")(?=\s*[,}])"
)
"""Values that JSON does not have: `nan`, `np.float64(0.5)`, `tensor(0.5, device='cuda:0')`, `None`."""

_CONSTANTS = {b"None": b"null", b"True": b"true", b"False": b"false"}

_PAIR = re.compile(
    rb"""(?P<quote>['"])(?P<key>(?:(?!(?P=quote))[^\\\r\n]|\\.){1,200})(?P=quote)\s*:\s*"""
    rb"""(?:(?P<mark>['"])(?P<text>(?:(?!(?P=mark))[^\\]|\\.){0,500})(?P=mark)|(?P<bare>[^,'"{}\[\]()\s]{1,60}(?:\([^()]{0,100}\))?))"""
    rb"\s*[,}]"
)
"""A key and a whole value: it counts only when a comma or the end of the dict follows."""

_WRAPPED = re.compile(rb"[\w.]+\(\s*['\"]?(" + _NUMBER + rb"|[+-]?(?:nan|inf))")


def read_dict(text: bytes) -> dict[str, Any] | None:
    """The dict that `text` writes, texts that are numbers as numbers; None where it is none."""
    content = _loads(text)
    if not isinstance(content, dict):
        return None
    if any(type(value) is str for value in content.values()):
        try:
            return dict(zip(content, map(float, content.values()), strict=True))
        except (ValueError, TypeError):
            return {key: _value(value) if type(value) is str else value for key, value in content.items()}
    return content


def read_pairs(text: bytes) -> dict[str, Any]:
    """The whole pairs of a damaged dict; what stands between them is passed over."""
    return dict(_pairs(text))


def _loads(text: bytes) -> Any:
    json = _as_json(text)
    if json is not None:
        try:
            return orjson.loads(json)
        except orjson.JSONDecodeError:
            pass
        try:
            return orjson.loads(_BARE.sub(_in_json, json))
        except orjson.JSONDecodeError:
            pass
    pairs = dict(_pairs(text))
    return pairs if pairs and _is_whole(text, pairs) else None


def _as_json(text: bytes) -> bytes | None:
    """The text with its quotes as JSON has them; None where it is not certain which quote ends a text."""
    if b"'" not in text:
        return text
    if b'"' in text or b"\\" in text:
        return None
    return text.replace(b"'", b'"')


def _in_json(match: re.Match[bytes]) -> bytes:
    start, word, wrapped, constant = match.groups()
    if constant:
        return start + _CONSTANTS[constant]
    return start + b'"' + (word or wrapped) + b'"'


def _pairs(text: bytes) -> Iterator[tuple[str, Any]]:
    for match in _PAIR.finditer(text):
        raw = match["text"] if match["mark"] else match["bare"]
        wrapped = None if match["mark"] else _WRAPPED.match(raw)
        value = (wrapped[1] if wrapped else raw).decode("utf-8", "replace")
        yield match["key"].decode("utf-8", "replace"), None if value == "None" else _value(value)


def _is_whole(text: bytes, pairs: Mapping[str, Any]) -> bool:
    """Whether nothing but the pairs stands in the dict, so that none was torn."""
    rest = _PAIR.sub(b"", text)
    return not rest.strip(b"{} \t") and bool(pairs)


def _value(text: str) -> Any:
    """The number that a text is, else the text."""
    try:
        return float(text)
    except ValueError:
        real = number(text)
        return text if real is None else real
