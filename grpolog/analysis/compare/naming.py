"""What runs are called beside each other: as shortly as tells them apart."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from grpolog.analysis.run import Run

LONG: Final = 24
"""Characters of a name from which on what all names have in common is left out."""

_BOUNDARY = re.compile(r"[\W_]")


def names_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """A name for each run, no two alike: its own, or the part of its path that no other run of its name has."""
    own = Counter(run.name for run in runs)
    return tuple(run.name if own[run.name] == 1 else _path(run, runs) for run in runs)


def shortened(names: Sequence[str]) -> tuple[str, ...]:
    """The names without whole words that all of them begin with, and end with, where any is long."""
    if len(names) < 2 or max(map(len, names)) <= LONG:
        return tuple(names)
    begin = _words(os.path.commonprefix(list(names)), last=True)
    rest = [name[begin:] for name in names]
    backwards = os.path.commonprefix([name[::-1] for name in rest])
    end = len(backwards) - _words(backwards[::-1], last=False)
    short = tuple(name[: len(name) - end] for name in rest)
    return short if all(short) and len(set(short)) == len(names) else tuple(names)


def _words(text: str, *, last: bool) -> int:
    """Where the last word of `text` begins, or its first one ends: a word that is cut is in no two names the same."""
    places = [match.end() if last else match.start() for match in _BOUNDARY.finditer(text)]
    return (places[-1] if last else places[0]) if places else (0 if last else len(text))


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
