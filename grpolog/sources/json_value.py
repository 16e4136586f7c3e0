"""Files that hold one JSON value; of a broken one what is whole."""

import re
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import orjson

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources.lenient_json import loads, whole_items
from grpolog.sources.sample import Note, as_text

_LIST: Final = re.compile(r"\[")
Row = Mapping[str, Any]


def read_text(path: Path) -> str:
    """All of a file.

    Raises:
        LogError: it cannot be read.
    """
    try:
        return as_text(jsonl.whole(path))
    except jsonl.BROKEN as error:
        raise LogError(f"cannot be read: {error}", path) from error


def whole_objects(text: str, begin: re.Pattern[str] = _LIST) -> list[Row]:
    """The whole objects of the first list of a text that is broken.

    Args:
        text: the JSON.
        begin: what stands before the first of them.
    """
    start = begin.search(text)
    return [value for value, _ in whole_items(text, start.end()) if isinstance(value, dict)] if start else []


def rows_of_columns(value: Row) -> list[Row]:
    """The rows of columns that are lists of numbers, or objects by row as pandas writes them; other columns are left
    out, and a shorter one has None at its end.
    """
    columns = {key: list(column.values()) if is_by_number(column) else column for key, column in value.items()}
    plain = {key: column for key, column in columns.items() if isinstance(column, list) and not _is_nested(column)}
    return [dict(zip(plain, cells, strict=True)) for cells in zip_longest(*plain.values())]


def is_by_number(value: Any) -> bool:
    """Whether an object holds its entries by number."""
    return isinstance(value, Mapping) and bool(value) and all(isinstance(k, str) and k.isdecimal() for k in value)


def _is_nested(values: list[Any]) -> bool:
    return not values or any(isinstance(value, (dict, list)) for value in values[:3])


def read_json(path: Path, note: Note, what: str = "rows", salvage: Callable[[str], list[Row]] = whole_objects) -> Any:
    """The value of a file, or the list of the objects that are whole in a broken one.

    Args:
        path: the file.
        note: takes what is no strict JSON, and what was lost.
        what: what the objects are, for the note.
        salvage: finds the whole ones.

    Raises:
        LogError: the file cannot be read.
    """
    text = read_text(path)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    else:
        if jsonl.is_deep([value]):
            raise LogError(f"nested more than {jsonl.DEEPEST} levels deep", path)
        return value
    try:
        value = loads(text)
    except ValueError as error:
        found = salvage(text)
        lost = f"the JSON is broken ({error}); the {len(found)} {what} that are whole were read"
        note("torn line", path, text.count("\n") + 1, lost)
        return found
    note("corrected line", path, None, "NaN or Infinity literals, which JSON does not have", key="literal")
    return value
