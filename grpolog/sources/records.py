"""Samples with their texts, whichever way a file holds them: an object a line, lists by column, JSON, Parquet."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpolog.errors import LogError
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.json_value import read_json, whole_objects
from grpolog.sources.lenient_json import loads
from grpolog.sources.sample import HEAD_BYTES, Note, Sample

Record = Mapping[str, Any]

_SINGLE: Final = ("rewards", "reward", "score", "step", "gen_step", "advantages")
"""Keys of which a list tells that a line holds many samples, by column."""

_DEEPEST: Final = 3
_PARQUET: Final = b"PAR1"


def first_records(sample: Sample, count: int) -> list[Record]:
    """The first samples of a file; none of a file that holds none."""
    if sample.is_folder:
        return []
    if sample.head.startswith(_PARQUET):
        import polars as pl  # here and below, as it takes long to load and few files need it

        try:
            return list(pl.scan_parquet(sample.path, glob=False).head(count).collect().iter_rows(named=True))
        except (pl.exceptions.PolarsError, OSError):
            return []
    lines = first_objects(sample, count)
    if len(lines) > 1 or (lines and _is_columnar(lines[0])):
        return [record for line in lines for record in unrolled(line)][:count]
    text = sample.text.lstrip()
    if text[:1] not in ("[", "{"):
        return []
    try:
        found = _longest(loads(text))
    except ValueError:
        found = whole_objects(text) if len(sample.head) == HEAD_BYTES else []
    return found[:count] or [record for line in lines for record in unrolled(line)]


def records(path: Path, note: Note) -> Iterator[tuple[int, Record]]:
    """All samples, each with its line or number.

    Raises:
        LogError: the file cannot be read.
    """
    sample = Sample(path)
    if sample.head.startswith(_PARQUET):
        yield from enumerate(_of_parquet(path), start=1)
        return
    lines = first_objects(sample, 2)
    if len(lines) > 1 or (lines and (_is_columnar(lines[0]) or not _longest(lines[0]))):
        for line, value in objects(path, note):
            yield from ((line, record) for record in unrolled(value))
    else:
        yield from enumerate(_longest(read_json(path, note, "samples")), start=1)


def unrolled(line: Record) -> list[Record]:
    """The samples of a line: itself, or one for each place in its lists, with what they share."""
    if not _is_columnar(line):
        return [line]
    n = next(len(line[key]) for key in _SINGLE if isinstance(line.get(key), list))
    columns = {key: value for key, value in line.items() if isinstance(value, list) and len(value) == n}
    shared = {key: value for key, value in line.items() if not isinstance(value, list)}
    return [
        {key: columns[key][i] if key in columns else shared[key] for key in line if key in columns or key in shared}
        for i in range(n)
    ]


def _is_columnar(line: Record) -> bool:
    """Whether a line holds lists by column; the reward of a single sample is no list."""
    told = next((line[key] for key in _SINGLE if key in line), None)
    if not isinstance(told, list):
        return False
    texts = [value for key, value in line.items() if isinstance(value, list) and len(value) == len(told)]
    return len(texts) > 1 and any(isinstance(value[0], (str, list)) for value in texts if value)


def _longest(value: Any, depth: int = 0) -> list[Record]:
    """The longest list of objects in a value; a table of columns and data, too."""
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, Mapping)]
    if not isinstance(value, Mapping):
        return []
    names, cells = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(cells, list):
        return [dict(zip(map(str, names), row, strict=False)) for row in cells if isinstance(row, list)]
    if _is_columnar(value):
        return unrolled(value)
    inside = [_longest(entry, depth + 1) for entry in value.values()] if depth < _DEEPEST else []
    return max(inside, key=len, default=[])


def _of_parquet(path: Path) -> Iterator[Record]:
    import polars as pl

    try:
        yield from pl.read_parquet(path).iter_rows(named=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LogError(f"cannot be read: {str(error).splitlines()[0][:200]}", path) from error
