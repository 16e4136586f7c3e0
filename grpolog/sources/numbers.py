"""Numbers as foreign logs write them."""

import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf, "infinity": math.inf}


def number(value: Any) -> float | int | None:
    """`value` as a number, NaN and infinities included; None for everything else.

    Texts that are numbers count, as transformers 5 prints them (`'0.125'`, `'nan'`); so do numpy and torch scalars.
    """
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return float(text.replace(",", "").replace("_", ""))
        return _WORDS.get(text.lower())
    item = getattr(value, "item", None)
    return number(item()) if callable(item) and getattr(value, "size", 1) == 1 else None


def real(value: Any) -> float | None:
    """`value` as a float; None for what is no number."""
    found = number(value)
    try:
        return None if found is None else float(found)
    except OverflowError:  # an integer of hundreds of digits
        return math.copysign(math.inf, found or 0)
