"""What a rule sees in a metric, cycle by cycle, before it is an alert."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grpolog.events import Severity
from grpolog.trends.table import Floats, Ints, Mask

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error")

Levels = NDArray[np.int8]
"""0: nothing; 1 to 3: info, warning, error."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's view of one metric over the new cycles (or evaluations)."""

    metric: str
    levels: Levels
    """How bad each cycle is for itself."""

    message: Callable[[int], str]
    """One line for people about the entry of an index."""

    hold: tuple[int, int, int] = (1, 1, 1)
    """Entries in a row that must be as bad before an info, a warning, an error is raised."""

    clear: Mask | None = None
    """Where the matter is over; where the level is 0 unless given."""

    hold_clear: int = 4
    """Entries in a row that must be clear before the alert is resolved."""

    before: Floats | None = None
    after: Floats | None = None
    """The values compared."""

    limit: float | None = None
    """What `after` is held against where it is no earlier value: the threshold of a warning."""

    effect: Callable[[int], float] | None = None
    """How many standard errors lie between `after` and `before`, or the limit, at the entry of an index, in the bad
    direction and in the scale that the rule judges in; None where there is no noise to hold it against."""

    window: int = 1
    """The change began about so many entries before it was seen."""

    averaged: int | Ints | None = None
    """Entries whose mean `after` is; `window` unless given."""

    rows: Ints | None = None
    """Cycle of each entry, for metrics on a clock of their own."""

    kind: str = ""
    """Tells findings of one rule about one metric apart."""


def levels(info: Mask | None = None, warning: Mask | None = None, error: Mask | None = None) -> Levels:
    """The worst that holds in each entry."""
    size = len(next(mask for mask in (info, warning, error) if mask is not None))
    found = np.zeros(size, np.int8)
    for level, mask in enumerate((info, warning, error), start=1):
        if mask is not None:
            found[mask] = level
    return found
