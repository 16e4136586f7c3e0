"""How much a reading takes in: whoever wrote a log may want to fill the reader's memory, or to keep it busy.

The limits are those of the surrounding `limited`, the defaults outside of any. What lies behind a limit is left out and
counted as a loss; where nothing could be read without it, the error names the limit.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

_CHUNK: Final = 2**20
_ALWAYS: Final = 64_000_000
"""Bytes that any compressed file may unpack to."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is taken in."""

    line: int = 64_000_000
    """Bytes of a line; a longer one is left out."""

    value: int = 128_000_000
    """Bytes of a file that has to be read whole, such as one JSON value: as objects it takes up to forty times that."""

    file: int = 64_000_000_000
    """Bytes of a file, unpacked; it is read up to there."""

    expansion: int = 100
    """How many times larger than on disk a compressed file may be; it is read up to there."""

    metrics: int = 2_000
    """Names of metrics, and of reward functions; further ones are left out."""

    rows: int = 1_000_000
    """Rows of metrics in a log of another program; it is read up to there."""

    attempts: int = 200
    """Training starts of a log; events of further ones are left out."""


_DEFAULT: Final = Limits()
_limits: ContextVar[Limits] = ContextVar("limits")


def limits() -> Limits:
    """The limits in force."""
    return _limits.get(_DEFAULT)


@contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Read within `limits` meanwhile."""
    token = _limits.set(limits)
    try:
        yield
    finally:
        _limits.reset(token)


def told(size: int) -> str:
    """A number of bytes in words."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000  # type: ignore[assignment]
    return f"{size:,.3g} GB"


def check_size(line: bytes) -> None:
    """Refuse a line that is longer than it may be.

    Raises:
        ValueError: it is, or it was before it was cut.
    """
    most = limits().line
    if len(line) > most + line.endswith(b"\n"):
        raise ValueError(f"longer than {told(most)}, left out (--allow line=SIZE)")


class OversizeError(OSError):
    """A file that unpacks to more than it may. What was read before counts."""


def bounded(unpacked: BinaryIO, packed: int) -> BinaryIO:
    """What a compressed file holds, up to its limit; then reading raises OversizeError.

    Args:
        unpacked: the file, which unpacks while it is read.
        packed: its bytes on disk.
    """
    own = limits()
    return cast("BinaryIO", io.BufferedReader(_Bounded(unpacked, min(own.file, max(_ALWAYS, packed * own.expansion)))))


def cut_lines(file: BinaryIO) -> "CutLines":
    """A file whose lines are not longer than the limit and one byte: of a longer one the rest is left out."""
    return CutLines(_Cut(file, limits().line + 1))


class CutLines(io.BufferedReader):
    """See `cut_lines`."""

    raw: "_Cut"

    def __init__(self, raw: "_Cut") -> None:
        super().__init__(raw, _CHUNK)

    @property
    def cuts(self) -> int:
        """Lines that were cut so far."""
        return self.raw.cuts


class _Bounded(io.RawIOBase):
    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most, self._left = file, most, most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read1(len(buffer))  # type: ignore[attr-defined]
        self._left -= len(data)
        if self._left < 0:
            what = f"it unpacks to more than {told(self._most)}, which is suspicious (--allow expansion=N)"
            raise OversizeError(what)
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = self._file.seek(offset, whence)
        self._left = self._most - place
        return place

    def close(self) -> None:
        self._file.close()
        super().close()


class _Cut(io.RawIOBase):
    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self._size = 0  # of the line that is being read, as far as it was
        self.cuts = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            data = self._file.read1(min(len(buffer), self._most))  # type: ignore[attr-defined]
            if not data:
                return 0
            end = data.find(b"\n")
            room, wanted = self._most - self._size, len(data) if end < 0 else end
            if wanted > room:  # only the first line of a chunk can be too long: a chunk is no longer than a line may be
                self.cuts += room >= 0
                self._size = self._most + 1
                data = data[: max(room, 0)] + data[wanted:]
            else:
                self._size += wanted
            if end >= 0:
                self._size = len(data) - data.rfind(b"\n") - 1
            if data:
                buffer[: len(data)] = data
                return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
