"""The texts of recorded completions, which a large log keeps on disk until some are asked for.

A run with every completion recorded writes gigabytes of them, and a report shows a few hundred. Above HELD bytes rows
are read without texts; those of the rows that are shown are then read from the log again.
"""

import re
from typing import Final

import polars as pl

from grpolog import jsonl
from grpolog.analysis.blocks import blocks
from grpolog.analysis.linewise import Rows
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.errors import LogError

TEXTS: Final = ("prompt", "prompt_messages", "completion", "completion_messages", "extra")
"""Columns of `example` rows that hold texts."""

HELD: Final = 256 * 2**20
"""Bytes of texts that are held in memory, at most."""

MEASURES: Final = ("length", "fingerprint")
"""Columns in place of the texts: characters of the completion, and a number that differs where completions do."""

_IDENTITY: Final = ("attempt", "rank", "seq")
_NUMBERS: Final = re.compile(rb'"attempt":(\d+),"seq":(\d+),"rank":(\d+)[,}]')
_WITHIN: Final = 256
"""Bytes of a line of ours that hold these numbers."""


def holds_texts(table: pl.DataFrame) -> bool:
    """Whether `example` rows came with their texts."""
    return TEXTS[0] in table.columns


def size_of(table: pl.DataFrame) -> int:
    """Bytes of the texts in a table of `example` rows."""
    return sum(int(table[name].str.len_bytes().sum()) for name in TEXTS)


def bare(table: pl.DataFrame) -> pl.DataFrame:
    """`example` rows with MEASURES in place of their texts; those of texts that were redacted are kept."""
    if MEASURES[0] in table.columns:
        return table.drop(TEXTS)
    said = pl.coalesce("completion", "completion_messages")
    measured = table.with_columns(said.str.len_chars().cast(pl.Int64).alias("length"), said.hash().alias("fingerprint"))
    return measured.drop(TEXTS)


def read_texts(location: Location, wanted: pl.DataFrame) -> pl.DataFrame:
    """The texts of some rows, in their order.

    Args:
        location: the log.
        wanted: attempt, rank and seq of the rows.

    Returns:
        The columns of TEXTS.

    Raises:
        LogError: a part cannot be opened, or the log has lost rows since it was read.
    """
    numbers = set(wanted.select(_IDENTITY).iter_rows())
    found = Rows("example")
    for parts in location.looked_up_again().parts.values() if numbers else ():
        for _, path in parts:
            for block in blocks(path):
                for place, line in enumerate(block.lines):
                    if b'"event":"example"' in line[:_WITHIN] and _may_be(line, numbers):
                        record, _ = jsonl.decode(line)
                        if tuple(map(record.get, _IDENTITY)) in numbers:
                            found.add(record, path, block.first + place, 0, Losses())
    texts = found.table().unique(_IDENTITY, keep="first", maintain_order=True)
    rows = wanted.select(_IDENTITY).join(
        texts.select(*_IDENTITY, *TEXTS, pl.lit(value=True).alias("found")),
        on=_IDENTITY,
        how="left",
        maintain_order="left",
    )
    lost = int(rows["found"].null_count())
    if lost:
        raise LogError(f"{lost} completions that were read before are no longer there", location.log)
    return rows.select(TEXTS)


def _may_be(line: bytes, numbers: set[tuple[int, int, int]]) -> bool:
    """Whether a line may have one of these numbers; one that is not written as our writer writes may."""
    told = _NUMBERS.search(line, 0, _WITHIN)
    return told is None or (int(told[1]), int(told[3]), int(told[2])) in numbers
