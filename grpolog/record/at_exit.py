"""Attempts that are still open when the process ends: they are ended then, whoever forgot them."""

import atexit
import os
import sys
from collections.abc import Callable

End = Callable[[BaseException | None], None]
"""Ends an attempt; is given the exception that ends the process, or None."""

_ENDS: dict[End, tuple[int, BaseException | None]] = {}
"""What is open, the process that opened it, and the exception that had been unhandled then: an interactive session
goes on after one."""


def opened(end: End) -> None:
    """Have `end` called when the process ends."""
    _ENDS[end] = (os.getpid(), _unhandled())


def closed(end: End) -> None:
    """`end` has nothing to do any more."""
    _ENDS.pop(end, None)


@atexit.register
def _end_all() -> None:
    error = _unhandled()
    for end, (pid, earlier) in list(_ENDS.items()):
        if pid == os.getpid():  # what a forked child inherits is its parent's
            end(None if error is earlier else error)


def _unhandled() -> BaseException | None:
    """The exception that ends this process, or the last one that a person saw in an interactive session."""
    error = getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None
