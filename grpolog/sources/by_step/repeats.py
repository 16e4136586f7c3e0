"""Rows of a table that were filled in from the row before, as programs do to have a value for each step."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from grpolog.sources.items import Row
from grpolog.sources.sample import Note

_TELLING: Final = 2
"""Values that must all be too special to come twice by themselves."""

_DIGITS: Final = 4
"""Significant digits of such a value: training hardly repeats them, but limits and counts have fewer."""

_USUAL: Final = 0.4
"""Share of rows that only repeat from which on it is the table's habit."""

_PLANNED: Final = frozenset({"learning_rate", "lr", "optim/lr", "train/lr", "epoch", "beta", "temperature"})
"""Metrics that may well stay as they are."""

_COARSE: Final = re.compile(r"reward|length|score|pass|accuracy|ratio", re.IGNORECASE)
"""Metrics with few possible values, so that two rows may share them by themselves."""


def are_filled(rows: Sequence[Row]) -> bool:
    """Whether it is a table's habit to repeat the row before."""
    return sum(_repeats(a, b) and _is_special(b, coarse=True) for a, b in pairwise(rows)) > _USUAL * len(rows)


def without_fills(rows: Iterable[Row], habit: bool, path: Path, note: Note) -> Iterator[Row]:
    """The rows without those of a later step that say the same, to the last digit, as the row before.

    Args:
        rows: in the order of the table.
        habit: what `are_filled` says of the first ones; then equal rewards alone are a repetition, too.
        path: where they are from.
        note: takes what is left out.
    """
    before: Row | None = None
    for row in rows:
        filled = before is not None and _repeats(before, row) and _is_special(row, habit)
        before = row
        if filled:
            what = "a row that only repeats the one before, filled in"
            note("repeated row", path, row.line, what, key=what)
        else:
            yield row


def _repeats(before: Row, row: Row) -> bool:
    return row.step != before.step and row.values == before.values


def _is_special(row: Row, coarse: bool) -> bool:
    special = 0
    for key, value in row.values.items():
        counts = key not in _PLANNED and (coarse or not _COARSE.search(key))
        special += counts and isinstance(value, float) and _digits(value) >= _DIGITS
        if special == _TELLING:
            return True
    return False


def _digits(value: float) -> int:
    """Significant digits of a number with a fraction; 0 of a whole one."""
    if not math.isfinite(value) or value == int(value):
        return 0
    digits, _, _ = f"{value!r}".lstrip("-").partition("e")
    return len(digits.replace(".", "").strip("0"))
