"""Rows of other programs, no more of them and no more names in them than are read."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from grpolog import jsonl
from grpolog.sources.sample import Note


def first(
    rows: Iterable[tuple[int, Mapping[str, Any]]], path: Path, note: Note
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The first rows with their lines, as many and with as many names as are read.

    Args:
        rows: all rows.
        path: the log.
        note: takes what is left out.
    """
    names, most = Names(path, note), jsonl.limits().rows
    for count, (line, values) in enumerate(rows):
        if count == most:
            what = f"more than {most:,} rows; the rest is left out (--allow rows=N)"
            note("left out", path, line, what)
            return
        yield line, names.kept(values, line)


class Names:
    """Remembers the keys of a log.

    Args:
        path: the log.
        note: takes what is left out.
    """

    def __init__(self, path: Path, note: Note) -> None:
        self._path, self._note = path, note
        self._known: set[str] = set()
        self._most = jsonl.limits().metrics

    def known(self, values: Mapping[str, Any]) -> bool:
        """Whether all keys of a row were there before."""
        return self._known.issuperset(values)

    def kept(self, values: Mapping[str, Any], line: int | None) -> Mapping[str, Any]:
        """A row without the keys for which there is no room any more."""
        if self.known(values):
            return values
        if len(self._known) + len(values) <= self._most:
            self._known.update(values)
            return values
        kept = {}
        for key, value in values.items():
            if key in self._known or len(self._known) < self._most:
                self._known.add(key)
                kept[key] = value
        if len(kept) < len(values):
            what = f"more than {self._most:,} names of metrics; further ones are left out (--allow metrics=N)"
            self._note("left out", self._path, line, what, key="names", count=len(values) - len(kept))
        return kept if len(kept) < len(values) else values
