"""The files of TRL's dumps of completions, many of them read at once."""

from collections.abc import Iterator, Mapping
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, Final

import polars as pl

from grpolog import progress
from grpolog.generation.batch import Text
from grpolog.jsonl import limits
from grpolog.sources.dumped import Dump, generations_of, recognised
from grpolog.sources.sample import Note

NEEDED: Final = frozenset({"step", "prompt", "completion"})
"""Columns of every dump."""

_OTHERS: Final = frozenset({"advantage", "image", "images"})

BROKEN: Final = (pl.exceptions.PolarsError, OSError)
"""What polars raises for files that it cannot read."""

_TOGETHER: Final = 2**23
"""Bytes of files that are read at once."""

_TEXTS: Final = 4
"""Times what may be read whole, of the texts of a file: they are bytes as they are, not objects."""

_FILE: Final = "grpolog file"
"""Column with the path of each row's file, while several are read at once."""


def is_dump(file: Path) -> bool:
    """Whether a file is a dump of completions."""
    try:
        return _holds_completions(pl.read_parquet_schema(file))
    except BROKEN:
        return False


def _holds_completions(schema: Mapping[str, pl.DataType]) -> bool:
    return schema.keys() >= NEEDED and not schema["step"].is_nested()


def dumps(files: list[Path], functions: list[str], note: Note) -> Iterator[Dump]:
    """The completions by file and step; TRL writes a file for each step, but tables of several are joined by people."""
    for file, table in _tables(files, note):
        progress.opens(file)
        if table.is_empty() or not _holds_completions(table.schema):
            note("invalid line", file, None, "holds no completions")
            continue
        if _text_bytes(table) > _TEXTS * limits().value:
            note("left out", file, None, "holds more text than is read at once (--allow value=SIZE)")
            continue
        try:
            if table["step"].dtype == pl.String:  # as W&B's tables of TRL up to 0.27 have it
                table = table.with_columns(table["step"].cast(pl.Float64, strict=False).cast(pl.Int64, strict=False))
            single = len(set(table["step"].to_list())) == 1
            parts = [table] if single else table.partition_by("step", maintain_order=True)
            for part in parts:
                yield _dump(file, part, functions)
        except pl.exceptions.PolarsError as error:
            note("cut-off part", file, None, f"cannot be read: {_first_line(error)}")


def _tables(files: list[Path], note: Note) -> Iterator[tuple[Path, pl.DataFrame]]:
    """The files' tables; of files with the same columns many at once, which costs half as much."""
    ends = accumulate(file.stat().st_size if file.is_file() else 0 for file in files)
    for _, numbered in groupby(zip(files, ends, strict=True), key=lambda entry: entry[1] // _TOGETHER):
        some = [file for file, _ in numbered]
        yield from _at_once(some) or _one_by_one(some, note)


def _at_once(files: list[Path]) -> list[tuple[Path, pl.DataFrame]]:
    """The tables of several files; empty where one cannot be read or has other columns."""
    try:
        frame = pl.scan_parquet(files, glob=False, include_file_paths=_FILE)
        if _height(frame) > limits().rows:
            return []
        table = frame.collect()
    except BROKEN:
        return []
    heights = dict(table[_FILE].value_counts().iter_rows())
    counts = [heights.get(str(file), 0) for file in files]
    table = table.drop(_FILE)
    begins = accumulate(counts, initial=0)
    return [(file, table.slice(begin, count)) for file, begin, count in zip(files, begins, counts, strict=False)]


def _one_by_one(files: list[Path], note: Note) -> Iterator[tuple[Path, pl.DataFrame]]:
    for file in files:
        try:
            height = _height(pl.scan_parquet(file, glob=False))
            if height > limits().rows:
                note("left out", file, None, f"{height:,} completions in one file (--allow rows=N)")
                continue
            yield file, pl.read_parquet(file)
        except BROKEN as error:
            note("cut-off part", file, None, f"cannot be read: {_first_line(error)}")


def _height(frame: pl.LazyFrame) -> int:
    """Rows, as the files say without being read."""
    return int(frame.select(pl.len()).collect().item())


def _text_bytes(table: pl.DataFrame) -> int:
    """Bytes of all texts as values of their own: a file may hold one long text for all rows."""
    texts = [table[name].str.len_bytes().sum() for name, kind in table.schema.items() if kind == pl.String]
    return max(sum(map(int, texts)), int(table.estimated_size()))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _dump(file: Path, table: pl.DataFrame, functions: list[str]) -> Dump:
    columns = [name for name in table.columns if name not in NEEDED | _OTHERS]
    paid = [name for name in columns if name in functions] or [c for c in columns if table[c].dtype.is_float()]
    dump = Dump(
        path=file,
        step=int(step) if isinstance(step := table["step"][0], (int, float)) and abs(step) < 2**53 else 0,
        prompts=[_text(prompt) for prompt in table["prompt"]],
        completions=[_text(completion) for completion in table["completion"]],
        rewards={name: _numbers(table[name]) for name in paid},
        extra={name: table[name].to_list() for name in columns if name not in paid},
        advantages=[value or 0.0 for value in table["advantage"].cast(pl.Float64)]
        if "advantage" in table.columns
        else None,
    )
    return dump if functions else _told_apart(dump)


def _numbers(column: pl.Series) -> list[float | None]:
    values = column if column.dtype == pl.Float64 else column.cast(pl.Float64, strict=False)
    return [None if value is None or value != value else value for value in values.to_list()]


def _told_apart(dump: Dump) -> Dump:
    """Where no state names the reward functions: as many of the first numbers as make the advantages.

    Reward functions stand before what they logged besides (`log_extra`), which may be numbers too.
    """
    names = list(dump.rewards)
    for count in range(len(names), 0, -1):
        rest = names[count:]
        tried = Dump(
            path=dump.path,
            step=dump.step,
            prompts=dump.prompts,
            completions=dump.completions,
            rewards={name: dump.rewards[name] for name in names[:count]},
            extra={**{name: dump.rewards[name] for name in rest}, **dump.extra},
            advantages=dump.advantages,
        )
        if all(recognised(found.batch, found.scoring) for found in generations_of(tried)):
            return tried
    return dump


def _text(value: Any) -> Text:
    """A prompt or completion: text, or messages without the keys that only other rows fill."""
    if isinstance(value, str):
        return value
    messages = value.to_list() if isinstance(value, pl.Series) else value
    return [{key: entry for key, entry in message.items() if entry is not None} for message in messages or []]
