"""The tokens of an expression."""

import re
from dataclasses import dataclass
from typing import Final

from grpolog.errors import UsageError

LONGEST: Final = 2_000
"""Characters of an expression at most."""

WORDS: Final = frozenset({"and", "or", "not", "is", "contains", "matches"})
"""Words of the language, each a kind of token of its own; case does not matter."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[^\W\d]\w*)
    |`(?P<quoted>[^`]+)`
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<mark>==|!=|<=|>=|[<>()+*/%-])
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_HINTS: Final = {
    "=": "write == to compare",
    "!": "write not",
    "&": "write and",
    "|": "write or",
    '"': "the text has no end",
    "'": "the text has no end",
    "`": "the name has no end",
}


class ExpressionError(UsageError):
    """An expression that cannot be understood.

    Args:
        what: what is wrong and what to write instead.
        at: the character it speaks of, from 0.
    """

    def __init__(self, what: str, at: int) -> None:
        super().__init__(f"{what} (at character {at + 1})")
        self.at = at


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression."""

    kind: str
    """number, name, quoted, text, mark, end, or the word of the language that it is."""

    text: str
    """As it is written, without backticks."""

    start: int
    """Its first character, from 0."""


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, of which the last is its end.

    Raises:
        ExpressionError: there is something that belongs to no expression.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST:,} characters", LONGEST)
    found: list[Token] = []
    place = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            hint = _HINTS.get(text[place], "")
            raise ExpressionError(f"{text[place]!r} is not understood{f'; {hint}' if hint else ''}", place)
        kind = match.lastgroup
        start = match.start(kind) - (kind == "quoted")
        word = match[kind].lower() if kind == "name" else ""
        found.append(Token(word, word, start) if word in WORDS else Token(kind, match[kind], start))
        place = match.end()
    return found
