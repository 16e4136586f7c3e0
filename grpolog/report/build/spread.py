"""The order in which recorded groups find room on a page: what says most first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

FOLLOWED = 8
"""Prompts of which all recorded groups are wanted: those that were recorded most often."""


def in_order_of_worth(heads: pl.DataFrame, first: Iterable[int]) -> Iterator[int]:
    """All rows, each once: `first`, then in turns the newest, one of a spread over the run, and one of the prompts that
    were recorded most often, so that a page that ends anywhere has something of each.

    Args:
        heads: rows of `recorded_groups` with their number as `row`.
        first: rows that come before all others.
    """
    taken: set[int] = set()
    newest = heads.sort("step", maintain_order=True)["row"].to_list()
    prompts = Counter(heads["prompt_id"].to_list())
    often = [prompt for prompt, times in prompts.most_common(FOLLOWED) if times > 1]
    recurring = heads.filter(pl.col("prompt_id").is_in(often))["row"].to_list()
    queues: list[Iterator[int]] = [reversed(newest), _spread(newest), iter(recurring)]
    for row in first:
        if row not in taken:
            taken.add(row)
            yield row
    while queues:
        for queue in list(queues):
            found = next((row for row in queue if row not in taken), None)
            if found is None:
                queues.remove(queue)
            else:
                taken.add(found)
                yield found


def _spread(rows: Sequence[int]) -> Iterator[int]:
    """All rows such that any number of the first ones lies evenly over the whole: halves, quarters, eighths, ..."""
    width = 1 << max(0, len(rows) - 1).bit_length()
    bits = width.bit_length() - 1
    for number in range(width):
        place = int(f"{number:0{bits}b}"[::-1], 2) if bits else 0
        if place < len(rows):
            yield rows[place]
