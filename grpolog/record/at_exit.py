"""Attempts that are still open when the process ends: they are ended then, whoever forgot them."""

import atexit
import sys
from collections.abc import Callable

End = Callable[[BaseException | None], None]
"""Ends an attempt; is given the exception that ends the process, or None."""

_ENDS: dict[End, BaseException | None] = {}
"""What is open, and the exception that had been unhandled when it opened: an interactive session goes on after one."""


def opened(end: End) -> None:
    """Have `end` called when the process ends."""
    _ENDS[end] = _unhandled()


def closed(end: End) -> None:
    """`end` has nothing to do any more."""
    _ENDS.pop(end, None)


@atexit.register
def _end_all() -> None:
    error = _unhandled()
    for end, earlier in list(_ENDS.items()):
        end(None if error is earlier else error)


def _unhandled() -> BaseException | None:
    """The exception that ends this process, or the last one that a person saw in an interactive session."""
    error = getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None
