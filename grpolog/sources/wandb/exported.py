"""Histories that were exported from W&B: by its API as CSV or JSON, or from a chart on its pages as CSV."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog.sources.items import Item, Opening
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.json_value import read_json, rows_of_columns
from grpolog.sources.sample import Note, Sample
from grpolog.sources.settings import described, versions_in
from grpolog.sources.wandb.fills import without_fills
from grpolog.sources.wandb.history import Entry, History
from grpolog.sources.wandb.record import unwrapped
from grpolog.sources.wandb.tables import columns_of, entries_of_table

_OWN: Final = {"_step", "_timestamp", "_runtime"}
_LIST: Final = re.compile(r"\s*\[\s*\{")
_ROW: Final = re.compile(r'"(?:_step|_timestamp|_runtime)"\s*:\s*(?:-?\d|\{|\[|null)')


def recognises(sample: Sample) -> bool:
    """Whether this is an exported history."""
    text = sample.text
    if text.lstrip()[:1] in ("[", "{"):
        return bool(_ROW.search(text)) and (bool(_LIST.match(text)) or _is_lines(sample) or _is_object(text))
    return bool(columns_of(sample.lines))


def read(path: Path, note: Note) -> Iterator[Item]:
    """The rows by optimizer step.

    Raises:
        LogError: the file cannot be opened, or holds the histories of several runs.
    """
    sample = Sample(path)
    config: Mapping[str, Any] = {}
    if sample.text.lstrip()[:1] not in ("[", "{"):
        entries = entries_of_table(path, columns_of(sample.lines), note)
    elif _is_lines(sample):
        entries = (Entry(line, row) for line, row in objects(path, note))
    else:
        rows, config = _parsed(path, note)
        entries = (Entry(number, row) for number, row in enumerate(rows, start=1))
    history = History(path, note)
    found = history.rows(without_fills(entries, path, note))
    yield Opening(history.framework, versions_in(config), described(config))
    yield from found


def _is_lines(sample: Sample) -> bool:
    """Whether each line is an object."""
    found = first_objects(sample)
    return len(found) > 1 and any(row.keys() & _OWN for row in found)


def _is_object(text: str) -> bool:
    """Whether an object begins that holds columns, or rows under the name `history`."""
    return bool(re.match(r'\s*\{\s*"', text)) and bool(
        re.search(r'"history"\s*:\s*[\[{]|"(?:_step|_timestamp|_runtime)"\s*:\s*[\[{]', text)
    )


def _parsed(path: Path, note: Note) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
    """Rows and configuration of a single JSON value."""
    value = read_json(path, note)
    config = value.get("config") if isinstance(value, Mapping) else None
    rows = value.get("history", value) if isinstance(value, Mapping) else value
    config = {key: unwrapped(entry) for key, entry in config.items()} if isinstance(config, Mapping) else {}
    return _rows(rows), {key: entry for key, entry in config.items() if key != "_wandb"}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a list of objects, or of columns as lists or as objects by index."""
    if isinstance(value, list):
        return [row for row in value if isinstance(row, Mapping)]
    return rows_of_columns(value) if isinstance(value, Mapping) else []
