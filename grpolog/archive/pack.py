"""Making an archive: the same files give the same bytes."""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from grpolog import __version__, jsonl, progress
from grpolog.archive.manifest import NAME, Manifest, Member, Role
from grpolog.errors import LogError, UsageError

_LEVEL: Final = 9
"""Of compression: half the speed of the parts' own, a fifth smaller."""

_LONGEST_NAME: Final = 100
"""Bytes of a name that the plain tar header holds."""


def snapshot(log: Path, parts: Mapping[int, Sequence[tuple[int | None, Path]]], folder: Path) -> Path:
    """Copy the parts of a log, uncompressed, into a folder: what is packed does not change any more.

    Args:
        log: the log's first name.
        parts: by rank, as `jsonl.find_parts` gives them.
        folder: an empty one.

    Returns:
        The first name of the copy.

    Raises:
        LogError: a part cannot be read to its end.
    """
    progress.expect([path for found in parts.values() for _, path in found])
    copy = folder / jsonl.log_path(log.name).name
    for rank, found in parts.items():
        for number, path in found:
            own = jsonl.live_part(copy, rank) if number is None else jsonl.closed_part(copy, number, rank)
            try:
                with jsonl.open_part(path) as source, own.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
            except jsonl.BROKEN as error:
                what = f"cannot be read to its end ({error}): grpolog repair makes a clean copy"
                raise LogError(what, path) from error
    return copy


def pack(out: Path, log: str, recorded_until: float, files: Iterable[tuple[str, Role, Path | bytes]]) -> Manifest:
    """Write an archive; it appears whole or not at all.

    Args:
        out: the archive.
        log: first name of the log.
        recorded_until: time of its last event, Unix seconds.
        files: name in the archive, role, and the file or its content.

    Raises:
        UsageError: a name is too long.
        OSError: the archive cannot be written.
    """
    held = sorted(files, key=lambda file: (file[1] != "report", file[1], file[0]))
    for name, _, _ in held:
        if len(name.encode()) > _LONGEST_NAME:
            raise UsageError(f"the name {name} is too long for an archive ({_LONGEST_NAME} bytes)", out)
    members = tuple(Member(name, role, *_measured(content)) for name, role, content in held)
    manifest = Manifest(log, __version__, recorded_until, members)
    half = out.with_name(f".{out.name}.{os.getpid()}.half")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with half.open("wb") as file:
            with (
                jsonl.compressing(file, _LEVEL) as sink,
                tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT) as tar,
            ):
                _add(tar, NAME, manifest.to_json(), recorded_until)
                for name, _, content in held:
                    _add(tar, name, content, recorded_until)
            file.flush()
            os.fsync(file.fileno())
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)
    return manifest


def _measured(content: Path | bytes) -> tuple[int, str]:
    """Bytes and SHA-256."""
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return content.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes, time: float) -> None:
    """Add a file that belongs to nobody and is as old as the log's last event."""
    entry = tarfile.TarInfo(name)
    entry.mtime = int(time)
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as file:
        tar.addfile(entry, file)
