"""Numbers in the sentences of rules."""

from typing import Final

_UNITS: Final = (("days", 86400.0), ("h", 3600.0), ("min", 60.0))


def span(seconds: float) -> str:
    """A span of time: `12.5 s`, `2.5 min`, `3 h`, `2 days`; three digits in the largest unit that it has two of."""
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
