"""Text of unknown origin made safe for a terminal: what would act there is shown instead."""

import re

_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, escape among them; newline and tab may stay
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero-width, bidi, separators
    "\ud800-\udfff\U000e0000-\U000e007f]"  # lone surrogates, invisible tags
)
_BREAKS = re.compile("[\n\t]")


def visible(text: str, *, lines: bool = False) -> str:
    r"""`text` with control characters as `\x1b` and invisible or bidirectional ones as `⟨U+202E⟩`.

    Args:
        text: any text.
        lines: whether newlines and tabs stay as they are; else they become `\x0a` and `\x09`.
    """
    text = _ACTS.sub(_shown, text)
    return text if lines else _BREAKS.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0xA0 else f"⟨U+{code:04X}⟩"
