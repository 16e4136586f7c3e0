"""The values of a logged row as numbers by key."""

from collections.abc import Callable, Mapping
from functools import lru_cache
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
    names = _names(tuple(values))
    try:
        return {name: float(values[key]) for key, name in names}
    except (ValueError, TypeError, OverflowError):
        pass  # not numbers alone
    found: dict[str, float] = {}
    for key, _ in names:
        _add(found, key, values[key], other, 1)
    return found


@lru_cache(maxsize=256)
def _names(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """The keys that are not W&B's own, each with its name."""
    return [(key, _name(key)) for key in keys if not key.startswith("_")]


def _name(key: str) -> str:
    dotted = "." in key and "/" not in key and key.startswith(_DOTTED)
    return key.replace(".", "/") if dotted else key


def _add(found: dict[str, float], key: str, value: Any, other: Other, depth: int) -> None:
    real = value if type(value) is float else _number(value)
    if real is not None:
        found[_name(key)] = real
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
