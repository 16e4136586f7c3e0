"""TFRecord: how TensorFlow frames records in a file.

A record is its length (8 bytes), the length's checksum (4), the data, the data's checksum (4), little-endian. The
length has a checksum of its own, so the next whole record can be found behind damage.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from grpolog import jsonl
from grpolog.sources.sample import Note
from grpolog.sources.tensorboard import crc32c

HEADER = 12
"""Bytes before the data."""

_FOOTER = 4
_CHUNK = 2**22
_LENGTH = struct.Struct("<Q")

_FEW = 16
"""Records of one length that are checked one by one: fewer do not pay for arrays."""

Places = NDArray[np.int64]


def begins_with_record(head: bytes) -> bool:
    """Whether bytes begin with the header of a record."""
    return len(head) >= HEADER and crc32c.masked(head[:8]) == int.from_bytes(head[8:HEADER], "little")


def records(file: BinaryIO, path: Path, note: Note) -> Iterator[tuple[int, bytes]]:
    """The records of a file with their numbers, from 1. Damaged ones are noted, counted and passed over.

    Args:
        file: read from its beginning.
        path: its path, for notes.
        note: takes losses.
    """
    buffer, number, ended = b"", 0, False
    passed: int | None = None  # bytes since damage began
    while not ended:
        try:
            chunk = file.read(_CHUNK)
        except jsonl.BROKEN as error:
            note("cut-off part", path, number + 1, f"the compressed file ends early: {error}")
            chunk = b""
        ended = not chunk
        buffer += chunk
        place = 0
        while True:
            if passed is not None:
                behind, found = _next_record(buffer, place)
                behind = len(buffer) if ended and not found else behind
                place, passed = behind, passed + behind - place
                if not found and not ended:
                    break
                note("invalid line", path, number, f"damaged: {passed} bytes up to the next whole record were left out")
                passed = None
            bounds, damaged = _chain(buffer, place)
            place = bounds[-1]
            for begin, end, sound in zip(bounds, bounds[1:], _sound(buffer, np.array(bounds, np.int64)), strict=False):
                number += 1
                if sound:
                    yield number, buffer[begin + HEADER : end - _FOOTER]
                else:
                    note("invalid line", path, number, "a record whose checksum does not fit was left out")
            if not damaged:
                break
            number, place, passed = number + 1, place + 1, 1
        buffer = buffer[place:]
    if buffer:
        note("torn line", path, number + 1, f"the file ends within a record ({len(buffer)} bytes)")


def _chain(buffer: bytes, place: int) -> tuple[list[int], bool]:
    """Where the whole records from `place` on begin, and where the last of them ends; whether damage is there."""
    bounds, last, unpack = [place], len(buffer) - HEADER, _LENGTH.unpack_from
    while place <= last:
        place += unpack(buffer, place)[0] + HEADER + _FOOTER
        bounds.append(place)
    if place > len(buffer):
        bounds.pop()
    wrong = np.flatnonzero(~_true_headers(buffer, np.array(bounds[:-1], np.int64)))
    if len(wrong):
        return bounds[: wrong[0] + 1], True
    rest = buffer[bounds[-1] : bounds[-1] + HEADER]
    return bounds, len(rest) == HEADER and not begins_with_record(rest)


def _next_record(buffer: bytes, place: int) -> tuple[int, bool]:
    """Where the next header is, from `place` on; the place from which to look once there are more bytes if none is."""
    view = np.frombuffer(buffer, np.uint8)[place:]
    last = len(view) - HEADER
    if last < 0:
        return place, False
    maybe = np.ones(last + 1, bool)
    for column in range(3, 8):  # the high bytes of a length below 16 MiB
        maybe &= view[column : column + last + 1] == 0
    summed = np.zeros(last + 1, bool)
    for column in range(8, HEADER):  # no checksum is 0, which disks are full of
        summed |= view[column : column + last + 1] != 0
    maybe &= summed
    found = np.flatnonzero(maybe)
    found = found[_true_headers(buffer, found + place)]
    return (place + int(found[0]), True) if len(found) else (place + last + 1, False)


def _true_headers(buffer: bytes, starts: Places) -> NDArray[np.bool_]:
    """(n,) whether the length at each start has its checksum behind it."""
    if not len(starts):
        return np.ones(0, bool)
    rows = np.frombuffer(buffer, np.uint8)[starts[:, None] + np.arange(HEADER)]
    return np.asarray(crc32c.masked_of_rows(rows[:, :8]) == _sums(rows[:, 8:]), dtype=bool)


def _sound(buffer: bytes, bounds: Places) -> list[bool]:
    """For each record between two bounds whether its data has the checksum that stands behind it."""
    lengths = np.diff(bounds) - HEADER - _FOOTER
    good = np.ones(len(lengths), bool)
    view = np.frombuffer(buffer, np.uint8)
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        begins = bounds[same] + HEADER
        if len(same) < _FEW:
            for index, begin in zip(same, begins, strict=True):
                end = begin + length
                found = crc32c.masked(buffer[begin:end])
                good[index] = found is None or found == int.from_bytes(buffer[end : end + _FOOTER], "little")
        else:
            rows = view[begins[:, None] + np.arange(length + _FOOTER)]
            good[same] = crc32c.masked_of_rows(rows[:, :length]) == _sums(rows[:, length:])
    return good.tolist()


def _sums(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(n,) the integers of (n, 4) bytes."""
    return np.ascontiguousarray(rows).view("<u4")[:, 0]
