"""The frameworks whose keys the vocabulary knows, and which of them wrote a log."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from grpolog.metrics import art, ms_swift, nemo_rl, openrlhf, prime_rl, skyrl, slime, tinker, trl, verl
from grpolog.metrics.keys import Always, Key

FRAMEWORKS: Final[dict[str, tuple[Key, ...]]] = {
    "trl": trl.KEYS,
    "verl": verl.KEYS,
    "openrlhf": openrlhf.KEYS,
    "nemo-rl": nemo_rl.KEYS,
    "prime-rl": prime_rl.KEYS,
    "tinker": tinker.KEYS,
    "skyrl": skyrl.KEYS,
    "art": art.KEYS,
    "ms-swift": ms_swift.KEYS,
    "slime": slime.KEYS,
}
"""Keys by framework."""

ALWAYS: Final[dict[str, tuple[Always, ...]]] = {"trl": trl.ALWAYS, "verl": verl.ALWAYS}
"""What each run logs, by framework, where that is known for certain."""

VERSIONS: Final[dict[str, tuple[str, ...]]] = {"trl": trl.VERSIONS, "verl": verl.VERSIONS}
"""Minor versions of these frameworks."""

HUGGING_FACE: Final = frozenset({"trl", "ms-swift"})
"""Frameworks whose reporters (TensorBoard, W&B) write `loss` as `train/loss` and `eval_loss` as `eval/loss`."""

_COMMON: Final = frozenset(
    {"loss", "reward", "kl", "entropy", "grad_norm", "learning_rate", "epoch", "step_time", "policy_loss", "score"}
)
"""Keys that any loop may use and that tell nothing of its framework."""

_PIECES: Final = {
    re.escape("<f>"): "(?P<f>.+?)",
    re.escape("<set>"): "(?P<set>.+)",
    re.escape("<**>"): ".+",
    re.escape("<*>"): "[^/]+",
}


@cache
def pattern(key: str) -> re.Pattern[str]:
    """A key as a regular expression, with the groups `f` and `set` where it has them."""
    text = re.escape(key)
    for piece, expression in _PIECES.items():
        text = text.replace(piece, expression)
    return re.compile(text, re.DOTALL)


def framework_of(names: Iterable[str]) -> str | None:
    """The framework that knows most of these keys, the first of several; None where none is told apart by them.

    A single key tells it where no other framework has one of this name.

    Args:
        names: keys of a log that does not say who wrote it, with `train/` and `eval_` where they have it.
    """
    found = {name.removeprefix("eval_") for name in names}
    own = found | {name.removeprefix("train/") for name in found}
    telling = own - _COMMON
    counts, alone = {}, []
    for framework, keys in FRAMEWORKS.items():
        exact = {key.key for key in keys}
        patterns = [pattern(text) for text in exact if "<" in text]
        hits = {name for name in own if name in exact or any(p.fullmatch(name) for p in patterns)}
        counts[framework] = len(hits) if hits & telling else 0
        alone += [framework] if hits & exact & telling else []
    best = max(counts, key=lambda framework: counts[framework])
    return best if counts[best] > 1 or alone == [best] else None
