"""The files below a folder, for formats that are found by what their files hold."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from grpolog import jsonl
from grpolog.errors import LogError

_DEPTH: Final = 4
"""Folders within folders that are looked into: `output/runs/Nov25_host/1764050000.1/`."""

_MOST: Final = 20_000
"""Entries that are looked at."""


def files_below(folder: Path, size: int, begins: Callable[[bytes], bool]) -> list[Path]:
    """The files in a folder that begin as wanted; where there are none, those in the folders below.

    Hidden entries and links to folders are passed over.

    Args:
        folder: where to look.
        size: bytes of each file that are looked at.
        begins: whether a file that begins with them is wanted.
    """
    by_folder: dict[Path, list[Path]] = {}
    for file in _files(folder, _DEPTH, [_MOST]):
        if begins(_head(file, size)):
            by_folder.setdefault(file.parent, []).append(file)
    return by_folder.get(folder) or [file for files in by_folder.values() for file in files]


def _files(folder: Path, depth: int, left: list[int]) -> Iterator[Path]:
    folders = []
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        left[0] -= 1
        if left[0] < 0:
            return
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if _is_file(path):
            yield path
        elif depth and entry.is_dir(follow_symlinks=False):
            folders.append(path)
    for below in folders:
        yield from _files(below, depth - 1, left)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()  # False of a link to itself, but raises where what it points to may not be looked at
    except OSError:
        return False


def _head(file: Path, size: int) -> bytes:
    try:
        return jsonl.beginning(file, size)
    except (*jsonl.BROKEN, LogError):
        return b""
