"""The files of a copy: parts with their checksums, which appear when all of them are whole."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson

from grpolog import jsonl


class Copy:
    """Writes the parts of a log into a folder beside their place, and moves them there at the end.

    A part begins with each run event that names a part before it, as in the original. Where such an event is lost the
    two parts become one.

    Args:
        log: first name of the copy.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, log: Path) -> None:
        self._target = log
        self._folder = log.with_name(f".{log.name}.{os.getpid()}.half")
        self.log = self._folder / log.name
        """First name while it is not finished."""

        self._parts: dict[int, _Part] = {}

    def __enter__(self) -> "Copy":
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for part in self._parts.values():
            part.file.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, rank: int, line: bytes) -> None:
        """Append a line."""
        part = self._parts.get(rank)
        if part is None:
            part = self._parts[rank] = _Part(jsonl.live_part(self.log, rank))
        part.write(line)

    def write_run(self, rank: int, record: dict[str, Any], lost: Mapping[str, int]) -> None:
        """Append a run event that vouches for the part before, if it begins one, and adds to what it says was lost."""
        change = {}
        if record.get("previous_part") is not None:
            change = self._vouch(rank)
        if lost:
            known = record.get("lost") or {}
            change["lost"] = known | {kind: known.get(kind, 0) + count for kind, count in lost.items()}
        record = {key: value for key, value in (record | change).items() if value is not None}
        self.write(rank, orjson.dumps(record) + b"\n")

    def _vouch(self, rank: int) -> dict[str, Any]:
        """Close the part, and what the first event of the next one says of it."""
        part = self._parts.get(rank)
        if part is None:  # what came before is lost
            return {"previous_part": None, "previous_part_sha256": None}
        closed = jsonl.closed_part(self.log, part.number, rank)
        part.file.close()
        part.path.rename(closed)
        digest = part.digest.hexdigest()
        jsonl.compress_part(closed)
        self._parts[rank] = _Part(part.path, part.number + 1)
        return {"previous_part": closed.name, "previous_part_sha256": digest}

    def flush(self) -> None:
        """Have all that was written in the files."""
        for part in self._parts.values():
            part.file.flush()

    def finish(self) -> None:
        """Move the parts to their place, closed ones first."""
        self.flush()
        for part in self._parts.values():
            os.fsync(part.file.fileno())
        parts = [path for parts in jsonl.find_parts(self.log).values() for _, path in parts]
        for path in sorted(parts, key=lambda path: path == self.log):
            path.replace(self._target.with_name(path.name))
        jsonl.sync_folder(self._target.parent)


class _Part:
    """The part of a rank that is being written."""

    def __init__(self, path: Path, number: int = 1) -> None:
        self.path = path
        self.number = number
        self.digest = hashlib.sha256()
        self.file: BinaryIO = path.open("wb")

    def write(self, line: bytes) -> None:
        """Append a line."""
        self.file.write(line)
        self.digest.update(line)
