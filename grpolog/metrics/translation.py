"""What a key of a framework means in the vocabulary, by framework and version."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from grpolog.metrics.caveats import applies, told
from grpolog.metrics.frameworks import FRAMEWORKS, HUGGING_FACE, pattern
from grpolog.metrics.keys import Key, Meaning
from grpolog.metrics.spelling import normalised
from grpolog.metrics.vocabulary import metric

_EVAL: Final = ("eval_", "eval/")


@cache
def translation(framework: str | None, version: str | None = None) -> Callable[[str], Meaning]:
    """The function from a framework's key to its meaning.

    Args:
        framework: name in FRAMEWORKS; another one, or None, knows canonical names only.
        version: its version; None when unknown: where meanings differ by version the caveat lists them all.

    Returns:
        A function that gives a key that nobody knows its own name, with `known=False`. Keys of reporters
        (`train/loss`, `eval/loss`) and of notebooks (`Training Loss`) are understood too.
    """
    rules = _Rules([key for key in FRAMEWORKS.get(framework or "", ()) if applies(key, version)])
    hugging_face = framework in HUGGING_FACE

    @cache
    def meaning(name: str) -> Meaning:
        plain = name.removeprefix("train/")
        if found := rules.find(name) or rules.find(plain):
            return found
        if hugging_face and name.startswith("eval/"):
            return replace(meaning(name.removeprefix("eval/")), mode="eval")
        spelled = normalised(plain)
        if spelled.startswith(_EVAL) and spelled != plain:
            return replace(meaning(spelled.removeprefix("eval_")), mode="eval")
        if spelled != plain and (found := rules.find(spelled)):
            return found
        if metric(spelled):
            return Meaning(spelled)
        return Meaning(plain if hugging_face else name, known=False)

    return meaning


class _Rules:
    """The keys of a framework in one version: exact ones first, then patterns in their order."""

    def __init__(self, keys: Sequence[Key]) -> None:
        variants: dict[str, list[Key]] = {}
        for key in keys:
            variants.setdefault(key.key, []).append(key)
        self._exact = {text: same for text, same in variants.items() if "<" not in text}
        self._patterns = [(pattern(text), same) for text, same in variants.items() if "<" in text]

    def find(self, name: str) -> Meaning | None:
        if name in self._exact:
            return _meaning(name, self._exact[name], {})
        for expression, same in self._patterns:
            if match := expression.fullmatch(name):
                return _meaning(name, same, match.groupdict())
        return None


def _meaning(name: str, same: Sequence[Key], pieces: dict[str, str]) -> Meaning:
    key = same[0]
    if not key.metric:
        return Meaning(name, told(same))
    return Meaning(
        re.sub("<f>", lambda _: pieces["f"], key.metric),
        told(same),
        key.factor,
        key.mode,
        pieces.get("set"),
        offset=key.offset,
    )
