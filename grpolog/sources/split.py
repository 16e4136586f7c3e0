"""One foreign row as the parts it speaks of: training, and each eval set.

Most rows of a log have the same keys. What these mean is worked out once; a row is then no more than its values.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter

from grpolog.events import Mode
from grpolog.metrics import Meaning
from grpolog.sources.part import Part, Shape, Values
from grpolog.trends import naming

_EVAL = re.compile(r"eval([_/])(.+)", re.DOTALL)
_UNNAMED = {"eval_runtime", "eval/runtime"}
"""Keys of an evaluation whose set has no name."""

_ALONE = {"epoch"}  # says nothing without another number

_Place = tuple[Mode, str | None]
_Pick = Callable[[Values], Values]


def parts_of(numbers: Mapping[str, float], meaning: Callable[[str], Meaning]) -> list[Part]:
    """The parts of a row, training first; none for a row that holds nothing but closing totals.

    Of two keys with one meaning and different values the second keeps its own name.

    Args:
        numbers: the row by the framework's own keys.
        meaning: what each key means; one function for all rows of a log.
    """
    reading = _reading(tuple(numbers), meaning)
    values = tuple(numbers.values())
    return [Part(shape, pick(values)) for shape, pick in reading.picks(values)]


@lru_cache(maxsize=1024)
def _reading(keys: tuple[str, ...], meaning: Callable[[str], Meaning]) -> "_Reading":
    return _Reading(keys, meaning)


class _Reading:
    """How rows with certain keys are read."""

    def __init__(self, keys: tuple[str, ...], meaning: Callable[[str], Meaning]) -> None:
        self._placed = [(keys.index(key), place, name, what) for key, place, name, what in _placed(keys, meaning)]
        first: dict[tuple[_Place, str], tuple[int, Meaning]] = {}
        self._twins: list[tuple[int, Meaning, int, Meaning]] = []
        """Of two keys with one meaning the place and meaning of each."""
        for at, place, _, what in self._placed:
            earlier, same = first.setdefault((place, what.metric), (at, what))
            if earlier != at:
                self._twins.append((at, what, earlier, same))
        self._known: dict[tuple[int, ...], list[tuple[Shape, _Pick]]] = {}

    def picks(self, values: Values) -> list[tuple[Shape, _Pick]]:
        """The shapes of the parts of a row, and what picks their values out of the row's."""
        different = tuple(
            at
            for at, what, earlier, same in self._twins
            if (a := what.scaled(values[at])) != (b := same.scaled(values[earlier])) and (a == a or b == b)
        )
        if different not in self._known:
            self._known[different] = self._worked_out(different)
        return self._known[different]

    def _worked_out(self, different: tuple[int, ...]) -> list[tuple[Shape, _Pick]]:
        found: dict[_Place, dict[str, tuple[int, Meaning | None]]] = {}
        for at, place, name, what in self._placed:
            metrics = found.setdefault(place, {})
            metrics.setdefault(what.metric, (at, what))
            if at in different:
                metrics.setdefault(name, (at, None))
        evaluations = [metrics for (mode, _), metrics in found.items() if mode == "eval"]
        train = found.get(("train", None), {})
        if evaluations and train.keys() <= _ALONE:
            found.pop(("train", None), None)
            for metrics in evaluations:
                metrics |= train  # the epoch of an eval row
        told = sorted(found.items(), key=lambda entry: entry[0][0] != "train")
        return [
            (Shape(mode, name, metrics), _scaling_picker(list(metrics.values())))
            for (mode, name), metrics in told
            if metrics.keys() - _ALONE
        ]


def _picker(places: list[int]) -> _Pick:
    """What picks the values at some places."""
    if len(places) == 1:
        (only,) = places
        return lambda values: (values[only],)
    return itemgetter(*places)


def _scaling_picker(sources: list[tuple[int, Meaning | None]]) -> _Pick:
    """What picks the values at some places, in canonical units where a meaning says so."""
    pick = _picker([at for at, _ in sources])
    units = [what for _, what in sources]
    if all(what is None or (what.factor == 1.0 and what.offset == 0.0) for what in units):
        return pick
    return lambda values: tuple(
        value if what is None else what.scaled(value) for what, value in zip(units, pick(values), strict=True)
    )


def _placed(keys: tuple[str, ...], meaning: Callable[[str], Meaning]) -> list[tuple[str, _Place, str, Meaning]]:
    """Of the keys of a row the mode and eval set that each speaks of, its name there and its meaning.

    Hugging Face evaluates set after set, and only some keys of such a row name the set: the others are of the same.
    """
    eval_sets = _eval_sets(keys)
    only = eval_sets[0] if len(eval_sets) == 1 and not _UNNAMED & set(keys) else None
    found = []
    for key in keys:
        if key.removeprefix("train/") in naming.TOTALS:
            continue
        name, what = key, meaning(key)
        place: _Place = (what.mode, what.eval_name)
        match = _EVAL.fullmatch(key)
        if match and (match[1] == "_" or (what.mode, what.metric) == ("eval", meaning(match[2]).metric)):
            of = next((s for s in eval_sets if match[2].startswith(f"{s}_")), only)
            name = match[2].removeprefix(f"{of}_") if of else match[2]
            what, place = meaning(name), ("eval", of)
        found.append((key, place, name, what))
    return found


def _eval_sets(keys: Iterable[str]) -> list[str]:
    """The eval sets of a row of Hugging Face, from keys like `eval_<set>_runtime`, the longest first."""
    found = {match[1] for key in keys if (match := re.fullmatch(r"eval[_/](.+)_runtime", key))}
    return sorted(found, key=lambda name: (-len(name), name))
