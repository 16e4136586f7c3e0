"""Exports in which missing values were filled with those of the row before."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from grpolog.sources.sample import Note
from grpolog.sources.wandb.history import Entry

_SEVERAL: Final = 2
"""Values of a group that must all repeat: a single one may well stay as it is."""

_TIMED: Final = "profiling/"
"""Beginning of the keys of times, which are logged one by one and never repeat."""

_APART: Final = ("eval", "val", "test")
"""Beginnings of keys that are not logged with those of training."""

_STEP: Final = "step"
"""Last word of the keys that count steps; they go on in a filled row."""


def without_fills(entries: Iterable[Entry], path: Path, note: Note) -> Iterator[Entry]:
    """The entries without the values that only repeat those of the row before.

    Values fall into groups that are logged apart: of training, of evaluation, and each time of a function. A group of
    which nothing changes was not logged again. Where a key that was there is missing later, nothing was filled in.
    """
    before: Mapping[str, Any] = {}
    filled = True
    for entry in entries:
        present = {key: value for key, value in entry.values.items() if value is not None and value != ""}
        filled = filled and before.keys() <= present.keys()
        if not filled:
            yield entry
            continue
        repeated = _repeated(present, before)
        before = present
        if repeated:
            what = "values filled in from the row before"
            note("repeated row", path, entry.line, what, key=what)
        yield Entry(entry.line, {key: value for key, value in present.items() if key not in repeated})


def _repeated(values: Mapping[str, Any], before: Mapping[str, Any]) -> set[str]:
    """The keys of the groups that are as they were."""
    same = {key for key, value in values.items() if key in before and value == before[key]}
    return set().union(*(keys for keys in _groups(tuple(values)) if keys <= same)) if same else same


@lru_cache(maxsize=256)
def _groups(keys: tuple[str, ...]) -> list[set[str]]:
    """The groups among the keys of a row that may be found to repeat."""
    groups: dict[str, set[str]] = {}
    for key in keys:
        if not key.startswith("_") and not key.endswith(_STEP):
            groups.setdefault(_group(key), set()).add(key)
    return [keys for name, keys in groups.items() if len(keys) >= (1 if name.startswith(_TIMED) else _SEVERAL)]


def _group(key: str) -> str:
    if key.startswith(_TIMED):
        return key
    return key.split("/")[0] if key.startswith(_APART) else ""
