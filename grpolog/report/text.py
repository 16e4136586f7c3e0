"""Text of unknown origin made visible, shared by the HTML and the Markdown report.

Completions, prompts, names and paths may hold characters that reorder, hide or delete what surrounds them. They
are shown by number, so that nothing is invisible and nothing moves.
"""

import re

HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners and fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"  # zero width, line separators, bidi
    "\ufff0-\ufffb\ufffe\uffff"  # interlinear marks and non-characters
    "\ud800-\udfff"  # lone surrogates, which UTF-8 cannot carry
    "\U000e0000-\U000e0fff"  # tags and variation selectors that can carry hidden text
    "]"
)
"""What is not seen, or moves, hides or reorders what surrounds it."""


def visible(text: str) -> str:
    """`text` with every control, bidi and zero-width character written as `⟨U+202E⟩`; Windows line ends are read."""
    if text.isascii() and text.isprintable():
        return text
    return HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 300) -> str:
    """`text` made visible, without line breaks, cut to `limit` characters."""
    return cut(" ".join(visible(text).split()), limit)


def cut(text: str, limit: int) -> str:
    """`text` if it has at most `limit` characters, else its beginning and how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({len(text) - limit:,} more characters)"
