"""Opening an archive of unknown origin.

Only the parts are written to disk, into a temporary folder and under names of their own; everything is held against
the manifest on the way. Python's tarfile knows more than is wanted here (links, sparse files, headers of any length),
so the headers are walked by hand.
"""

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from grpolog import jsonl
from grpolog.archive.manifest import NAME, Manifest, Member, leads_elsewhere, parse
from grpolog.errors import LogError, Loss

LIMIT: ContextVar[int] = ContextVar("LIMIT", default=8 * 10**9)
"""Bytes that an archive may unpack to."""

_BLOCK: Final = 512
_CHUNK: Final = 1 << 20
_MOST_FILES: Final = 100_000
_LARGEST_MANIFEST: Final = 32 * 10**6
_RATIO: Final = 1000
"""Bytes for each compressed one beyond which it is no log: those of our own have up to a hundred."""

_SMALL: Final = 64 * 10**6
"""Bytes that may be compressed to anything."""

_KINDS: Final = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


@dataclass(frozen=True)
class Unpacked:
    """An archive whose parts lie in a temporary folder, which is removed with this object."""

    path: Path
    """The archive."""

    manifest: Manifest
    flaws: tuple[Loss, ...]
    """How it differs from its manifest."""

    _held: tempfile.TemporaryDirectory[str]

    @property
    def folder(self) -> Path:
        """Where the parts are."""
        return Path(self._held.name)

    @property
    def log(self) -> Path:
        """The log's first name in the folder."""
        return self.folder / self.manifest.log

    def shown(self, path: Path) -> Path:
        """A file of the folder as one of the archive."""
        return self.path / path.name if path.parent == self.folder else path


def unpack(path: Path, limit: int | None = None) -> Unpacked:
    """Open an archive.

    Args:
        path: the archive.
        limit: bytes that it may unpack to; None: LIMIT.

    Raises:
        LogError: it is none of ours, holds what no archive of ours does, or is too large.
    """
    held = tempfile.TemporaryDirectory(prefix="grpolog-")
    reading = _Reading(path, Path(held.name), LIMIT.get() if limit is None else limit)
    try:
        manifest = reading.read()
    except OSError as error:
        held.cleanup()
        raise LogError(f"cannot be unpacked: {error.strerror or error}", path) from error
    except BaseException:
        held.cleanup()
        raise
    return Unpacked(path, manifest, tuple(reading.flaws), held)


@dataclass(slots=True)
class _Reading:
    path: Path
    folder: Path
    limit: int
    flaws: list[Loss] = field(default_factory=list)
    total: int = 0
    """Bytes so far."""

    def read(self) -> Manifest:
        with jsonl.open_part(self.path) as stream:
            try:
                manifest = self._manifest(stream)
            except jsonl.BROKEN as error:
                raise LogError(f"breaks off within its manifest: {error}", self.path) from error
            left = {member.name: member for member in manifest.members}
            try:
                for name, size in self._entries(stream):
                    member = left.pop(name, None)
                    if member is None:
                        self._flaw(name, "is not in the manifest")
                        self._copy(stream, size, None)
                    else:
                        self._member(stream, member, size)
                self._rest(stream)
            except jsonl.BROKEN as error:
                self._flaw(None, f"breaks off: {error}")
        for name in left:
            self._flaw(name, "is missing")
        return manifest

    def _manifest(self, stream: BinaryIO) -> Manifest:
        first = next(self._entries(stream), None)
        if first is None or first[0] != NAME or first[1] > _LARGEST_MANIFEST:
            raise LogError(f"is an archive, but none of grpolog: it does not begin with {NAME}", self.path)
        try:
            return parse(b"".join(self._chunks(stream, first[1])))
        except ValueError as error:
            raise LogError(f"is an archive that cannot be opened: {error}", self.path) from error

    def _entries(self, stream: BinaryIO) -> Iterator[tuple[str, int]]:
        """Name and size of each file; whoever takes them reads the content before the next one."""
        for _ in range(_MOST_FILES):
            block = b"".join(self._chunks(stream, _BLOCK))
            if not block.strip(b"\0"):
                return
            try:
                entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError as error:
                raise EOFError(f"a header is damaged ({error})") from error
            name = entry.name.removeprefix("./")
            if entry.type == tarfile.DIRTYPE and entry.size == 0:
                continue
            if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                self._refuse(f"it holds {_KINDS.get(entry.type, 'something else than files')}: {name!r}")
            if leads_elsewhere(name):
                self._refuse(f"a name in it leads elsewhere: {name!r}")
            self._allow(entry.size)
            yield name, entry.size
        self._refuse(f"it holds more than {_MOST_FILES:,} files")

    def _member(self, stream: BinaryIO, member: Member, size: int) -> None:
        target = self.folder / member.name if member.role == "part" else None
        digest = self._copy(stream, size, target)
        if size != member.size or digest != member.sha256:
            self._flaw(member.name, "differs from the manifest (SHA-256)")

    def _copy(self, stream: BinaryIO, size: int, target: Path | None) -> str:
        """Read a file, onto the disk where it is a part; its SHA-256."""
        digest = hashlib.sha256()
        if target is None:
            for chunk in self._chunks(stream, size):
                digest.update(chunk)
            return digest.hexdigest()
        with target.open("xb") as file:
            for chunk in self._chunks(stream, size):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()

    def _chunks(self, stream: BinaryIO, size: int) -> Iterator[bytes]:
        """The next bytes, and the padding behind them passed over."""
        left = size
        while left:
            chunk = stream.read(min(left, _CHUNK))
            if not chunk:
                raise EOFError("it ends too early")
            left -= len(chunk)
            yield chunk
        padding = -size % _BLOCK
        if len(stream.read(padding)) < padding:
            raise EOFError("it ends too early")

    def _rest(self, stream: BinaryIO) -> None:
        """Read to the end, where the checksum of the compression is."""
        while chunk := stream.read(_CHUNK):
            self._allow(len(chunk))
            if chunk.strip(b"\0"):
                self._flaw(None, "holds something behind its end")
                return

    def _allow(self, size: int) -> None:
        self.total += size
        if self.total > self.limit:
            self._refuse(f"it unpacks to more than {jsonl.told(self.limit)}; grpolog --max-unpacked allows more")
        if self.total > max(_SMALL, _RATIO * self.path.stat().st_size):
            self._refuse(f"it unpacks to {_RATIO:,} times its size and more, which no log does")

    def _refuse(self, what: str) -> NoReturn:
        raise LogError(f"is not opened: {what}", self.path)

    def _flaw(self, name: str | None, what: str) -> None:
        if len(self.flaws) < 100:
            self.flaws.append(Loss(self.path / name if name else self.path, None, what))
