"""How a metric's meaning in a run differs from its definition, by framework, version and trainer."""

import re
from collections.abc import Sequence
from dataclasses import replace

from grpolog.metrics.frameworks import FRAMEWORKS
from grpolog.metrics.keys import Always, Key
from grpolog.metrics.vocabulary import canonical


def caveat_of(
    name: str, framework: str | None, version: str | None = None, trainer: str | None = None, *, evaluated: bool = False
) -> str:
    """The caveat in force for a canonical metric, empty where it is as defined.

    Args:
        name: canonical name, with `eval_` or not.
        framework: name in FRAMEWORKS.
        version: its version; None when unknown: all possible meanings are listed.
        trainer: class name of the trainer; None when unknown, likewise.
        evaluated: whether the values are of an evaluation, for a name without `eval_`.
    """
    entry = canonical(name)
    keys = [key for key in FRAMEWORKS.get(framework or "", ()) if entry is not None and key.metric == entry.name]
    if evaluated or name.startswith("eval_"):
        keys = [key for key in keys if key.mode == "eval"] or keys
    else:
        keys = [key for key in keys if key.mode == "train"]
    caveats: dict[str, list[str]] = {}
    for text in dict.fromkeys(key.key for key in keys):
        same = [key for key in _of_trainer(keys, text, trainer) if applies(key, version)]
        if same:
            caveats.setdefault(told(same), []).append(text)
    if len(caveats) <= 1:
        return next(iter(caveats), "")
    return "; ".join(f"`{'`, `'.join(texts)}`: {caveat}" for caveat, texts in caveats.items() if caveat)


def told(same: Sequence[Key]) -> str:
    """The caveat of one key: that of its only meaning, or all that it may mean where version or trainer is unknown."""
    caveats = {key.caveat for key in same}
    if len(caveats) <= 1:
        return next(iter(caveats), "")
    trainers = len({key.trainer for key in same}) > 1
    versions = len({key.trainer for key in same}) < len(same)
    unknown = " and ".join(word for word, open_ in (("version", versions), ("trainer", trainers)) if open_)
    spans: dict[str, list[str]] = {}
    otherwise = "as defined" if "" in caveats else ""
    for key in _distinct(same):
        span = _span(key) if versions else key.trainer
        if key.caveat and not span:
            otherwise = key.caveat
        elif key.caveat:
            spans.setdefault(key.caveat, []).append(span)
    listed = [f"{' and '.join(where)}: {caveat}" for caveat, where in spans.items()]
    return f"{unknown} unknown: {'; '.join([*listed, f'otherwise {otherwise}'] if otherwise else listed)}"


def _distinct(same: Sequence[Key]) -> list[Key]:
    """Variants without those of a trainer that mean what the others do in the same versions."""
    general = {key for key in same if not key.trainer}
    return [key for key in same if not key.trainer or replace(key, trainer="") not in general]


def applies(key: Key | Always, version: str | None) -> bool:
    """Whether a key has its meaning in a version, or is always logged there; in an unknown one it may."""
    if version is None:
        return True
    own = _number(version)
    return (not key.since or own >= _number(key.since)) and (not key.until or own <= _number(key.until))


def _of_trainer(keys: Sequence[Key], text: str, trainer: str | None) -> list[Key]:
    """The variants of a key that a trainer may mean: its own, or those of all that have none of their own."""
    same = [key for key in keys if key.key == text]
    if trainer is None:
        return same
    own = next((key.trainer for key in same if key.trainer and key.trainer in trainer), "")
    return [replace(key, trainer="") for key in same if key.trainer == own]


def _span(key: Key) -> str:
    if key.since and key.until:
        span = f"{key.since} to {key.until}" if key.since != key.until else key.since
    else:
        span = f"from {key.since}" if key.since else f"up to {key.until}" if key.until else ""
    return " ".join(word for word in (key.trainer, span) if word)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
