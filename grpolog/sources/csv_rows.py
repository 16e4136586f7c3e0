"""Rows of CSV with their lines; what is no row is noted and passed over."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from grpolog import jsonl
from grpolog.sources.sample import Note


def csv_rows(lines: Iterable[str], delimiter: str, path: Path, note: Note) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row with the line it ends on, from 1. A compressed file that breaks off is read up to there."""
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            note("invalid line", path, rows.line_num, f"no row of a table: {error}")
            continue
        except jsonl.BROKEN as error:
            note("cut-off part", path, rows.line_num + 1, f"the compressed file ends early: {error}")
            return
        if cells is None:
            return
        yield rows.line_num, cells
