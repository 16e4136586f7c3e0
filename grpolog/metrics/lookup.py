"""What a name means: a canonical metric with the keys that frameworks have for it, or a key with what it stands for."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from grpolog.events import Mode
from grpolog.metrics.caveats import told
from grpolog.metrics.frameworks import FRAMEWORKS, HUGGING_FACE, pattern
from grpolog.metrics.keys import Key
from grpolog.metrics.spelling import normalised
from grpolog.metrics.translation import translation
from grpolog.metrics.vocabulary import METRICS, Metric, canonical


@dataclass(frozen=True, slots=True)
class Spelling:
    """A framework's key."""

    framework: str
    key: str
    metric: str
    """Canonical name; empty for a key that keeps its own name."""

    caveat: str
    """How its meaning differs from the definition, over all versions; of a key with its own name what it is."""

    factor: float
    offset: float
    mode: Mode


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name means."""

    metrics: tuple[Metric, ...]
    """Canonical metrics that it is, or that frameworks mean by it; the name's own first."""

    read_by: tuple[Spelling, ...]
    """What frameworks mean by it, where it is a key of theirs and no canonical name."""


def spellings(framework: str | None = None) -> list[Spelling]:
    """All keys, or those of one framework, in the order of the tables."""
    return [s for name, keys in FRAMEWORKS.items() if framework in (None, name) for s in _of(name, keys)]


def spellings_of(metric: Metric, framework: str | None = None) -> list[Spelling]:
    """The keys that mean a canonical metric."""
    return [spelling for spelling in spellings(framework) if spelling.metric == metric.name]


def look_up(name: str, framework: str | None = None) -> Answer | None:
    """What a name means; None where nobody knows it.

    Args:
        name: canonical, or a key of a framework, as reporters and notebooks spell it too.
        framework: the only one whose keys are looked at.
    """
    own = canonical(normalised(name).replace("<i>", "0"))
    if own is not None and framework is None:
        return Answer((own,), ())
    read = {of: reading for of in FRAMEWORKS if framework in (None, of) and (reading := _read(name, of))}
    exact = {of for of in read if any(key.key in _spelled(name, of) for key in FRAMEWORKS[of])}
    found = [reading for of, reading in read.items() if of in exact or not exact]
    entries = [entry for spelling in found if (entry := canonical(spelling.metric.replace("<f>", "f")))]
    if own is not None:
        entries = [own, *(entry for entry in entries if entry != own)]
    return Answer(tuple(dict.fromkeys(entries)), tuple(found) if own is None else ()) if entries or found else None


def near(name: str) -> list[str]:
    """Names, canonical ones and keys, that are spelled much like this one."""
    names = dict.fromkeys([*(metric.name for metric in METRICS), *(spelling.key for spelling in spellings())])
    return get_close_matches(name, names, n=4, cutoff=0.5)


def _read(name: str, framework: str) -> Spelling | None:
    """What a framework means by a key of its own; None where it has none of this name."""
    spelled = _spelled(name, framework)
    if not any(pattern(key.key).fullmatch(text) for key in FRAMEWORKS[framework] for text in spelled):
        return None
    found = translation(framework)(name)
    entry = canonical(found.metric) if found.metric != name else None
    return Spelling(framework, name, entry.name if entry else "", found.caveat, found.factor, found.offset, found.mode)


def _spelled(name: str, framework: str) -> set[str]:
    """The keys that a reporter may write as `name`."""
    plain = {name, name.removeprefix("train/")}
    return plain | {name.removeprefix("eval/")} if framework in HUGGING_FACE else plain


def _of(framework: str, keys: Iterable[Key]) -> list[Spelling]:
    variants: dict[str, list[Key]] = {}
    for key in keys:
        variants.setdefault(key.key, []).append(key)
    return [
        Spelling(framework, text, same[0].metric, told(same), same[0].factor, same[0].offset, same[0].mode)
        for text, same in variants.items()
    ]
