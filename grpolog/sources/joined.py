"""Rows and completions of one run, which lie in different files, in the order of its steps."""

from collections import deque
from collections.abc import Iterable, Iterator

from grpolog.sources.items import Closing, Generation, Item, Row


def joined(items: Iterable[Item], generations: Iterable[tuple[int, Iterable[Generation]]]) -> Iterator[Item]:
    """The items with the completions of each step before its row.

    Where training was started again and a step has several rows, its completions belong to the last one: a dump is
    written over that of the start before.

    Args:
        items: all but the completions; they are held in memory.
        generations: the completions by step, in ascending order; each is read when its turn comes.
    """
    starts = _starts(items)
    waiting = [deque[tuple[int, Iterable[Generation]]]() for _ in starts]
    for entry in generations:
        waiting[max((n for n, (first, _) in enumerate(starts) if first <= entry[0]), default=0)].append(entry)
    for (_, stretch), mine in zip(starts, waiting, strict=True):
        for item in stretch:
            while mine and (isinstance(item, Closing) or (isinstance(item, Row) and mine[0][0] <= (item.step or 0))):
                yield from mine.popleft()[1]
            yield item
        for _, found in mine:
            yield from found


def _starts(items: Iterable[Item]) -> list[tuple[int, list[Item]]]:
    """The items by start of training, each with its first step: where a row goes back, another one begins."""
    found: list[tuple[int, list[Item]]] = [(0, [])]
    last = 0
    for item in items:
        if isinstance(item, Row) and item.step is not None:
            if item.step < last:
                found.append((item.step, []))
            last = item.step
        found[-1][1].append(item)
    return found
