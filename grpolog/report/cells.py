"""A table in the columns of a terminal."""

from collections.abc import Collection, Sequence
from typing import Final

from grpolog.report.folding import columns, padded
from grpolog.report.text import visible

_GAP: Final = 2
_LEAST: Final = 8  # columns that a clipped text must keep


def table(rows: Sequence[Sequence[str]], width: int, left: Collection[int] = (0,), most: int = 26) -> list[str]:
    """`rows` as lines of at most `width` columns.

    Args:
        rows: the heads, then the cells.
        width: columns of a line.
        left: places of the columns that begin on the left; the others end on the right.
        most: columns of a cell at most, but for a text in the last column, which takes what is left. A column for
            which there is no room is left out, the last one first.
    """
    rows = [[" ".join(visible(cell).split()) for cell in row] for row in rows]  # as wide as it is shown
    sizes = [min(most, max(map(columns, cells))) for cells in zip(*rows, strict=True)]
    last = len(sizes) - 1
    if last in left:
        sizes[last] = max(columns(row[last]) for row in rows)
        sizes[last] = min(sizes[last], max(_LEAST, width - sum(sizes[:last]) - _GAP * last))
    while sum(sizes) + _GAP * (len(sizes) - 1) > width and len(sizes) > 1:
        sizes.pop()
    gap = " " * _GAP
    return [
        gap.join(padded(row[place], size, right=place not in left) for place, size in enumerate(sizes)).rstrip()
        for row in rows
    ]
