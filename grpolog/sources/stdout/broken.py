"""Rows into which other output was written, put together again."""

import re
from typing import Literal

from grpolog.sources.stdout.literals import read_dict

State = Literal["whole", "mended", "torn"]
"""mended: what was written into it is taken out; torn: its end is missing, or cannot be told from that."""

_BAR = re.compile(rb"\r[^\r\n{}|]{0,200}\|[^|\r\n{}]{0,400}\|[^\r\n{}\]]{0,200}\]|\r *(?=\r|$)|\r")
_SPACE = re.compile(r"\s")
"""A key with spaces is one with other output inside."""

_MOST_PIECES = 64


def mended(text: bytes) -> tuple[bytes, State]:
    """A dict that line ends or progress bars interrupt.

    Args:
        text: from its opening brace to its closing one, or to where it breaks off.

    Returns:
        The dict and its state; a torn one is returned without bars, for its whole pairs.
    """
    if read_dict(text) is not None:
        return text, "whole"
    plain = _BAR.sub(b"", text)
    pieces = plain.split(b"\n")
    if plain.endswith(b"}") and len(pieces) <= _MOST_PIECES:
        for tried in (b"".join(pieces), b" ".join(pieces), pieces[0] + pieces[-1]):
            found = read_dict(tried)
            if found is not None and not any(_SPACE.search(key) for key in found):
                return tried, "mended"
    return plain, "torn"
