"""JSON files whose value holds metrics by step: rows, or columns, plain or inside an object."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog.sources.by_step.columns import step_column
from grpolog.sources.by_step.flat import flat
from grpolog.sources.by_step.rows import Entry
from grpolog.sources.json_lines import first_objects
from grpolog.sources.json_value import is_by_number, read_json, read_text, rows_of_columns, whole_objects
from grpolog.sources.lenient_json import loads
from grpolog.sources.sample import HEAD_BYTES, Note, Sample

_COLUMN: Final = re.compile(r'"\s*:\s*\[\s*(?:-?\d|null|NaN)')
"""Where a column of numbers begins: of columns the beginning of the file shows no row."""

_BEGINNING: Final = 100_000
_DEEPEST: Final = 3
"""Objects within objects in which the rows are searched."""


def rows_of_sample(sample: Sample) -> list[Mapping[str, Any]]:
    """The rows of a file, the first ones of a long one; none where its value holds no rows."""
    if sample.is_folder:
        return []
    text = sample.text.lstrip()
    if text[:1] not in ("[", "{") or len(first_objects(sample)) > 1:
        return []
    is_part = len(sample.head) == HEAD_BYTES
    try:
        value = loads(read_text(sample.path) if is_part and _COLUMN.search(text, 0, _BEGINNING) else text)
    except ValueError:
        value = whole_objects(text) if is_part else []
    return list(map(flat, _rows(value)))


def entries(path: Path, note: Note) -> Iterator[Entry]:
    """The rows, numbered from 1.

    Raises:
        LogError: the file cannot be read.
    """
    value = read_json(path, note)
    for place, row in enumerate(_rows(value), start=1):
        yield place, flat(row)


def _rows(value: Any, depth: int = 0) -> list[Mapping[str, Any]]:
    """The rows of a value: the longest that one of its objects holds."""
    if isinstance(value, list):
        return [row for row in value if isinstance(row, Mapping)]
    if not isinstance(value, Mapping):
        return []
    names, cells = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(cells, list):  # as pandas and W&B write tables
        return [dict(zip(map(str, names), row, strict=False)) for row in cells if isinstance(row, list)]
    candidates = [rows_of_columns(value), _of_index(value)]
    if depth < _DEEPEST:
        candidates += [_rows(inside, depth + 1) for inside in value.values()]
    return max(candidates, key=len)


def _of_index(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of an object of rows by step, or by number where they say the step themselves."""
    if not is_by_number(value):
        return []
    rows = [row for row in value.values() if isinstance(row, Mapping)]
    if step_column(rows) is not None:
        return rows
    return [{"step": int(step), **row} for step, row in value.items() if isinstance(row, Mapping)]
