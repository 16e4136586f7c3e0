"""The parts of a log on disk: their names, how they are found, opened and compressed."""

import contextlib
import gzip
import math
import os
import re
import shutil
import stat
import sys
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from grpolog import progress
from grpolog.errors import LogError
from grpolog.jsonl.limits import bounded, limits, told

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SUFFIX = ".jsonl"

COMPRESSED = (".zst", ".gz")

_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
"""First bytes of compressed files."""

TEMPORARY = ".tmp"
"""Ending of a file that is being written and is not yet what its name says."""

BROKEN = (OSError, EOFError, zstd.ZstdError, zlib.error)
"""What reading an open part raises when its file is cut off or damaged."""


def log_path(path: str | Path) -> Path:
    """The name of a log: `path` with `.jsonl` appended unless it ends so."""
    path = Path(path)
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def live_part(log: Path, rank: int = 0) -> Path:
    """The part of `rank` that is being written."""
    return log if rank == 0 else log.with_name(f"{_stem(log)}.rank{rank}{SUFFIX}")


def closed_part(log: Path, number: int, rank: int = 0) -> Path:
    """The uncompressed name of the closed part `number` (from 1) of `rank`."""
    live = live_part(log, rank)
    return live.with_name(f"{_stem(live)}.{number:04d}{SUFFIX}")


def find_parts(log: Path) -> dict[int, list[tuple[int | None, Path]]]:
    """The parts of a log that are on disk.

    Returns:
        By rank in ascending order, its parts in the order of writing: (number, path) of the closed ones, then
        (None, path) of the live one. Where a part lies there both plain and compressed the plain one wins.
    """
    pattern = re.compile(
        re.escape(_stem(log))
        + r"(?:\.rank([1-9][0-9]*))?(?:\.([0-9]{4}|[1-9][0-9]{4,}))?"
        + re.escape(SUFFIX)
        + r"(?:\.zst|\.gz)?"
    )
    found: dict[tuple[int, int | None], Path] = {}
    folder = log.parent
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        match = pattern.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        rank = int(match[1] or 0)
        number = int(match[2]) if match[2] else None
        found.setdefault((rank, number), path)  # a plain name sorts before its compressed ones
    parts: dict[int, list[tuple[int | None, Path]]] = {}
    for rank, number in sorted(found, key=lambda key: (key[0], math.inf if key[1] is None else key[1])):
        path = found[rank, number]
        parts.setdefault(rank, []).append((number, path))
    return parts


def open_part(path: Path) -> BinaryIO:
    """A part for reading as bytes, decompressed where its name or its first bytes say so; whoever looks is told of it.

    A plain part that was compressed since it was found is opened under its new name. Reading may raise `BROKEN`.

    Raises:
        LogError: the file cannot be opened.
    """
    file = _opened(path)
    progress.opens(path, file)
    return file


def beginning(path: Path, size: int) -> bytes:
    """The first bytes of a file, as `open_part` gives them.

    Raises:
        LogError: the file cannot be opened.
        BROKEN: it cannot be read.
    """
    with _opened(path) as file:
        return file.read(size)


def whole(path: Path) -> bytes:
    """All bytes of a file, as `open_part` gives them.

    Raises:
        LogError: the file cannot be opened, or is larger than may be read at once.
        BROKEN: it cannot be read.
    """
    with open_part(path) as file:
        data = file.read(limits().value + 1)
    if len(data) > limits().value:
        raise LogError(f"is larger than {told(limits().value)}, and has to be read whole (--allow value=SIZE)", path)
    return data


def _opened(path: Path) -> BinaryIO:
    try:
        found = path if path.exists() else path.with_name(path.name + ".zst")
        size = _size(found)
        file = found.open("rb")
        begin = file.read(len(_ZSTD))
        file.seek(0)
        if found.suffix == ".zst" or begin == _ZSTD:
            file.close()
            return bounded(cast("BinaryIO", zstd.open(found, "rb")), size)
        if found.suffix == ".gz" or begin.startswith(_GZIP):
            file.close()
            return bounded(cast("BinaryIO", gzip.open(found, "rb")), size)
        return file
    except OSError as error:
        raise LogError(f"cannot be opened: {error.strerror or error}", path) from error


def _size(path: Path) -> int:
    """Bytes of a file on disk. A pipe or a device, which may never end, is none."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise LogError("is a folder" if stat.S_ISDIR(status.st_mode) else "is a pipe or a device, not a file", path)
    if status.st_size > limits().file:
        raise LogError(f"is larger than {told(limits().file)} (--allow file=SIZE)", path)
    return status.st_size


def compress_part(plain: Path) -> Path:
    """Replaces the closed part `plain` by `plain`.zst; at every moment one of the two is there and whole.

    Raises:
        OSError: the disk is full or refuses; then `plain` is still there.
    """
    packed = plain.with_name(plain.name + ".zst")
    temporary = plain.with_name(packed.name + TEMPORARY)
    try:
        with plain.open("rb") as source, temporary.open("wb") as file:
            with compressing(file) as sink:
                sink.write(b"")  # a part that a power cut emptied becomes a frame, too
                shutil.copyfileobj(source, sink, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(packed)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(plain.parent)
    plain.unlink()
    return packed


def compressing(file: BinaryIO, level: int = 3) -> BinaryIO:
    """A sink whose bytes reach `file` as one zstd frame with a checksum; the same bytes always as the same frame."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: level,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    return cast("BinaryIO", zstd.open(file, "wb", options=options))


def sync_folder(folder: Path) -> None:
    """Makes new and renamed names in `folder` survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)
