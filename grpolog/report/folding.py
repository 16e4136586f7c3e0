"""Text in the columns of a terminal: how wide it is, folded into lines, clipped to a width.

Nothing that comes out moves the cursor, hides or reorders what surrounds it: hidden characters are shown by number
(see `text.visible`), tabs become blanks.
"""

import re
import unicodedata
from collections.abc import Iterator

from grpolog.report.text import visible

_TAB = 4
_WORDS = re.compile(" +|[^ ]+")  # a no-break space keeps a number and its unit together


def columns(text: str) -> int:
    """Columns that `text` takes: two for a wide character, none for one that sits on the character before it."""
    return len(text) if text.isascii() else sum(map(_wide, text))


def folded(text: str, width: int, hang: int = 0) -> list[str]:
    """`text` in lines of at most `width` columns, broken between words where that is possible.

    Args:
        text: of unknown origin; its own line breaks stay.
        width: at least 2.
        hang: columns by which the lines after a break are indented.
    """
    lines = []
    for line in visible(text).expandtabs(_TAB).split("\n"):
        lines += [part.rstrip() for part in _broken(line, width, min(hang, width - 2))]
    return lines


def folded_words(text: str, width: int, hang: int = 0) -> list[str]:
    """As `folded`, for a sentence: its own line breaks are blanks."""
    return folded(" ".join(visible(text).split("\n")), width, hang)


def clipped(text: str, width: int) -> str:
    """`text` on one line, its end replaced by `…` where it is wider than `width`."""
    text = " ".join(visible(text).split())
    if columns(text) <= width:
        return text
    return f"{_head(text, width - 1)}…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` clipped to `width` and filled up to it with blanks, on its left where it is to stand on the right."""
    text = clipped(text, width)
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks


def _broken(line: str, width: int, hang: int) -> Iterator[str]:
    begun, used = "", 0
    for word in _WORDS.findall(line):
        if used + columns(word) > width and word.startswith(" "):
            yield begun
            begun, used = " " * hang, hang
            continue
        if used + columns(word) > width and used > hang:
            yield begun
            begun, used = " " * hang, hang
        while used + columns(word) > width:
            head = _head(word, width - used)
            yield begun + head
            word = word[len(head) :]
            begun, used = " " * hang, hang
        begun += word
        used += columns(word)
    yield begun


def _head(text: str, width: int) -> str:
    """The beginning of `text` that fits into `width` columns; at least one character."""
    used = 0
    for place, character in enumerate(text):
        used += _wide(character)
        if used > width and place:
            return text[:place]
    return text


def _wide(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
