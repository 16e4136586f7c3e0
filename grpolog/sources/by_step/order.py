"""Rows in the order of their steps, where several processes wrote into one file."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog.sources.items import Row
from grpolog.sources.sample import Note

_WINDOW: Final = 64
"""Steps that one writer may be ahead of another."""


class _Writer:
    """One of the kinds of rows in a file, known by its keys."""

    def __init__(self, row: Row) -> None:
        self.keys = set(row.values)
        self.last = row

    def wrote(self, row: Row) -> bool:
        """Whether the keys of a row are for the most part those of the writer, or the other way round."""
        if row.values.keys() == self.last.values.keys():
            return True
        shared = len(self.keys & row.values.keys())
        return shared * 2 > min(len(self.keys), len(row.values))


def in_order(rows: Iterable[Row], path: Path, note: Note) -> Iterator[Row]:
    """The rows with those of one step joined: a trainer and a sampler each write their own.

    A row that goes back, or that says again what its writer said of the same step, is another start of training: the
    rows before it are passed on first. Of a key that two writers share the last value counts.

    Args:
        rows: all with a step.
        path: where they are from.
        note: takes rows that stand there twice in succession.
    """
    waiting: dict[int, Row] = {}
    writers: list[_Writer] = []
    for row in rows:
        step = _step(row)
        writer = next((writer for writer in writers if writer.wrote(row)), None)
        if writer is None:
            writers.append(_Writer(row))
        elif step == _step(writer.last) and row.values == writer.last.values:
            note("repeated row", path, row.line, f"row of step {step} is there already", key="rows repeated at once")
            continue
        elif step <= _step(writer.last):
            yield from _up_to(waiting, None)
            writers = [_Writer(row)]
        else:
            writer.keys |= row.values.keys()
            writer.last = row
        waiting[step] = _joined(waiting[step], row) if step in waiting else row
        if len(waiting) > 2 * _WINDOW:
            yield from _up_to(waiting, max(waiting) - _WINDOW)
    yield from _up_to(waiting, None)


def _joined(before: Row, row: Row) -> Row:
    values: Mapping[str, Any] = {**before.values, **row.values}
    return Row(values, before.step, before.line, row.time if row.time is not None else before.time)


def _up_to(waiting: dict[int, Row], last: int | None) -> Iterator[Row]:
    """Take out the rows up to a step, in its order."""
    for step in sorted(step for step in waiting if last is None or step <= last):
        yield waiting.pop(step)


def _step(row: Row) -> int:
    return row.step or 0
