"""The settings of a run as flat pairs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

DEPTH: Final = 4
"""Levels of a configuration that are told apart; what is deeper is one value."""


def flat(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A configuration as pairs of dotted name and value."""
    yield from _flat(config, "", DEPTH)


def text_of(value: Any) -> str:
    """A setting as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return repr(value)


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and depth:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth - 1)
    elif name:
        yield name, value
