"""Tables of text with a header: CSV with any delimiter, Markdown, HTML, exported or copied from notebooks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.sources.by_step import html_table
from grpolog.sources.by_step.rows import Entry
from grpolog.sources.csv_rows import csv_rows
from grpolog.sources.numbers import number
from grpolog.sources.sample import Note, Sample, silent
from grpolog.sources.text_file import opened

_DELIMITERS: Final = ("\t", ";", ",")
_RULE: Final = re.compile(r"\|?[\s:|+-]*-{2,}[\s:|+-]*")
"""The line below the header of a Markdown table."""

_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d{1,3}(?:\.\d{3})+,\d+")
_DECIMAL_POINT: Final = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_MOST_BEFORE: Final = 20
"""Lines of titles and comments that may stand before the header."""


def first_rows(sample: Sample, count: int) -> list[Mapping[str, Any]]:
    """The first rows by column; none of a file that is no table."""
    if not sample.text or sample.text.lstrip()[:1] in ("{", "["):
        return []
    found = _entries(_Cells.of(sample.lines, sample, silent), sample.path, silent)
    return [values for _, values in islice(found, count)]


def entries(path: Path, note: Note) -> Iterator[Entry]:
    """All rows by column, with their lines."""
    with jsonl.open_part(path) as file:
        yield from _entries(_Cells.of(opened(file), Sample(path), note), path, note)


def html_entries(html: str, path: Path, note: Note) -> Iterator[Entry]:
    """All rows of a table of HTML by column."""
    yield from _entries(_Cells(html_table.cells_of(html.splitlines())), path, note)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The rows of a table as cells, header included."""

    rows: Iterator[tuple[int, list[str]]]
    """Lines and cells."""

    decimal_comma: bool = False
    """Whether numbers may have a comma before their fraction: not where commas stand between cells."""

    @classmethod
    def of(cls, lines: Iterable[str], sample: Sample, note: Note) -> "_Cells":
        """The cells of a text.

        Args:
            lines: its lines.
            sample: its beginning, by which the kind of table is told.
            note: takes rows that cannot be read.
        """
        if html_table.is_html(sample.text):
            return cls(html_table.cells_of(lines))
        beginning = sample.lines[: 2 * _MOST_BEFORE]
        if any(map(_RULE.fullmatch, beginning)) and any("|" in line for line in beginning):
            return cls(_of_markdown(lines))
        delimiter = _delimiter(beginning)
        return cls(csv_rows(lines, delimiter, sample.path, note), delimiter != ",")


def _of_markdown(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    for number_, line in enumerate(lines, start=1):
        text = line.strip()
        if "|" in text and not _RULE.fullmatch(text):
            cells = re.split(r"(?<!\\)\|", text.removeprefix("|").removesuffix("|"))
            yield number_, [cell.replace("\\|", "|").strip().strip("*`") for cell in cells]


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts most lines into the same number of cells, the more the better."""

    def fit(delimiter: str) -> tuple[int, int]:
        counts = [len(cells) for _, cells in csv_rows(lines, delimiter, Path(), silent) if cells]
        common = max(set(counts), key=lambda count: (counts.count(count), count), default=0)
        return counts.count(common) * (common > 1), common

    return max(_DELIMITERS, key=fit)


@dataclass(slots=True)
class _Columns:
    """What the header and the first rows say of a table."""

    names: list[str]
    decimal_comma: bool

    def of(self, cells: list[str]) -> dict[str, str]:
        """A row by column."""
        if self.decimal_comma:
            cells = [cell.replace(".", "").replace(",", ".") if "," in cell else cell for cell in cells]
        return dict(zip(self.names, cells, strict=False))


def _entries(cells: _Cells, path: Path, note: Note) -> Iterator[Entry]:
    names, ahead = _header(cells.rows)
    if names is None:
        return
    columns = _Columns(names, cells.decimal_comma and _has_decimal_comma(row for _, row in ahead))
    for line, row in chain(ahead, cells.rows):
        if not any(row):
            continue
        if row[0][:1].isalpha() and row[0].strip().lower() == columns.names[0].lower() and _is_header(row):
            columns.names = [cell.strip() for cell in row]  # another table follows
            continue
        if len(row) > len(columns.names):
            note("invalid line", path, line, f"{len(row)} cells under {len(columns.names)} columns")
            continue
        if len(row) < len(columns.names):
            what = f"{len(row)} cells of {len(columns.names)}; the last of them was left out"
            note("torn line", path, line, what)
            row = row[:-1]
        if row:
            yield line, columns.of(row)


def _header(rows: Iterator[tuple[int, list[str]]]) -> tuple[list[str] | None, list[tuple[int, list[str]]]]:
    """The names of the columns, and the first rows below; None where there is no header."""
    before: list[str] = []
    for line, cells in islice(rows, _MOST_BEFORE):
        if _is_header(cells):
            before = cells
        elif before and len(cells) == len(before) and any(number(cell) is not None for cell in cells):
            ahead = [(line, cells), *islice(rows, _MOST_BEFORE)]
            if len(before) == 1 and not _is_single(before[0], ahead):
                return None, []
            return [cell.strip() for cell in before], ahead
    return None, []


def _is_header(cells: Sequence[str]) -> bool:
    """Whether cells are names: texts of which none is a number."""
    return any(cells) and all(number(cell) is None for cell in cells)


def _is_single(name: str, rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether a single column is one of numbers, and no text with a number in it."""
    return len(rows) > 1 and len(name.split()) < 4 and all(number(cell) is not None for _, row in rows for cell in row)


def _has_decimal_comma(rows: Iterable[list[str]]) -> bool:
    """Whether numbers have a comma before their fraction, and none has a point there."""
    cells = [cell.strip() for row in rows for cell in row]
    return any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells))
