"""Files of one JSON object a line, as most tools write them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from grpolog import jsonl
from grpolog.sources.lenient_json import loads
from grpolog.sources.sample import Note, Sample
from grpolog.sources.text_file import in_utf8

_LOOKED_AT = 5
"""Lines that are looked at to recognise a format."""


def first_objects(sample: Sample, count: int = _LOOKED_AT) -> list[dict[str, Any]]:
    """The objects in the first lines of a file; empty where these are no JSON objects."""
    found: list[dict[str, Any]] = []
    for line in islice(filter(str.strip, sample.lines), count):
        try:
            value = loads(line)
        except ValueError:
            return found
        if not isinstance(value, dict):
            return []
        found.append(value)
    return found


def objects(file: Path, note: Note) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with their lines, from 1; lines that are none are noted and passed over.

    Raises:
        LogError: the file cannot be opened.
    """
    number, line = 0, b""
    with jsonl.open_part(file) as part:
        try:
            for number, line in jsonl.lines(in_utf8(part)):
                try:
                    jsonl.check_size(line)
                    value = loads(line)
                except ValueError as error:
                    torn = not line.endswith(b"\n")
                    what = f"the last line is torn ({len(line)} bytes)" if torn else f"invalid JSON: {error}"
                    note("torn line" if torn else "invalid line", file, number, what)
                    continue
                if isinstance(value, dict):
                    yield number, value
                else:
                    note("invalid line", file, number, f"not an object but {type(value).__name__}")
        except jsonl.BROKEN as error:
            note("cut-off part", file, number + 1, f"the compressed file ends early: {error}")
