"""Rows of metrics in the text of a training run: the dicts that trainers print."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from grpolog.sources.stdout.broken import State, mended

Kind = Literal["train", "eval", "totals"]

LONGEST: Final = 2**14
"""Bytes of the longest dict that is looked at."""

_DEEPEST: Final = 16
"""Dicts within a dict."""

_OPEN = re.compile(rb"""\{(?: ?|\r?\n[ \t]{0,16})(?:'[^'\r\n]{1,120}'|"[^"\r\n]{1,120}")\s*:\s*['"]?[-+.\w]""")
_NOT_BEFORE = b"=([,{<`'\"\\"

_NUMBER = rb"['\"]\s*:\s*['\"]?[+-]?(?:\d|\.\d|nan|inf|NaN|Inf|np\.|numpy\.|tensor\(|array\()"
_USUAL = re.compile(rb"\{['\"]loss" + _NUMBER)
_LOSS = rb"['\"/](?:[a-z_]*_)?loss" + _NUMBER
_VALUE = re.compile(
    _LOSS + rb"|['\"/](?:(?:mean|avg|average|raw|train)_)?reward(?:_mean|/mean)?" + _NUMBER + rb"|['\"/]kl" + _NUMBER
)
_PLACE = re.compile(
    rb"['\"/](?:epoch|learning_rate|lr|actor_lr|global_step(?:/max_steps)?|num_tokens|grad_norm|actor_grad_norm"
    rb"|reward_std|entropy)" + _NUMBER + rb"|['\"]rollout/\w+" + _NUMBER
)
_STEP_AND_LOSS = (re.compile(rb"['\"/](?:step|iteration|iter)" + _NUMBER), re.compile(_LOSS))
_EVALUATION = re.compile(rb"['\"]eval_[^'\"]+" + _NUMBER)
_TOTALS = re.compile(rb"train_runtime" + _NUMBER)
_OF_A_SAMPLE = re.compile(
    rb"['\"](?:(?:prompt|completion|response|answer|question|message|action|observation)s?|text|content|input|output"
    rb"|done|terminated|log_history)['\"]\s*:"
)
_WORD = re.compile(rb"loss|reward|grad_norm|eval_|train_runtime")
"""Without one of them a dict is no row: a quick look, for logs are full of dicts."""


@dataclass(frozen=True, slots=True)
class DictRow:
    """A dict of metrics in a block."""

    start: int
    end: int
    """Its place: the first byte, and the first one behind it."""

    kind: Kind

    text: bytes
    """The dict, put together again where other output was written into it."""

    state: State = "whole"


def dict_rows(text: bytes, is_last: bool) -> Iterator[DictRow]:
    """The rows in a block, in order.

    Args:
        text: the block.
        is_last: whether nothing follows it: a dict without its end is then a row that was cut off.
    """
    done = 0
    for match in _OPEN.finditer(text):
        start = match.start()
        if start < done:
            continue
        close = _close(text, start)
        if close < 0 and not is_last:
            continue
        end = close + 1 if close >= 0 else min(len(text), start + LONGEST)
        again = text.find(text[start : start + 7], start + 7, end)  # the next row begins before this one ends
        end = again if again >= 0 else end
        kind = kind_of(text, start, end)
        if kind is None or not _may_begin(text, start):
            continue
        if again < 0 <= close and text.find(b"\n", start, end) < 0 and text.find(b"\r", start, end) < 0:
            yield DictRow(start, end, kind, text[start:end])
            done = end
            continue
        found, state = mended(text[start:end])
        kind = kind_of(found, 0, len(found))
        if kind is not None:
            yield DictRow(start, end, kind, found, state)
            done = end


def kind_of(text: bytes, start: int, stop: int) -> Kind | None:
    """What a dict speaks of; None where it is no row of a trainer."""
    if _WORD.search(text, start, stop) is None:
        return None
    if _USUAL.match(text, start) and text.rfind(b"epoch", start, stop) > 0 and text.find(b"eval_", start, stop) < 0:
        return "train"
    if _TOTALS.search(text, start, stop):
        return "totals"
    if _OF_A_SAMPLE.search(text, start, stop):
        return None
    evaluated = len(_EVALUATION.findall(text, start, stop))
    if evaluated:
        return "eval" if evaluated > 1 or _PLACE.search(text, start, stop) else None
    found = [match.start() for pattern in (_VALUE, _PLACE) for match in pattern.finditer(text, start, stop)]
    if len(found) > 1 and _VALUE.search(text, start, stop):
        return "train"
    return "train" if all(pattern.search(text, start, stop) for pattern in _STEP_AND_LOSS) else None


def _close(text: bytes, start: int) -> int:
    """The place of the brace that closes a dict; negative where there is none near."""
    limit = start + LONGEST
    close = text.find(b"}", start, limit)
    if close < 0 or text.find(b"{", start + 1, close) < 0 or _WORD.search(text, start, close) is None:
        return close
    opened = text.count(b"{", start, close)
    for _ in range(1, _DEEPEST):
        opened -= 1
        further = text.find(b"}", close + 1, limit)
        if not opened or further < 0:
            break
        opened += text.count(b"{", close, further)
        close = further
    return close


def _may_begin(text: bytes, start: int) -> bool:
    """Whether a dict printed for itself can begin there: not inside code, a quotation or another dict."""
    over_lines = text[start + 1] in b"\r\n"  # JSON for people: what holds it stands on a line before
    line = 0 if over_lines else max(text.rfind(b"\n", 0, start), text.rfind(b"\r", 0, start)) + 1
    before = text[max(line, start - 80) : start].rstrip()
    if not before:
        return True
    return before[-1] not in _NOT_BEFORE and not before.endswith((b"':", b'":', b"return"))
