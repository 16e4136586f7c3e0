"""Rows of single samples, several for each step, as one row a step."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from grpolog.sources.items import Row


def are_samples(rows: Sequence[Row]) -> bool:
    """Whether most rows have the step and the keys of the row before: then each is a sample, not a step."""
    again = sum(a.step == b.step and a.values.keys() == b.values.keys() for a, b in pairwise(rows))
    return again * 2 > len(rows)


def means(rows: Iterable[Row]) -> Iterator[Row]:
    """The mean of each value over consecutive rows of one step."""
    for step, together in groupby(rows, key=lambda row: row.step):
        same = list(together)
        columns: dict[str, list[Any]] = {}
        for row in same:
            for key, value in row.values.items():
                columns.setdefault(key, []).append(value)
        yield Row({key: sum(found) / len(found) for key, found in columns.items()}, step, same[0].line, same[-1].time)
