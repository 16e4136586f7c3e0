"""Whether a file is an archive: asked of every file that is read, so nothing heavy is loaded for it."""

from pathlib import Path
from typing import Final

from grpolog import jsonl
from grpolog.errors import LogError

_HEADER: Final = 512
"""Bytes of the first header of a tar."""


def is_archive(path: Path) -> bool:
    """Whether a file is a tar, compressed or not."""
    try:
        return path.is_file() and jsonl.beginning(path, _HEADER)[257:262] == b"ustar"
    except (LogError, *jsonl.BROKEN):
        return False
