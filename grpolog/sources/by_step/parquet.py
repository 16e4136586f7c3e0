"""Parquet files of metrics by step."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grpolog.errors import LogError
from grpolog.sources.by_step.flat import flat
from grpolog.sources.by_step.rows import Entry
from grpolog.sources.sample import Note, Sample

if TYPE_CHECKING:
    import polars as pl

MAGIC: Final = b"PAR1"
_BATCH: Final = 10_000
"""Rows that are read at a time."""


def first_rows(sample: Sample, count: int) -> list[Mapping[str, Any]]:
    """The first rows; none of a file that is no Parquet."""
    if sample.is_folder or not sample.head.startswith(MAGIC):
        return []
    import polars as pl  # here and below, as it takes long to load and few files need it

    try:
        return [flat(row) for row in _scan(sample.path).head(count).collect().iter_rows(named=True)]
    except (pl.exceptions.PolarsError, OSError):
        return []


def entries(path: Path, note: Note) -> Iterator[Entry]:
    """All rows, numbered from 1.

    Raises:
        LogError: the file cannot be read.
    """
    import polars as pl

    begin = 0
    while True:
        try:
            batch = _scan(path).slice(begin, _BATCH).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            what = f"cannot be read: {str(error).splitlines()[0][:200]}"
            if not begin:
                raise LogError(what, path) from error
            note("cut-off part", path, begin + 1, what)
            return
        for place, row in enumerate(batch.iter_rows(named=True), start=begin + 1):
            yield place, flat(row)
        begin += _BATCH
        if batch.height < _BATCH:
            return


def _scan(path: Path) -> "pl.LazyFrame":
    """The columns that may be numbers, times or texts of them; no pictures, no token ids."""
    import polars as pl

    frame = pl.scan_parquet(path, glob=False)
    kept = [name for name, kind in frame.collect_schema().items() if not kind.is_nested() and kind != pl.Binary]
    return frame.select(kept)
