"""Spans of time and of steps, and sizes of files, as people write them."""

import re
from typing import Final

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_SIZES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def seconds(text: str) -> float:
    """Seconds of `90`, `90s`, `15m`, `1.5h`, `2d`.

    Raises:
        UsageError: anything else.
    """
    from grpolog.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if match is None:
        raise UsageError(f"a span of time is a number with s, m, h or d, such as 15m; got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def size(text: str) -> int:
    """Bytes of `800000`, `500KB`, `1.5 MB`, `8GB`.

    Raises:
        UsageError: anything else.
    """
    from grpolog.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)b?", text.strip(), re.IGNORECASE)
    if match is None:
        raise UsageError(f"a size is a number with KB, MB or GB, such as 500KB; got {text!r}")
    return round(float(match[1]) * _SIZES[match[2].lower()])


def steps(text: str) -> tuple[int | None, int | None]:
    """First and last step of `300`, `300:`, `:300`, `100:300`; both are included, None is no bound.

    Raises:
        UsageError: anything else.
    """
    from grpolog.errors import UsageError

    match = re.fullmatch(r"\s*(\d*)\s*(:?)\s*(\d*)\s*", text)
    if match is None or not (match[1] or match[3]):
        raise UsageError(f"steps are written 300, 300:, :300 or 100:300; got {text!r}")
    first = int(match[1]) if match[1] else None
    last = int(match[3]) if match[3] else None if match[2] else first
    if first is not None and last is not None and first > last:
        raise UsageError(f"the last step comes before the first one: {text!r}")
    return first, last
