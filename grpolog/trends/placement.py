"""Which row each event belongs to.

A row is what became known with one optimizer step. Rewards, quality and perf of the step are gathered until its
`step` event closes the row; where the trainer logs only every few steps, the first event of another step does.
Evaluations, and events of a step whose row is closed already, ride on the next row: that is when a monitor could
first know them.
"""

from typing import Final

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
