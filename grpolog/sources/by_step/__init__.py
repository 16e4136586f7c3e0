"""Metrics by step in files of any make: a row of JSON a line, JSON, Parquet, and tables of text.

Frameworks that log so are told by their keys: prime-rl, the Tinker cookbook, ART, SkyRL, slime, NeMo-RL. Of other files
the meaning is guessed by names, and `--map` says what no name tells.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from grpolog.errors import LogError
from grpolog.sources.by_step import json_file, parquet, table
from grpolog.sources.by_step.columns import is_index, step_column, tells
from grpolog.sources.by_step.flat import flat
from grpolog.sources.by_step.rows import Entry, items_of
from grpolog.sources.items import Item
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.numbers import number
from grpolog.sources.sample import Format, Note, Sample, silent

_LOOKED_AT: Final = 50
"""Rows that are looked at to recognise a file."""

_LISTED: Final = 12
"""Columns that an error lists."""

_FOLDER_FILES: Final = ("metrics.jsonl", "history.jsonl", "logging.jsonl")
"""Which file of metrics counts where the folder of a run has several."""

_LONGEST_TEXT: Final = 200
"""Characters of a text that may stand beside numbers; longer ones are what people train on."""


def of_lines(sample: Sample) -> bool:
    """Whether this is JSON, an object of metrics a line, or the folder of a run with such a file."""
    return _is_wanted(_lines_of(sample), sample.mapping)


def read_lines(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """One row a line, those of one step joined."""
    file = metrics_file(path) if path.is_dir() else path
    if file is None:
        raise LogError("holds no file of metrics by step", path)
    yield from items_of(((line, flat(row)) for line, row in objects(file, note)), file, note, mapping)


def metrics_file(folder: Path) -> Path | None:
    """The file of metrics by step, JSON a line, of the folder of a run; None where there is none, or several."""
    files = [file for file in sorted(folder.glob("*.jsonl")) if file.is_file() and of_lines(Sample(file))]
    named = [file for file in files if file.name in _FOLDER_FILES]
    found = named or files
    return found[0] if len(found) == 1 else None


def of_json(sample: Sample) -> bool:
    """Whether this is a JSON value that holds rows or columns of metrics."""
    return not sample.is_folder and _is_wanted(json_file.rows_of_sample(sample), sample.mapping)


def read_json(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows of a JSON value."""
    yield from items_of(json_file.entries(path, note), path, note, mapping)


def of_parquet(sample: Sample) -> bool:
    """Whether this is a Parquet file with columns of metrics."""
    return _is_wanted(parquet.first_rows(sample, _LOOKED_AT), sample.mapping)


def read_parquet(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows of a Parquet file."""
    yield from items_of(parquet.entries(path, note), path, note, mapping)


def of_table(sample: Sample) -> bool:
    """Whether this is a table of metrics: CSV or the like, Markdown, HTML."""
    return not sample.is_folder and _is_wanted(table.first_rows(sample, _LOOKED_AT), sample.mapping)


def read_table(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows of a table."""
    yield from items_of(table.entries(path, note), path, note, mapping)


def is_html(html: str) -> bool:
    """Whether a table of HTML is one of metrics by step."""
    rows = [values for _, values in islice(table.html_entries(html, Path(), silent), _LOOKED_AT)]
    return step_column(rows) is not None and _is_wanted(rows, {})


def read_html(html: str, path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows of a table of HTML that stands in another file.

    Args:
        html: the table.
        path: the file.
        note: takes losses.
        mapping: our names by columns.
    """
    yield from items_of(table.html_entries(html, path, note), path, note, mapping)


def unnamed_numbers(sample: Sample) -> str | None:
    """What to do with a file of numbers of which nobody knows what they are; None for any other file."""
    if sample.is_folder:
        return None
    for rows in (
        _lines_of(sample),
        json_file.rows_of_sample(sample),
        parquet.first_rows(sample, _LOOKED_AT),
        table.first_rows(sample, _LOOKED_AT),
    ):
        columns = _columns(rows)
        texts = {key for row in rows for key, value in row.items() if isinstance(value, str)} - set(columns)
        if len(rows) > 1 and len(columns) > len(texts):
            more = ", ..." if len(columns) > _LISTED else ""
            names = ", ".join(columns[:_LISTED]) + more
            return (
                f"holds numbers, but no column that is a reward or a loss by its name ({names}); "
                "say which is what: --map reward=COLUMN --map step=COLUMN"
            )
    return None


def _lines_of(sample: Sample) -> list[Mapping[str, Any]]:
    """The first rows of a file with an object a line."""
    if sample.is_folder:
        file = metrics_file(sample.path)
        return _lines_of(Sample(file)) if file is not None else []
    return [flat(row) for row in first_objects(sample, _LOOKED_AT)]


def _is_wanted(rows: list[Mapping[str, Any]], mapping: Mapping[str, str]) -> bool:
    """Whether rows have a number that training is about, by its name or by the user's word.

    A single row, and rows among texts, may be anything unless they say a step.
    """
    columns = _columns(rows)
    if not any(tells(name) or name in mapping for name in columns):
        return False
    if mapping or step_column(rows) is not None:
        return True
    texts = {key: value for row in rows for key, value in row.items() if isinstance(value, str)}
    others = texts.keys() - set(columns)
    return len(rows) > 1 and len(others) <= len(columns) and all(len(texts[key]) < _LONGEST_TEXT for key in others)


def _columns(rows: list[Mapping[str, Any]]) -> list[str]:
    """The columns of numbers, those of the step left out."""
    step = step_column(rows)
    found: dict[str, None] = {}
    for row in islice(rows, _LOOKED_AT):
        numbers = {key for key, value in row.items() if key not in found and number(value) is not None}
        found |= dict.fromkeys(key for key in row if key in numbers and key != step and not is_index(key))
    return list(found)


LINES = Format(
    "metrics_jsonl",
    "metrics by step, JSON a line: metrics.jsonl of prime-rl and Tinker's cookbook, history.jsonl of ART, any other",
    of_lines,
    read_lines,
    maps=True,
)

JSON = Format("metrics_json", "metrics by step as JSON: rows, or columns as lists", of_json, read_json, maps=True)

TABLE = Format(
    "metrics_table",
    "metrics by step as CSV (comma, tab, semicolon), a Markdown or an HTML table, such as notebooks show",
    of_table,
    read_table,
    maps=True,
)

PARQUET = Format("metrics_parquet", "metrics by step as Parquet", of_parquet, read_parquet, maps=True)

FORMATS: tuple[Format, ...] = (LINES, JSON, PARQUET, TABLE)

__all__ = ["FORMATS", "Entry", "is_html", "metrics_file", "read_html", "read_lines", "unnamed_numbers"]
