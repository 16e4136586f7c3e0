"""Time stamps that loggers and log collectors put before a line."""

import re
from datetime import UTC, datetime, timedelta, timezone

_ISO = re.compile(
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?(?![\d:])"
)
_AMERICAN = re.compile(rb"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)(?![\d:])")


def time_in(prefix: bytes) -> float | None:
    """The time that stands before a row on its line, Unix seconds; None where none does.

    A stamp without a zone is taken as UTC.
    """
    if b":" not in prefix:
        return None
    match = _ISO.search(prefix)
    if match is not None:
        date, clock = (int(match[1]), int(match[2]), int(match[3])), match.group(4, 5, 6)
        fraction, zone = float(b"0." + (match[7] or b"0")), _zone(match[8])
    else:
        match = _AMERICAN.search(prefix)
        if match is None:
            return None
        date, clock = (int(match[3]), int(match[1]), int(match[2])), match.group(4, 5, 6)
        fraction, zone = 0.0, UTC
    try:
        hour, minute, second = map(int, clock)
        return datetime(*date, hour, minute, second, tzinfo=zone).timestamp() + fraction
    except (ValueError, OverflowError):
        return None


def _zone(text: bytes | None) -> timezone:
    if text is None or text == b"Z":
        return UTC
    sign = -1 if text[:1] == b"-" else 1
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone(sign * timedelta(hours=hours, minutes=minutes)) if hours < 24 and minutes < 60 else UTC
