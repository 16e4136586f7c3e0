"""Jupyter notebooks: what a training showed below its cells, as a table or as the text of a terminal."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from grpolog.errors import LogError
from grpolog.sources import by_step, stdout
from grpolog.sources.items import Closing, Item, Opening
from grpolog.sources.json_value import read_json, whole_objects
from grpolog.sources.sample import Format, Note, Sample
from grpolog.sources.stdout.blocks import Block, cleaned

_CELLS: Final = re.compile(r'"cells"\s*:\s*\[')
_TABLE: Final = re.compile(r"<table\b.*?(?:</table>|\Z)", re.DOTALL)
_BAR: Final = re.compile(r"<progress value='(\d{1,12})' max='(\d{1,12})'")
"""The bar above the table of Hugging Face's trainers: the steps made, and those to make."""

Reader = Callable[[Note], Iterator[Item]]


def recognises(sample: Sample) -> bool:
    """Whether this is a notebook."""
    if sample.text.lstrip()[:1] != "{":
        return False
    return bool(_CELLS.search(sample.text)) and ('"cell_type"' in sample.text or '"nbformat"' in sample.text)


def read(path: Path, note: Note, mapping: Mapping[str, str]) -> Iterator[Item]:
    """The rows in the order of the cells. Each table is a run of its own; the text of a cell without one is a log.

    Raises:
        LogError: the file cannot be opened, or shows no row.
    """
    read_any = False
    for shown in _shown(path, mapping, note):
        read_any = True
        yield from shown(lambda kind, path, line, what, **more: note(kind, path, None, what, **more))
    if not read_any:
        raise LogError("is a notebook whose outputs show no row of metrics", path)


def _shown(path: Path, mapping: Mapping[str, str], note: Note) -> Iterator[Reader]:
    """Readers of what shows metrics; the lines that they note are those of an output."""
    for cell in _cells(path, note):
        told = cell.get("outputs")
        outputs = [output for output in told if isinstance(output, Mapping)] if isinstance(told, list) else []
        tables = [
            partial(_of_table, table, _BAR.search(html), path, mapping)
            for html in map(_html, outputs)
            for table in _TABLE.findall(html)
            if by_step.is_html(table)
        ]
        yield from tables
        text = cleaned("".join(_text(output.get("text")) for output in outputs).encode("utf-8", "replace"))
        block = Block(text, 1, True)
        if not tables and stdout.holds_rows(block):
            yield partial(stdout.items_of, partial(_alone, block), path)


def _of_table(
    table: str, bar: re.Match[str] | None, path: Path, mapping: Mapping[str, str], note: Note
) -> Iterator[Item]:
    for item in by_step.read_html(table, path, note, mapping):
        if isinstance(item, Opening) and bar:
            yield Opening(item.framework, item.versions, {**item.description, "max_steps": int(bar[2])})
        else:
            yield item
    if bar and bar[1] == bar[2]:
        yield Closing("finished")


def _cells(path: Path, note: Note) -> list[Mapping[str, Any]]:
    """The cells of a notebook; of a broken one those that are whole."""
    value = read_json(path, note, "cells", partial(whole_objects, begin=_CELLS))
    cells = value.get("cells") if isinstance(value, Mapping) else value
    return [cell for cell in cells if isinstance(cell, Mapping)] if isinstance(cells, list) else []


def _html(output: Mapping[str, Any]) -> str:
    data = output.get("data")
    return _text(data.get("text/html")) if isinstance(data, Mapping) else ""


def _text(content: Any) -> str:
    """A text, which notebooks keep whole or as a list of its lines."""
    return "".join(map(str, content)) if isinstance(content, list) else str(content or "")


def _alone(block: Block, _: Note) -> list[Block]:
    return [block]


FORMAT = Format(
    "notebook",
    "Jupyter notebooks with their outputs (.ipynb): the tables of Hugging Face's trainers, or what they printed",
    recognises,
    read,
    maps=True,
)
