"""The numbers of event files as attempts of one run, and each attempt as rows by step.

Within an attempt the steps of a tag go up. Where they go back, training was started again. Numbers of one step need
not stand together: some loggers write tag by tag.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from grpolog.sources.tensorboard.content import Content


@dataclass(frozen=True, slots=True)
class Numbers:
    """Columns of equal length, one entry for each value, in the order of writing."""

    names: Sequence[str]
    """The tags by their number."""

    tag: NDArray[np.int64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]
    time: NDArray[np.float64]
    record: NDArray[np.int64]
    file: NDArray[np.int64]
    """Number of the file, in the order of reading."""

    def part(self, begin: int, end: int) -> "Numbers":
        """The entries between two places."""
        here = slice(begin, end)
        tag, step, value, time = self.tag[here], self.step[here], self.value[here], self.time[here]
        return Numbers(self.names, tag, step, value, time, self.record[here], self.file[here])

    @property
    def used(self) -> list[str]:
        """The tags that have an entry."""
        return [self.names[tag] for tag in np.unique(self.tag)]


@dataclass(frozen=True, slots=True)
class Step:
    """What was written at one step."""

    step: int
    tags: list[str]
    values: list[float]
    """In the order of writing, as `tags`."""

    time: float
    """Unix time of the last value."""

    file: int
    """Number of the file of its first value."""

    record: int
    """Number of the record of its first value."""


def joined(contents: Sequence[Content]) -> Numbers:
    """The numbers of all files, one behind the other."""
    names: dict[str, int] = {}
    tags = []
    for content in contents:
        new = np.array([names.setdefault(name, len(names)) for name in content.tags], np.int64)
        tags.append(new[np.array(content.tag, np.int64)] if len(content.tag) else np.zeros(0, np.int64))
    return Numbers(
        list(names),
        np.concatenate(tags),
        np.concatenate([np.array(content.step, np.int64) for content in contents]),
        np.concatenate([np.array(content.value, np.float64) for content in contents]),
        np.concatenate([np.array(content.time, np.float64) for content in contents]),
        np.concatenate([np.array(content.record, np.int64) for content in contents]),
        np.repeat(np.arange(len(contents)), [len(content.tag) for content in contents]),
    )


def counted(numbers: Numbers) -> Numbers:
    """The numbers with steps that count the values of each tag, where the writer gave none."""
    tags, counts = np.unique(numbers.tag, return_counts=True)
    if not len(tags) or counts.max() == 1 or numbers.step.any():
        return numbers
    order = np.argsort(numbers.tag, kind="stable")
    step = np.empty_like(numbers.step)
    step[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    return replace(numbers, step=step)


def beginnings(numbers: Numbers, openings: Sequence[int]) -> list[int]:
    """The places at which attempts begin.

    Args:
        numbers: of all files.
        openings: places at which a file begins that says it is a start of training.
    """
    order = np.argsort(numbers.tag, kind="stable")
    steps, files, tags = numbers.step[order], numbers.file[order], numbers.tag[order]
    evals = np.array([name.startswith(("eval", "test", "val")) for name in numbers.names] or [False])
    back = (steps[1:] < steps[:-1]) | ((steps[1:] == steps[:-1]) & (files[1:] != files[:-1]) & ~evals[tags[1:]])
    found = np.flatnonzero(back & (tags[1:] == tags[:-1]))
    before = dict(zip(order[found + 1].tolist(), order[found].tolist(), strict=True))
    begins = [0]
    starts = {place for place in openings if place < len(numbers.step)}
    for place in sorted(before.keys() | starts):
        if place > begins[-1] and (place in starts or before[place] >= begins[-1]):
            begins.append(_row_begin(numbers, place, begins[-1]))
    return begins


def by_step(numbers: Numbers) -> Iterator[Step]:
    """The rows of one attempt by step."""
    order = np.argsort(numbers.step, kind="stable")
    steps = numbers.step[order]
    bounds = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(steps)]
    names = numbers.names
    for begin, end in pairwise(bounds):
        places = order[begin:end]
        if not len(places):
            return
        tags = [names[tag] for tag in numbers.tag[places].tolist()]
        first, time = int(places[0]), float(numbers.time[places].max())
        where = int(numbers.file[first]), int(numbers.record[first])
        yield Step(int(steps[begin]), tags, numbers.value[places].tolist(), time, *where)


def _row_begin(numbers: Numbers, place: int, limit: int) -> int:
    """Where the row begins in which `place` lies: tags that are new in it stand before the first that goes back."""
    step, file = numbers.step[place], numbers.file[place]
    while place - 1 > limit and numbers.step[place - 1] == step and numbers.file[place - 1] == file:
        place -= 1
    return place
