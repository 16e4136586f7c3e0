"""A terminal's text in blocks: UTF-8 without colours, cut where nothing is torn apart."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from grpolog import jsonl
from grpolog.sources.sample import Note
from grpolog.sources.text_file import UTF16

_BLOCK = 2**20
"""Bytes of a block, about."""

_LONGEST = 2**14
"""Bytes of the longest row that is not cut in two."""

_NESTED = re.compile(rb"\n\r[^\n\x1b]*(?:\x1b\[A)+")
_COLOURS = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]{0,200}(?:\x07|\x1b\\)|[()][0-9A-Z])")


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive text of a log."""

    text: bytes
    """Without escape sequences and without the bars that stand below another one."""

    line: int
    """Line of its first byte, from 1."""

    is_last: bool = False
    """Whether the log ends with it."""


def read_blocks(path: Path, note: Note) -> Iterator[Block]:
    """The text of a file, decompressed by the ending of its name, in memory that does not grow with it.

    Raises:
        LogError: the file cannot be opened.
    """
    line = 1
    for raw, is_last in _pieces(path, note):
        yield Block(cleaned(raw), line, is_last)
        line += raw.count(b"\n")


def cleaned(raw: bytes) -> bytes:
    """Text without escape sequences.

    Bars below another one, as tqdm draws those of an evaluation, go too: they reach the line below and come back up.
    Lines keep their numbers.
    """
    if b"\x1b" not in raw:
        return raw
    return _COLOURS.sub(b"", _NESTED.sub(b"\n", raw))


def _pieces(path: Path, note: Note) -> Iterator[tuple[bytes, bool]]:
    with jsonl.open_part(path) as file:
        held: list[bytes] = []
        for chunk in _as_utf8(_chunks(cast("BufferedIOBase", file), path, note)):
            held.append(chunk)
            if sum(map(len, held)) < _BLOCK:
                continue
            text = b"".join(held)
            cut = _cut(text) or (len(text) if len(text) > _BLOCK + 2 * _LONGEST else 0)
            if cut:
                yield text[:cut], False
            held = [text[cut:]]
        yield b"".join(held), True


def _chunks(file: BufferedIOBase, path: Path, note: Note) -> Iterator[bytes]:
    try:
        while chunk := file.read1(_BLOCK):  # what was read before an error counts
            yield chunk
    except jsonl.BROKEN as error:
        note("cut-off part", path, None, f"the file ends early: {error}")


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-16 with its mark, which shells of Windows write, becomes UTF-8; everything else stays as it is."""
    first = next(chunks, b"")
    if not first.startswith(UTF16):
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    yield decoder.decode(first).encode("utf-8", "replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")


def _cut(text: bytes) -> int:
    """Where to end a block: before a line end, and before a row that goes on behind it; 0 where that is nowhere."""
    cut = text.rfind(b"\n")
    if cut <= 0:
        cut = text.rfind(b"\r")
    if cut <= 0:
        return 0
    opened = max(text.rfind(b"{'", 0, cut), text.rfind(b'{"', 0, cut))
    if opened >= 0 and cut - opened < _LONGEST and text.find(b"}", opened, cut) < 0:
        cut = max(text.rfind(b"\n", 0, opened), text.rfind(b"\r", 0, opened), 0) or opened
    return cut
