"""How a report puts what happened into words."""

from datetime import UTC, datetime

from grpolog.analysis import Run
from grpolog.report.model import Series
from grpolog.report.numbers import number, percent, points, signed
from grpolog.report.text import one_line

NAME = 60
"""Characters of a name within a sentence at most."""


def name_of(text: str) -> str:
    """A name of unknown origin for the inside of a sentence."""
    return one_line(text, NAME)


def moved(line: Series, *, share: bool = False) -> str:
    """`went from 0.22 to 0.84`, or `stayed at 0.22`; first and last tenth of the values."""
    first, end = (percent(v) if share else number(v) for v in (line.first, line.end))
    if line.end is None:
        return "was never finite"
    if line.logged - line.non_finite < 2:
        return f"was {end}"
    return f"stayed at {end}" if first == end else f"went from {first} to {end}"


def change(line: Series, *, share: bool = False) -> str:
    """`from 0.22 (+0.62)`: how a value got where it is."""
    if line.first is None or line.end is None:
        return "no finite value" if line.logged else "not logged"
    if line.logged - line.non_finite < 2:
        return "one value"
    difference = line.end - line.first
    text = points(difference) if share else signed(difference)
    first = percent(line.first) if share else number(line.first)
    same = first == (percent(line.end) if share else number(line.end))
    return f"unchanged from {first}" if same else f"from {first} ({text})"


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def moment(seconds: float | None) -> str:
    """A Unix time as date and time, UTC; empty when unknown or out of range."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds else ""
    except (OverflowError, ValueError, OSError):
        return ""


def started(run: Run) -> str:
    """When the first attempt began."""
    return moment(run.attempts["started"][0]) if run.attempts.height else ""


def ended(run: Run) -> str:
    """When the newest attempt was last heard of."""
    return moment(run.attempts["ended"][-1]) if run.attempts.height else ""


def seconds_spent(run: Run) -> float | None:
    """Seconds from the first to the last event of each attempt, over all attempts; None where no time is known."""
    spans = [pair for pair in run.attempts.select("started", "ended").rows() if None not in pair]
    return float(sum(max(0.0, end - start) for start, end in spans)) if spans else None
