"""What runs are called beside each other: as shortly as tells them apart."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from grpolog.analysis.run import Run

LONG: Final = 24
"""Characters of a name from which on what all names have in common is left out."""

_SEPARATORS = re.compile(r"((?:[^\w.]|_)+)")  # a dot may be that of a number


def names_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """A name for each run, no two alike: its own, or the part of its path that no other run of its name has."""
    own = Counter(run.name for run in runs)
    return tuple(run.name if own[run.name] == 1 else _path(run, runs) for run in runs)


def shortened(names: Sequence[str]) -> tuple[str, ...]:
    """The names without the words that all of them begin with, and end with, where any is long."""
    if len(names) < 2 or max(map(len, names)) <= LONG:
        return tuple(names)
    words = [_SEPARATORS.split(name) for name in names]
    begin = _alike(words)
    end = _alike([name[begin:][::-1] for name in words])
    short = tuple("".join(name[begin : len(name) - end]) for name in words)
    return short if all(short) and len(set(short)) == len(names) else tuple(names)


def _alike(words: Sequence[Sequence[str]]) -> int:
    """How many words all begin with, with the separator after the last of them."""
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    return len(list(columns)) // 2 * 2


def _path(run: Run, runs: Sequence[Run]) -> str:
    alike = [other for other in runs if other.name == run.name]
    parts = [other.path.absolute().parts for other in alike]
    ends = 0
    while len({path[len(path) - 1 - ends : len(path) - ends] for path in parts}) == 1 and ends < min(map(len, parts)):
        ends += 1  # the same file in other folders
    own = run.path.absolute().parts
    kept = own[: len(own) - ends] or own
    for length in range(1, len(kept) + 1):
        tail = kept[-length:]
        if sum(path[: len(path) - ends][-length:] == tail for path in parts) == 1:
            return "/".join(tail).removeprefix("//")
    return str(run.path)
