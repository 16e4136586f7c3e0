"""CSV tables that were exported from W&B."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources.csv_rows import csv_rows
from grpolog.sources.sample import Note
from grpolog.sources.text_file import opened
from grpolog.sources.wandb.history import Entry

_OWN: Final = {"_step", "_timestamp", "_runtime"}
_CHART: Final = re.compile(r"(?P<run>.+) - (?P<key>.+?)(?P<bound>__MIN|__MAX)?")
"""A column of a chart: the run, the metric, and which bound of the values that the chart drew as one."""

_STEPS: Final = {
    "Step": "_step",
    "_step": "_step",
    "train/global_step": "train/global_step",
    "global_step": "global_step",
}
"""What the first column of a chart may be called, and what it is. `Step` is W&B's own count of log calls."""

_DELIMITERS: Final = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the header of a table says."""

    delimiter: str
    keys: tuple[str | None, ...]
    """By column the metric; None for a column that is left out."""

    runs: tuple[str, ...] = ()
    """The runs that a chart shows."""

    def __bool__(self) -> bool:
        return bool(self.keys)


def columns_of(lines: Sequence[str]) -> Columns:
    """The columns of a table by its first lines; none for a table that W&B did not write."""
    for delimiter in _DELIMITERS:
        try:
            header = next(csv.reader(lines[:1], delimiter=delimiter), [])
        except csv.Error:  # longer than any header
            break
        if _OWN & set(header) and len(header) > 1:
            return Columns(delimiter, tuple(name or None for name in header))
        matches = [_CHART.fullmatch(name) for name in header[1:]]
        told = [match for match in matches if match is not None]
        if told and len(told) == len(matches) and header[0] in _STEPS and any(_is_metric(match) for match in told):
            keys = [None if match["bound"] else match["key"] for match in told]
            first = "_step" if header[0] == "Step" else header[0]
            return Columns(delimiter, (first, *keys), tuple(dict.fromkeys(match["run"] for match in told)))
    return Columns("", ())


def entries_of_table(path: Path, columns: Columns, note: Note) -> Iterator[Entry]:
    """The rows of a table.

    Raises:
        LogError: it cannot be opened, holds several runs, or W&B did not write it.
    """
    if not columns:
        raise LogError("has no columns of W&B", path)
    if len(columns.runs) > 1:
        names = ", ".join(columns.runs[:5])
        raise LogError(f"holds the histories of {len(columns.runs)} runs ({names}): export them one by one", path)
    with jsonl.open_part(path) as file:
        for line, cells in csv_rows(opened(file), columns.delimiter, path, note):
            if cells and line > 1:
                yield from _entry(cells, line, path, columns.keys, note)


def _entry(cells: list[str], line: int, path: Path, keys: Sequence[str | None], note: Note) -> Iterator[Entry]:
    if len(cells) > len(keys):
        note("invalid line", path, line, f"{len(cells)} cells under {len(keys)} columns")
        return
    if len(cells) < len(keys):
        note("torn line", path, line, f"{len(cells)} cells of {len(keys)}; the last of them was left out")
        cells = cells[:-1]
    yield Entry(line, {key: cell for key, cell in zip(keys, cells, strict=False) if key and cell})


def _is_metric(match: re.Match[str]) -> bool:
    return match["bound"] is not None or "/" in match["key"]
