"""One foreign row as the parts it speaks of: training, and each eval set."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from grpolog.events import Mode
from grpolog.metrics import Meaning
from grpolog.trends import naming

_EVAL = re.compile(r"eval([_/])(.+)", re.DOTALL)
_UNNAMED = {"eval_runtime", "eval/runtime"}
"""Keys of an evaluation whose set has no name."""

_ALONE = {"epoch"}  # says nothing without another number


_Place = tuple[Mode, str | None]


@dataclass(frozen=True, slots=True)
class Part:
    """The numbers of one row about training or one eval set."""

    mode: Mode
    eval_name: str | None
    fields: Mapping[str, Any]
    """Fields of the step event."""

    keys: frozenset[str]
    """Canonical names."""

    digest: int
    """Equal for equal numbers."""


def parts_of(numbers: Mapping[str, float], meaning: Callable[[str], Meaning]) -> list[Part]:
    """The parts of a row; none for a row that holds nothing but closing totals.

    Of two keys with one meaning and different values the second keeps its own name.

    Args:
        numbers: the row by the framework's own keys.
        meaning: what each key means; one function for all rows of a log.
    """
    found: dict[_Place, dict[str, float]] = {}
    for key, place, name, what in _placed(tuple(numbers), meaning):
        value = numbers[key]
        metrics = found.setdefault(place, {})
        scaled = what.scaled(value)
        held = metrics.setdefault(what.metric, scaled)
        if held != scaled and repr(held) != repr(scaled):
            metrics.setdefault(name, value)
    evaluations = [metrics for (mode, _), metrics in found.items() if mode == "eval"]
    train = found.get(("train", None), {})
    if evaluations and train.keys() <= _ALONE:
        found.pop(("train", None), None)
        for metrics in evaluations:
            metrics |= train  # the epoch of an eval row
    return [_part(mode, name, metrics) for (mode, name), metrics in found.items() if metrics.keys() - _ALONE]


@lru_cache(maxsize=1024)
def _placed(keys: tuple[str, ...], meaning: Callable[[str], Meaning]) -> tuple[tuple[str, _Place, str, Meaning], ...]:
    """Of the keys of a row the mode and eval set that each speaks of, its name there and its meaning.

    Hugging Face evaluates set after set, and only some keys of such a row name the set: the others are of the same.
    """
    eval_sets = _eval_sets(keys)
    only = eval_sets[0] if len(eval_sets) == 1 and not _UNNAMED & set(keys) else None
    found = []
    for key in keys:
        if key.removeprefix("train/") in naming.TOTALS:
            continue
        name, what = key, meaning(key)
        place: _Place = (what.mode, what.eval_name)
        match = _EVAL.fullmatch(key)
        if match and (match[1] == "_" or (what.mode, what.metric) == ("eval", meaning(match[2]).metric)):
            of = next((s for s in eval_sets if match[2].startswith(f"{s}_")), only)
            name = match[2].removeprefix(f"{of}_") if of else match[2]
            what, place = meaning(name), ("eval", of)
        found.append((key, place, name, what))
    return tuple(found)


def _part(mode: Mode, name: str | None, metrics: Mapping[str, float]) -> Part:
    fields: dict[str, Any] = {
        naming.FIELDS[metric]: float(value) for metric, value in metrics.items() if metric in naming.FIELDS
    }
    others = {metric: value for metric, value in metrics.items() if metric not in naming.FIELDS}
    digest = hash(frozenset((metric, value if value == value else "nan") for metric, value in metrics.items()))
    return Part(mode, name, fields | {"metrics": others or None}, frozenset(metrics), digest)


def _eval_sets(keys: Iterable[str]) -> list[str]:
    """The eval sets of a row of Hugging Face, from keys like `eval_<set>_runtime`, the longest first."""
    found = {match[1] for key in keys if (match := re.fullmatch(r"eval[_/](.+)_runtime", key))}
    return sorted(found, key=lambda name: (-len(name), name))
