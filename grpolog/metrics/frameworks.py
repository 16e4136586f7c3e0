"""What a key of a framework means in the vocabulary, by framework and version."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from grpolog.metrics import trl
from grpolog.metrics.keys import Key, Meaning
from grpolog.metrics.vocabulary import metric

FRAMEWORKS: Final[dict[str, tuple[Key, ...]]] = {"trl": trl.KEYS}
"""Keys by framework."""


@cache
def translation(framework: str | None, version: str | None = None) -> Callable[[str], Meaning]:
    """The function from a framework's key to its meaning.

    Args:
        framework: name in FRAMEWORKS; another one, or None, knows canonical names only.
        version: its version; None when unknown: where meanings differ by version the caveat lists them all.

    Returns:
        A function that gives a key that nobody knows its own name, with `known=False`.
    """
    rules = [(_pattern(key.key), key) for key in FRAMEWORKS.get(framework or "", ()) if _applies(key, version)]

    @cache
    def meaning(name: str) -> Meaning:
        found = [(match, key) for pattern, key in rules if (match := pattern.fullmatch(name))]
        if found:
            match, first = found[0]
            same = [key for _, key in found if key.key == first.key]
            canonical = first.metric.replace("<f>", match[1]) if "<f>" in first.metric else first.metric
            return Meaning(canonical, _caveat(same), first.factor, first.mode)
        return Meaning(name, known=metric(name) is not None)

    return meaning


def _caveat(same: list[Key]) -> str:
    """The caveat of a key; of one whose version is unknown all that it may be."""
    if len({key.caveat for key in same}) <= 1:
        return same[0].caveat
    spans = [f"{_span(key)}: {key.caveat or 'as defined'}" for key in same]
    return f"version unknown: {'; '.join(spans)}"


def _span(key: Key) -> str:
    if key.since and key.until:
        return f"{key.since} to {key.until}"
    return f"from {key.since}" if key.since else f"up to {key.until}"


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.escape(key).replace("<f>", "(.+?)").replace(r"<\*>", ".+?"))


def _applies(key: Key, version: str | None) -> bool:
    if version is None:
        return True
    own = _number(version)
    return (not key.since or own >= _number(key.since)) and (not key.until or own[:2] <= _number(key.until))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
