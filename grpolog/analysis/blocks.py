"""A part as blocks of whole lines, decompressed as a stream."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grpolog import jsonl

BLOCK_BYTES: Final = 32 * 2**20
"""Bytes of lines that are held at a time; a longer line makes a longer block."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of a part."""

    first: int
    """Number of the first line, from 1."""

    lines: list[bytes]
    """The lines without their newlines; empty ones are kept so that numbers stay right."""

    torn: bool = False
    """Whether the last line lacks its newline."""

    error: str | None = None
    """Why the part ends early here; None where it does not."""

    cut: bool = False
    """At the end of the part: whether lines of it were too long, and their ends are missing here and in the digest."""


def blocks(path: Path, size: int = BLOCK_BYTES, digest: "hashlib._Hash | None" = None) -> Iterator[Block]:
    """The lines of a part. A compressed part that breaks off is read up to there.

    Args:
        path: the part.
        size: bytes of lines that are held at a time.
        digest: is fed the uncompressed bytes.

    Raises:
        LogError: the part cannot be opened.
    """
    first = 1
    pieces: list[bytes] = []
    held = 0
    error = None
    with jsonl.cut_lines(jsonl.open_part(path)) as part:
        while True:
            try:
                chunk = part.read1(size)
            except jsonl.BROKEN as broken:
                error = str(broken) or type(broken).__name__
                chunk = b""
            if not chunk:
                break
            if digest is not None:
                digest.update(chunk)
            pieces.append(chunk)
            held += len(chunk)
            if held < size or b"\n" not in chunk:
                continue
            text = b"".join(pieces)
            end = text.rindex(b"\n")
            lines = text[:end].split(b"\n")
            pieces, held = [text[end + 1 :]], len(text) - end - 1
            yield Block(first, lines)
            first += len(lines)
    lines = b"".join(pieces).split(b"\n")
    torn = bool(lines[-1])
    if not torn:
        lines.pop()
    if lines or error:
        yield Block(first, lines, torn, error, cut=bool(part.cuts))
