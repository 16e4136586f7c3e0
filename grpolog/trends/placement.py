"""Which row each event belongs to.

A row is what became known with one optimizer step. Rewards, quality and perf of the step are gathered until its
`step` event closes the row; where the trainer logs only every few steps, the first event of another step does.
Evaluations, and events of a step whose row is closed already, ride on the next row: that is when a monitor could
first know them.
"""

from typing import Final

import numpy as np

from grpolog.trends.table import Ints, Mask

GATHERED: Final = ("step", "reward", "quality", "perf")
"""The events that rows are made of."""


class Placement:
    """Follows the events of rank 0 within one attempt, in the order in which they were written."""

    def __init__(self) -> None:
        self._open: int | None = None
        """Step of the open row; None between two rows."""
        self._closed: int | None = None
        self._newest = 0

    def place(self, event: str, step: int, *, evaluation: bool) -> tuple[int | None, int | None]:
        """Take an event of GATHERED.

        Returns:
            The step of the row that ends before the event, and of the one that ends with it; None where none does.
            A `step` event that ends the row of another step leaves its own open until the next event.
        """
        self._newest = step
        if evaluation:
            return None, None
        before = None
        if step not in (self._open, self._closed):
            before, self._open = self._open, step
            if before is not None:
                self._closed = before
                return before, None
        if event == "step" and step == self._open:
            self._open, self._closed = None, step
            return None, step
        return None, None

    def end(self) -> int:
        """The step of the row that is left when the attempt ends."""
        self._open, self._closed = None, self._newest if self._open is None else self._open
        return self._closed


def place_all(ends: Mask, steps: Ints, evaluations: Mask) -> tuple[Ints, list[int], int | None]:
    """What `Placement` makes of many events.

    Args:
        ends: which of the events are `step` events.
        steps: the step of each.
        evaluations: which are of an evaluation.

    Returns:
        The row of each event, the steps of the rows that ended, and that of the one that is left; None if none is.
    """
    train = np.flatnonzero(~evaluations)
    own, ending = steps[train], ends[train]
    if not len(train) or (own[1:] < own[:-1]).any():  # steps that go back need a look at each event
        return _one_by_one(ends, steps, evaluations)
    first = np.flatnonzero(np.diff(own, prepend=own[0] - 1))  # of the events of each step
    # the first `step` event of each step that is not its first event; len(own): none
    later = np.append(np.setdiff1d(np.flatnonzero(ending), first, assume_unique=True), len(own))
    closing = later[np.searchsorted(later, first)]
    closing[closing >= np.append(first[1:], len(own))] = len(own)
    closes, alone = closing < len(own), ending[first]
    # a row stays open without a `step` event; one that comes first may have had to close the row before
    known = closes | ~alone
    newest = np.maximum.accumulate(np.where(known, np.arange(len(first)), -1))
    stays = (newest >= 0) & ~closes[newest]
    open_before = np.append(False, stays[:-1])
    closing = np.where(alone & ~open_before, first, closing)
    before, after, of = (np.zeros(len(steps), np.int64) for _ in range(3))
    begun = train[first[open_before]]
    before[begun] = 1
    of[begun] = own[first[np.flatnonzero(open_before) - 1]]
    ended = train[closing[closing < len(own)]]
    after[ended] = 1
    of[ended] = steps[ended]
    rows = np.cumsum(before) + np.cumsum(after) - after
    closed = of[np.flatnonzero(before + after)]
    left = int(own[-1] if stays[-1] else steps[-1]) if rows[-1] == len(closed) else None
    return rows, closed.tolist(), left


def _one_by_one(ends: Mask, steps: Ints, evaluations: Mask) -> tuple[Ints, list[int], int | None]:
    placement, rows = Placement(), []
    closed: list[int] = []
    for ending, step, evaluation in zip(ends.tolist(), steps.tolist(), evaluations.tolist(), strict=True):
        before, after = placement.place("step" if ending else "other", step, evaluation=evaluation)
        if before is not None:
            closed.append(before)
        rows.append(len(closed))
        if after is not None:
            closed.append(after)
    left = placement.end() if rows and rows[-1] == len(closed) else None
    return np.array(rows, dtype=np.int64), closed, left
