"""The framing of `.wandb` files: LevelDB's log format behind W&B's own header.

The file is cut into blocks of 32 KiB. A piece of a record is its checksum (4 bytes, CRC-32 of type and data), its
length (2), its type (1: whole, first, middle or last piece) and the data; no piece crosses a block. So reading can
begin again at the next block behind damage.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from grpolog import jsonl
from grpolog.sources.sample import Note

MAGIC: Final = b":W&B\xe1\xbe\x00"
"""The header: a name, a number and version 0."""

_BLOCK: Final = 2**15
_PIECE: Final = struct.Struct("<IHB")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_TYPE_SUMS: Final = {kind: zlib.crc32(bytes([kind])) for kind in (_WHOLE, _FIRST, _MIDDLE, _LAST)}

_TORN: Final = 0
"""In place of a type: the file ends within the piece."""

_Piece = tuple[int, bytes] | None
"""Type and data; None for damage."""


def records(file: BinaryIO, path: Path, note: Note) -> Iterator[tuple[int, bytes]]:
    """The records of a file with their numbers, from 1. Damaged ones are noted, counted and passed over.

    Args:
        file: read from its beginning.
        path: its path, for notes.
        note: takes losses.
    """
    number, parts = 0, list[bytes]()
    damaged, kind = False, _WHOLE
    for piece in _pieces(file, path, note):
        if piece is None:
            number, damaged = number + 1, True
            parts.clear()
            note("invalid line", path, number, "a damaged record, or several, was left out")
            continue
        kind, data = piece
        if kind == _TORN:
            break
        if kind in (_WHOLE, _FIRST):
            if parts:
                number += 1
                note("torn line", path, number, "a record that was not written to its end")
            parts, damaged = [data], False
        elif parts:
            parts.append(data)
        elif not damaged:  # the rest of a record whose beginning is gone
            number, damaged = number + 1, True
            note("torn line", path, number, "a record without its beginning")
        if kind in (_WHOLE, _LAST) and parts:
            number += 1
            yield number, b"".join(parts)
            parts = []
    if parts or kind == _TORN:
        note("torn line", path, number + 1, "the file ends within a record")


def _pieces(file: BinaryIO, path: Path, note: Note) -> Iterator[_Piece]:
    """The pieces in their order; None once for each stretch of damage."""
    begin = len(MAGIC)
    while True:
        try:
            block = file.read(_BLOCK)
        except jsonl.BROKEN as error:
            note("cut-off part", path, None, f"the compressed file ends early: {error}")
            return
        if not block:
            return
        yield from _pieces_of(block, begin)
        begin = 0


def _pieces_of(block: bytes, place: int) -> Iterator[_Piece]:
    while place + _PIECE.size <= len(block):
        total, length, kind = _PIECE.unpack_from(block, place)
        if not (total or length or kind):  # nothing was written from here on
            break
        data = block[place + _PIECE.size : place + _PIECE.size + length]
        place += _PIECE.size + length
        if kind in _TYPE_SUMS and zlib.crc32(data, _TYPE_SUMS[kind]) == total:
            yield kind, data
        elif place > len(block) and len(block) < _BLOCK:
            yield _TORN, b""
            return
        else:
            yield None
            if not _continues(block, place):
                return
    if block[place:].strip(b"\0"):
        yield None if len(block) == _BLOCK or len(block) - place >= _PIECE.size else (_TORN, b"")


def _continues(block: bytes, place: int) -> bool:
    """Whether a sound piece is at a place, so that only the data before it is damaged."""
    following = next(_pieces_of(block, place), None) if place < len(block) else None
    return following is not None and following[0] != _TORN
