"""Spans of time as people write them."""

import re
from typing import Final

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


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
