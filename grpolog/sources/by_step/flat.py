"""A row of nested objects as values by key."""

from collections.abc import Mapping
from typing import Any, Final

Values = Mapping[str, Any]

_WRAPPERS: Final = frozenset({"data", "metrics", "logs", "log", "scalars", "values", "stats", "summary"})
"""Objects that only hold the metrics together; their names are left out."""

_REWARDS: Final = frozenset({"reward", "rewards", "reward_components", "components", "reward_breakdown"})
"""Objects of numbers by reward function."""

_TOTALS: Final = frozenset({"total", "reward", "sum", "overall", "total_reward", "combined"})
_STATISTICS: Final = frozenset({"mean", "avg", "std", "min", "max", "median", "sum", "count", "n", "p10", "p90", "var"})
_NESTED: Final = frozenset({dict, list})
_DEEPEST: Final = 8
"""Levels of objects that are read."""


class Named(dict[str, Any]):
    """Values of which some have names that were made here, which tell nothing of who logged them."""


def flat(row: Values) -> Values:
    """The values of a row by keys joined with slashes; lists are left out.

    What is wrapped up as `metrics` or `data` keeps its own name, and an object of rewards by function becomes
    `rewards/<function>/mean`, its total `reward`.

    Returns:
        The row itself where nothing is nested, `Named` where an object of rewards was.
    """
    if not _NESTED & set(map(type, row.values())):
        return row
    found: dict[str, Any] = {}
    return Named(found) if _add(found, "", row, 0) else found


def _add(found: dict[str, Any], prefix: str, values: Values, depth: int) -> bool:
    """Add the values of an object; whether some were given a name."""
    named = False
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            if _is_by_function(name, value):
                named = True
                for function, amount in value.items():
                    found.setdefault("reward" if function in _TOTALS else f"rewards/{function}/mean", amount)
            elif depth < _DEEPEST:
                named |= _add(found, prefix if name in _WRAPPERS else f"{key}/", value, depth + 1)
        elif not isinstance(value, list):
            found.setdefault(key, value)
    return named


def _is_by_function(name: str, values: Values) -> bool:
    numbers = all(isinstance(value, (int, float, type(None))) for value in values.values())
    return name in _REWARDS and bool(values) and numbers and not values.keys() <= _STATISTICS
