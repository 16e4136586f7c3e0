"""W&B's history as rows by optimizer step.

Each call of `wandb.log` is an entry of its own and counts up `_step`, which so is no optimizer step. Entries that
share the trainer's own step become one row; an entry without it belongs to the step before it. TRL also logs how long
its functions took, `profiling/...`, many times a step: their means since the row before go into the next row that the
trainer logs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from grpolog.sources import tracked
from grpolog.sources.items import Row
from grpolog.sources.numbers import number
from grpolog.sources.sample import Note
from grpolog.sources.wandb.flat import flat

_AHEAD: Final = 200
"""Entries that are read before the framework is decided if they have enough keys; else up to `_MOST_AHEAD`."""

_MOST_AHEAD: Final = 5000
_ENOUGH: Final = 5
"""Keys, besides times of functions and steps, that tell a framework."""

_TIMED: Final = "profiling/"
_OWN_STEP: Final = "_step"
"""W&B's count of log calls, the step where there is no better one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one call logged."""

    line: int
    """Its line or record, from 1."""

    values: Mapping[str, Any]


@dataclass(slots=True)
class History:
    """Reads entries in their order."""

    path: Path
    note: Note
    framework: str | None = None
    """Known once `rows` was called."""

    _steps: tuple[str, ...] = (_OWN_STEP,)
    _step: int = 0
    """Optimizer step that was told last."""

    _names: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, None] = field(default_factory=dict)
    _sets: list[str] = field(default_factory=list)
    _timed: dict[str, tuple[float, int]] = field(default_factory=dict)
    _apart: dict[tuple[str, ...], tuple[list[str], list[tuple[str, str]]]] = field(default_factory=dict)
    """What `_told_apart` said of the keys so far."""

    def rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """The rows, read as they are asked for; the first entries are read at once."""
        coming, held, keys = iter(entries), list[Entry](), dict[str, None]()
        for entry in coming:
            held.append(entry)
            keys |= dict.fromkeys(flat(entry.values))
            if len(held) >= _MOST_AHEAD or (len(held) >= _AHEAD and sum(map(_tells, keys)) >= _ENOUGH):
                break
        self.framework = tracked.framework_of(keys)
        self._steps = next((names for names in tracked.STEPS if keys.keys() & set(names)), (_OWN_STEP,))
        if self._steps == (_OWN_STEP,) and self.framework == "trl":
            what = "the optimizer step is not there: steps are W&B's own count of log calls"
            self.note("corrected value", self.path, None, what)
        return self._rows(chain(held, coming))

    def _rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        row: _Gathered | None = None
        for entry in entries:
            numbers = flat(entry.values, self._other)
            self._step = self._told(entry.values, numbers)
            values = self._own(numbers)
            if not values:
                continue
            if row is None or row.step != self._step:
                yield from self._emitted(row)
                row = _Gathered(self._step, entry.line, tracked.StepRows(self._sets))
            row.values.add(values)
            row.time = number(entry.values.get("_timestamp")) or row.time
        yield from self._emitted(row)
        if self._timed:
            what = "`profiling/...` behind the last row belongs to no row"
            self.note("corrected value", self.path, None, what)

    def _told(self, raw: Mapping[str, Any], numbers: Mapping[str, float]) -> int:
        """The optimizer step of an entry: its own, or that of the entry before."""
        for name in self._steps:
            step = numbers.get(name, number(raw.get(name)))
            if step is not None and abs(step) < 2**53:
                return int(step)
        return self._step

    def _own(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """The values of an entry by the framework's own names, with the means of what was timed before it."""
        timed, named = self._told_apart(tuple(numbers))
        values = {name: numbers[key] for key, name in named}
        for key in timed:
            total, count = self._timed.get(key, (0.0, 0))
            self._timed[key] = total + numbers[key], count + 1
        if self._timed and any(name != key for key, name in named):
            prefix = "" if any(name != "epoch" and not name.startswith("eval_") for name in values) else "eval_"
            values |= {prefix + key: total / count for key, (total, count) in self._timed.items()}
            self._timed = {}
        return values

    def _told_apart(self, keys: tuple[str, ...]) -> tuple[list[str], list[tuple[str, str]]]:
        """Of the keys of an entry those of times, and the others with the framework's own names."""
        if keys not in self._apart:
            if not self._keys.keys() >= set(keys):
                self._keys |= dict.fromkeys(keys)
                self._names = tracked.own_names(self.framework, self._keys)
                self._sets[:] = tracked.eval_sets(self._names.values())
                self._apart.clear()
            timed = [key for key in keys if key.startswith(_TIMED)]
            named = [(key, self._names[key]) for key in keys if key in self._names and key not in timed]
            self._apart[keys] = timed, named
        return self._apart[keys]

    def _emitted(self, row: "_Gathered | None") -> Iterator[Row]:
        if row is None:
            return
        yield from row.values.rows(row.step, row.line, row.time)
        if row.values.repeated:
            what = "a number that was logged again for the same step; the last one counts"
            self.note("repeated row", self.path, row.line, what, key="numbers logged again", count=row.values.repeated)

    def _other(self, key: str, kind: str) -> None:
        what = f"`{key}` is no number ({kind})"
        self.note("unknown field", self.path, None, what, key=what)


def _tells(key: str) -> bool:
    return not key.startswith(_TIMED) and not key.endswith("step")


@dataclass(slots=True)
class _Gathered:
    """What was logged for one step so far."""

    step: int
    line: int
    values: tracked.StepRows
    time: float | None = None
