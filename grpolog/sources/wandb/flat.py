"""The values of a logged row as numbers by key."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from grpolog.sources.numbers import number

_DOTTED: Final = ("train.", "eval.", "rewards.", "completions.", "profiling.")
"""Beginnings of keys whose slashes an export wrote as dots."""

_DEEPEST: Final = 20
"""Levels of nested objects that are read."""

Other = Callable[[str, str], None]
"""Takes key and kind of a value that is no number."""


def flat(values: Mapping[str, Any], other: Other = lambda key, kind: None) -> dict[str, float]:
    """Numbers by key; nested objects are joined with slashes, W&B's own keys are left out.

    Args:
        values: as logged or exported.
        other: told of texts, tables and pictures; not of W&B's own keys and of what is missing.
    """
    found: dict[str, float] = {}
    for key, value in values.items():
        if not key.startswith("_"):
            _add(found, key, value, other, 1)
    return found


def _add(found: dict[str, float], key: str, value: Any, other: Other, depth: int) -> None:
    real = value if type(value) is float else _number(value)
    if real is not None:
        if "." in key and "/" not in key and key.startswith(_DOTTED):
            key = key.replace(".", "/")
        found[key] = real
    elif isinstance(value, Mapping):
        if "_type" in value:
            other(key, str(value["_type"]))
        elif depth < _DEEPEST:
            for name, inside in value.items():
                _add(found, f"{key}/{name}", inside, other, depth + 1)
    elif value is not None and value != "":
        other(key, type(value).__name__)


def _number(value: Any) -> float | None:
    """A number, one that a text holds included: W&B writes what JSON cannot as "NaN", "Infinity" and "-Infinity"."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return number(value)
    return None if isinstance(value, Mapping) else number(value)
