"""Which reward function is the task itself, as opposed to shaping."""

import re
from collections.abc import Sequence
from typing import Literal

from grpolog.events import TOTAL

_NAMES = (
    r"^(accuracy|correct|correctness)$",
    r"accuracy|correct",
    r"(^|_)(solve|solved|success|pass|passed|exact_match|verifier|verify|tests?)(_|$)",
)
"""Names of functions that judge the task, the surest first."""


def primary_of(names: Sequence[str], given: str | None) -> tuple[str | None, Literal["given", "guessed", "unknown"]]:
    """The primary function and how it was found.

    Args:
        names: reward functions of the run.
        given: what the caller said; taken as it is even if no function is named so.

    Returns:
        The name, and `given`, `guessed` (the only function, or the only one that is named like a task) or `unknown`.
    """
    if given is not None:
        return given, "given"
    if len(names) == 1:
        return names[0], "guessed"
    for pattern in _NAMES:
        hits = [name for name in names if re.search(pattern, name.lower())]
        if len(hits) == 1:
            return hits[0], "guessed"
        if hits:
            break
    return None, "unknown"


def function_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names under which functions are recorded: each only once, and none named like the weighted sum."""
    told: list[str] = []
    for name in names:
        told.append(unique(f"{name} (function)" if name == TOTAL else name, told))
    return tuple(told)


def unique(name: str, taken: Sequence[str]) -> str:
    """`name`, with a number appended if it is taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
