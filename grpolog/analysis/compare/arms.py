"""What is compared: runs, or seeds of one configuration taken together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from grpolog.analysis.compare.naming import names_of, shortened
from grpolog.analysis.compare.settings import same, settings_of
from grpolog.analysis.run import Run
from grpolog.analysis.settings import text_of
from grpolog.errors import UsageError

MOST: Final = 6
"""Arms that are compared at most: so many colours can be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One side of a comparison."""

    label: str
    """Short, and unlike that of any other."""

    runs: tuple[Run, ...]
    """Its seeds; one run where nothing was grouped."""

    names: tuple[str, ...]
    """Their names, whole, no two alike."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which runs are seeds of one configuration."""

    key: str | None = None
    """A setting whose values tell configurations apart."""

    pattern: str | None = None
    """A regular expression; what it matches in a run's name (its first group, where it has one) does."""


def arms_of(runs: Sequence[Run], grouping: Grouping = Grouping()) -> tuple[Arm, ...]:
    """The runs as arms, in the order in which they were given.

    Raises:
        UsageError: fewer than two runs, more than MOST arms, a setting or pattern that some run lacks.
    """
    if len(runs) < 2:
        raise UsageError("a comparison takes two logs or more")
    names = names_of(runs)
    if grouping.key is not None and grouping.pattern is not None:
        raise UsageError("group by a setting or by names, not by both")
    if grouping.key is not None:
        labels = _by_setting(runs, names, grouping.key)
    elif grouping.pattern is not None:
        labels = _by_name(names, grouping.pattern)
    else:
        labels = list(shortened(names))
    distinct = list(dict.fromkeys(labels))
    if len(distinct) > MOST:
        what = "runs" if grouping == Grouping() else "groups"
        raise UsageError(
            f"{len(distinct)} {what} are more than the {MOST} that can be told apart: name fewer, take seeds together "
            "with --group-by KEY or --group-by-name PATTERN, or write a page for each with report --each"
        )
    return tuple(
        Arm(
            label,
            tuple(run for run, its in zip(runs, labels, strict=True) if its == label),
            tuple(name for name, its in zip(names, labels, strict=True) if its == label),
        )
        for label in distinct
    )


def place_of(arms: Sequence[Arm], name: str) -> int:
    """The number of the arm that is called so, or holds a run or log that is.

    Raises:
        UsageError: none does; the message names those that there are.
    """
    for place, arm in enumerate(arms):
        paths = [known for run in arm.runs for known in (str(run.path), run.path.name, run.path.stem)]
        if name in (arm.label, *arm.names, *(run.name for run in arm.runs), *paths):
            return place
    known = [arm.label for arm in arms]
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    raise UsageError(f"no run or group is called {name!r}: {hint}")


def _by_setting(runs: Sequence[Run], names: Sequence[str], key: str) -> list[str]:
    found = [settings_of(run) for run in runs]
    if not any(key in settings for settings in found):
        known = sorted({name for settings in found for name in settings})
        near = get_close_matches(key, known, n=3, cutoff=0.5)
        ends = [name for name in known if name.endswith(f".{key}")]
        hint = f": did you mean {' or '.join(ends or near)}?" if ends or near else ", nor one like it"
        raise UsageError(f"no log has a setting {key!r}{hint}")
    for name, settings in zip(names, found, strict=True):
        if key not in settings:
            raise UsageError(f"{name} has no setting {key!r}: group by names with --group-by-name")
    values = [settings[key] for settings in found]
    first = [next(other for other in values if same(other, value)) for value in values]
    return [f"{key.rsplit('.', 1)[-1]} {text_of(value)}" for value in first]


def _by_name(names: Sequence[str], pattern: str) -> list[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from error
    labels = []
    for name in names:
        match = compiled.search(name)
        label = (match[1] if compiled.groups else match[0]) if match else None
        if not label:
            raise UsageError(f"{pattern!r} matches nothing in the name {name}")
        labels.append(label)
    return labels
