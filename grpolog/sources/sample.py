"""What a path holds, looked at once: formats are recognised by content, never by a file's name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources.items import Item
from grpolog.sources.text_file import UTF16

HEAD_BYTES = 2**20
"""Bytes of a file that are looked at to recognise it."""

Note = Callable[..., None]
"""Takes a loss: `note(kind, path, line, what, key=None)`, as `analysis.losses.Losses.note`."""


def silent(*_: Any, **__: Any) -> None:
    """A note that nobody reads, for a first look at what is read for good later."""


@dataclass(frozen=True)
class Sample:
    """A file's beginning, or a folder."""

    path: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Our names by foreign keys, as the user gave them: a table of numbers that nobody knows may be one of metrics."""

    @cached_property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return self.path.is_dir()

    @cached_property
    def head(self) -> bytes:
        """The first bytes of the file, decompressed where its name ends in .zst or .gz; empty for a folder.

        Raises:
            LogError: the file cannot be opened.
        """
        if self.is_folder:
            return b""
        try:
            return jsonl.beginning(self.path, HEAD_BYTES)
        except jsonl.BROKEN as error:
            raise LogError(f"cannot be read: {error}", self.path) from error

    @cached_property
    def text(self) -> str:
        """The head as text; empty where it is binary."""
        return "" if b"\0" in self.head and not self.head.startswith(UTF16) else as_text(self.head)

    @cached_property
    def lines(self) -> list[str]:
        """The whole lines of the head, without line ends; the last one of a short file too."""
        lines = self.text.splitlines()
        return lines[:-1] if len(self.head) == HEAD_BYTES and len(lines) > 1 else lines


@dataclass(frozen=True, slots=True)
class Format:
    """A foreign format."""

    name: str
    """Short name, as `--format` takes it."""

    explanation: str
    """What it is and which programs write it, one line."""

    recognises: Callable[[Sample], bool]
    """Whether a path holds this format, by its content."""

    read: Callable[..., Iterator[Item]]
    """`read(path, note)`: the items of a path in their order. Raises LogError when nothing can be read; damage is noted
    and passed over."""

    maps: bool = False
    """Whether `read` takes the user's mapping as a third argument: formats that guess which key says the step."""


def as_text(data: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 with its mark; what is not valid becomes U+FFFD."""
    if data.startswith(UTF16):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
