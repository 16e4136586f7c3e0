"""Rows of any metrics, read with a guess: which key is the step, who logged them, how they hang together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from grpolog.errors import LogError
from grpolog.sources import bounds
from grpolog.sources.by_step.columns import (
    framework_of_columns,
    is_index,
    is_missing,
    likely_reward,
    other_step_columns,
    step_column,
    time_column,
    unix_time,
)
from grpolog.sources.by_step.flat import Named
from grpolog.sources.by_step.means import are_samples, means
from grpolog.sources.by_step.order import in_order
from grpolog.sources.by_step.repeats import are_filled, without_fills
from grpolog.sources.items import Item, Opening, Row
from grpolog.sources.numbers import number
from grpolog.sources.renaming import STEP, key_of
from grpolog.sources.sample import Note

Entry = tuple[int, Mapping[str, Any]]
"""Line and values by key."""

_SPACES: Final = {ord(space): None for space in "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"}
"""Spaces between thousands."""

_AHEAD: Final = 200
"""Rows that are looked at to guess."""


def items_of(entries: Iterable[Entry], path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows by step, those of one step joined.

    Args:
        entries: rows in their order, with the line of each.
        path: where they are from.
        note: takes what is no number, what was guessed and what was left out.
        mapping: our names by keys; the one for `step` says the step.

    Raises:
        LogError: there is no row, or none has the key that the user names.
    """
    coming = bounds.first(entries, path, note)
    first = list(islice(coming, _AHEAD))
    seen = [values for _, values in first]
    if not seen:
        raise LogError("holds no row of metrics", path)
    keys = dict.fromkeys(key for values in seen for key in values)
    framework = None if any(isinstance(values, Named) for values in seen) else framework_of_columns(keys)
    yield Opening(framework)
    wanted = key_of(mapping, STEP)
    if wanted is not None and wanted not in keys:
        raise LogError(f"has no column `{wanted}` that could say the step; it has {', '.join(keys)}", path)
    step = wanted or step_column(seen)
    others = {*other_step_columns(seen, step), *filter(is_index, keys)} - mapping.keys()
    table = _Table(path, note, step, time_column(seen), others)
    rows = table.rows(chain(first, coming))
    held = list(islice(rows, _AHEAD))
    rows = chain(held, rows)
    reward = likely_reward(keys, framework)
    if reward is not None and "reward" not in mapping.values():
        what = f"no column has the name of the reward; if `{reward}` is it, say so: --map 'reward={reward}'"
        note("unknown field", path, None, what)
    if step is None:
        note("corrected value", path, None, "no column says the optimizer step: rows are counted from 1")
    elif are_samples(held):
        what = f"rows are samples, several for each `{step}`: of each metric the mean of a step was taken"
        note("corrected value", path, None, what)
        rows = means(rows)
    elif step != wanted and step.rpartition("/")[2].lower() not in ("step", "global_step", "training_step"):
        note("corrected value", path, None, f"the optimizer step was taken from `{step}`")
    yield from in_order(without_fills(rows, are_filled(held), path, note), path, note)


@dataclass(slots=True)
class _Table:
    """Turns entries into rows of numbers."""

    path: Path
    note: Note
    step: str | None
    """Key of the step; None: rows are counted."""

    time: str | None
    others: Collection[str]
    """Keys that say steps again, or count the rows."""

    def rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """The rows that hold a number."""
        left_out = {key for key in (self.step, self.time, *self.others) if key is not None}
        counted = last = 0
        for line, values in entries:
            told = dict(values)
            for key in left_out:
                told.pop(key, None)
            try:
                numbers = dict(zip(told, map(float, told.values()), strict=True))
            except (ValueError, TypeError, OverflowError):
                numbers = self._one_by_one(told, line)
            if not numbers:
                continue
            counted += 1
            last = counted if self.step is None else self._step(values, line, last)
            time = unix_time(values[self.time]) if self.time is not None and values.get(self.time) else None
            yield Row(numbers, last, line, time)

    def _one_by_one(self, values: Mapping[str, Any], line: int) -> dict[str, float]:
        """Numbers with separators of thousands, too; what is none is noted, unless it says that nothing is there."""
        numbers: dict[str, float] = {}
        for key, value in values.items():
            if is_missing(value):
                continue
            try:
                numbers[key] = float(value)
            except (ValueError, TypeError, OverflowError):
                real = number(value.translate(_SPACES) if isinstance(value, str) else value)
                if real is not None:
                    numbers[key] = real
                    continue
                what = f"`{key}` holds what is no number, and was left out"
                self.note("unknown field", self.path, line, what, key=what)
        return numbers

    def _step(self, values: Mapping[str, Any], line: int, last: int) -> int:
        """The step of a row; a row without one belongs to the step before it."""
        told = None if is_missing(values.get(self.step or "")) else number(values[self.step or ""])
        if told is not None and abs(told) < 2**53:
            return int(told)
        what = f"a row without `{self.step}`, which was taken to belong to the step before it"
        self.note("corrected value", self.path, line, what, key=what)
        return last
