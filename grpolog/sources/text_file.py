"""Files of text whose encoding their first bytes tell; lines that are too long are cut."""

import codecs
from collections.abc import Iterable
from io import TextIOWrapper
from typing import BinaryIO, Final

from grpolog import jsonl

UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""First bytes of UTF-16."""


def opened(file: BinaryIO) -> TextIOWrapper:
    """A file as text, line ends as they are: UTF-8, or UTF-16 with its mark; what is not valid becomes U+FFFD.

    Args:
        file: read from its beginning; it can be rewound.
    """
    start = file.read(2)
    file.seek(0)
    return TextIOWrapper(jsonl.cut_lines(file), "utf-16" if start in UTF16 else "utf-8-sig", "replace", newline="")


def in_utf8(file: BinaryIO) -> Iterable[bytes]:
    """The lines of a file as UTF-8 with their ends; those of UTF-16, as Windows writes what a command prints, recoded.

    Args:
        file: read from its beginning; it can be rewound.
    """
    start = file.read(3)
    file.seek(len(start) if start == codecs.BOM_UTF8 else 0)
    return (line.encode("utf-8", "replace") for line in opened(file)) if start[:2] in UTF16 else jsonl.cut_lines(file)
