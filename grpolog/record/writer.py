"""Appends lines to the parts of one rank, so that a line that was written stays written.

When `write` returns, its lines are in the file: they survive the death of the process (and a power cut after the
next fsync, which follows in the background). A line is in the log whole or not at all: what a full disk or a
crash left of one is cut back.
"""

import errno
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.events import SCHEMA_VERSION
from grpolog.record.background import Background
from grpolog.record.open_part import OpenPart
from grpolog.record.survey import Survey, survey

_RENAMES_OPEN_FILES = os.name != "nt"


@dataclass(frozen=True, slots=True)
class Closed:
    """A part that will not change any more."""

    name: str
    """Its uncompressed file name."""

    sha256: str
    """SHA-256 of its uncompressed bytes, in hex."""


class Writer:
    """The parts of one rank, open for appending. Safe to call from several threads.

    Opening cuts a torn last line back, removes files that a crash left over, and compresses closed parts that still
    are not. `previous` is the last closed part, None unless the live part is new; `last` the last event of the rank
    that can be read; `torn` the bytes that were cut off.

    Args:
        log: path of the log, that is of the live part of rank 0.
        rank: whose parts these are.
        max_bytes: size at which the live part is closed.
        compress: whether closed parts are compressed.
        background: runs fsync and compression, and is told of trouble that loses nothing: a rotation that failed.
        opening: is given the part before and the lines that a new part is to begin with, and returns what it does
            begin with. Must not call the writer. What it raises passes through `write`, and it is asked again by the
            next `write`.
        gone: is told, while `write` makes the live part anew, how many lines of this writer went with the files that
            somebody removed, replaced or cut. Must not call the writer.
        fsync_seconds: how much a power cut may cost.

    Raises:
        OSError: the folder or the live part cannot be made, read or cut back.
        LogError: the path holds something else than a log.
    """

    def __init__(
        self,
        log: Path,
        *,
        rank: int = 0,
        max_bytes: int = 64 * 2**20,
        compress: bool = True,
        background: Background,
        opening: Callable[[Closed, bytes], bytes],
        gone: Callable[[int], None],
        fsync_seconds: float = 5.0,
    ) -> None:
        self.path = jsonl.live_part(log, rank)
        self.torn: bytes | None = None
        self.last: dict[str, Any] | None = None
        self.previous: Closed | None = None
        self._log, self._rank = log, rank
        self._max_bytes = max_bytes
        self._compress = compress
        self._background = background
        self._opening = opening
        self._gone = gone
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._part: OpenPart | None = None
        self._size = 0
        self._lines: Counter[int] = Counter()  # written by this writer, by number of the part
        self._limit = max_bytes
        self._hash = hashlib.sha256()
        self._unopened: Closed | None = None  # the part before the live one, while that lacks its opening lines
        self._suspect = False  # the file may not be what `_size` and `_hash` say
        self._unsynced = False
        self._shut = False
        for _, path in self._find_parts():
            plain = _plain(path)
            plain.with_name(plain.name + ".zst" + jsonl.TEMPORARY).unlink(missing_ok=True)  # of a process that died
        self._take_up()
        background.submit(partial(jsonl.sync_folder, self.path.parent))
        background.every(fsync_seconds, self._look_after)

    def write(self, lines: bytes) -> None:
        """Appends complete lines in one go; closes the live part first if they would make it too large.

        A forked child writes nothing.

        Raises:
            OSError: nothing of `lines` was written, or they were cut back again. A later call may succeed: the file is
                looked after first, and made anew if it is gone.
        """
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._shut:
                raise OSError(errno.EBADF, "the log is closed", str(self.path))
            if self._suspect or self._part is None or not self._part.is_held:
                self._recover()
            if self._size and self._size + len(lines) > self._limit:
                self._rotate()
            if self._unopened is not None:
                lines = self._opening(self._unopened, lines)
            self._append(lines)
            self._unopened = None

    def look_again(self) -> None:
        """Finds out from the disk what was written, by `last`, after an exception that can come at any moment: Ctrl-C.

        Raises:
            OSError: as the constructor does.
            LogError: as the constructor does.
        """
        with self._lock:
            live = bool(self._size or self._unopened)
            self._suspect = True
            self._let_go()
            self._take_up()
            self._unopened = self.previous if live and not self._size else None
            self._suspect = False

    def sync(self) -> None:
        """Waits until what was written is on the disk; writing goes on meanwhile.

        Raises:
            OSError: the disk failed.
        """
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._part is None or not self._unsynced or not self._part.is_held:
                return
            self._unsynced = False
            fd = os.dup(self._part.fd)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Syncs for the last time and closes the file; a second call does nothing.

        Raises:
            OSError: the disk failed, or the file is not where it was written.
        """
        if os.getpid() != self._pid:
            return
        try:
            self.sync()
            if self._part is not None and not self._part.is_whole(0):
                raise OSError(errno.ENOENT, "removed or replaced by somebody else while it was written", str(self.path))
        finally:
            with self._lock:
                self._shut = True
                self._let_go()

    def _append(self, data: bytes) -> None:
        assert self._part is not None
        self._unsynced = True
        self._suspect = True
        written = os.write(self._part.fd, data)
        if written < len(data):
            self._recover()
            raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes could be written", str(self.path))
        self._size += len(data)
        self._lines[self._number] += data.count(b"\n")
        self._hash.update(data)
        self._suspect = False

    def _recover(self) -> None:
        """Makes the live part what it was after the last good write, or opens it again if it is gone."""
        self._suspect = True
        if self._part is not None and self._part.is_whole(self._size):
            os.ftruncate(self._part.fd, self._size)
            self._suspect = False
            return
        self._let_go()
        lost = Closed(self.path.name, self._hash.hexdigest()) if self._size else self._unopened
        try:
            found = self._open()
        except LogError as error:
            raise OSError(errno.EEXIST, error.what, str(self.path)) from error
        self._unopened = None if self._size else lost
        self._suspect = False
        self._count_gone(found)

    def _count_gone(self, found: Survey) -> None:
        """Tells how many lines of this writer are not there any more."""
        there = Counter({number: self._lines[number] for number, _ in self._find_parts() if number is not None})
        there[self._number] = min(self._lines[self._number], found.lines)
        missing = self._lines - there
        self._lines -= missing
        if missing:
            self._gone(missing.total())

    def _let_go(self) -> None:
        """Closes the live part."""
        part, self._part = self._part, None
        if part is not None:
            part.close()

    def _rotate(self) -> None:
        """Closes the live part under the next free number and begins a new one; goes on with it if that fails."""
        filled = self._part
        self._suspect = True
        if not _RENAMES_OPEN_FILES:
            self._let_go()
            filled = None
        try:
            target = self._free_name()
            self.path.rename(target)
        except OSError as error:
            self._background.report(error)
            self._recover()
            self._limit = self._size + self._max_bytes
            return
        self._part = None
        self._unopened = Closed(target.name, self._hash.hexdigest())
        self._number += 1
        self._limit = self._max_bytes
        self._size = 0
        self._hash = hashlib.sha256()
        self._background.submit(partial(self._finish, target, filled))
        self._part = OpenPart(self.path)
        self._suspect = False

    def _free_name(self) -> Path:
        """What the live part is called when it is closed; numbers that were taken meanwhile are passed over."""
        while True:
            target = jsonl.closed_part(self._log, self._number, self._rank)
            if not any(target.with_name(target.name + ending).exists() for ending in ("", *jsonl.COMPRESSED)):
                return target
            self._lines[self._number + 1] = self._lines.pop(self._number, 0)
            self._number += 1

    def _find_parts(self) -> list[tuple[int | None, Path]]:
        return jsonl.find_parts(self._log).get(self._rank, [])

    def _take_up(self) -> None:
        """Opens the live part after those that are closed, and has these compressed where they still are not."""
        parts = self._find_parts()
        self._number = 1 + max((number or 0 for number, _ in parts), default=0)
        closed = [self._adopt(path) if number is None else path for number, path in parts if path != self.path]
        self.previous = None
        self._open()
        if self.last is None:
            self._look_back(closed)
        for path in closed:
            if path == _plain(path):
                self._background.submit(partial(self._finish, path))

    def _open(self) -> Survey:
        """Opens the live part, makes it if need be, cuts a torn last line back and finds size, hash and last event."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = OpenPart(self.path)
        try:
            with self.path.open("rb") as file:
                found = survey(file)
            if not found.is_log:
                raise LogError("not a log of grpolog, so nothing is appended: choose another path", self.path)
            if found.last is not None and found.last["v"] > SCHEMA_VERSION:
                raise LogError("written by a newer version of grpolog: update it or choose another path", self.path)
            if found.torn:
                os.ftruncate(part.fd, found.size)
        except BaseException:
            part.close()
            raise
        self._part = part
        self._size = found.size
        self._hash = found.hash
        self._limit = self._max_bytes
        self.torn = found.torn or None
        self.last = found.last
        return found

    def _adopt(self, packed: Path) -> Path:
        """Gives a live part that somebody compressed the name of a closed one: a new live part would hide it."""
        closed = jsonl.closed_part(self._log, self._number, self._rank)
        self._number += 1
        return packed.rename(closed.with_name(closed.name + packed.suffix))

    def _look_back(self, closed: list[Path]) -> None:
        """Finds the last event of the rank in its closed parts, and the last of these if the live part is empty."""
        for path in reversed(closed):
            try:
                with jsonl.open_part(path) as part:
                    found = survey(part)
            except (LogError, *jsonl.BROKEN):
                continue  # the reader's audit names it
            if path == closed[-1] and not self._size:
                self.previous = Closed(_plain(path).name, found.hash.hexdigest())
            if found.last is not None:
                self.last = found.last
                return

    def _finish(self, plain: Path, part: OpenPart | None = None) -> None:
        """In the background: brings a closed part, which may still be open as `part`, to the disk for good."""
        if part is None:
            try:
                part = OpenPart(plain, create=False)
            except FileNotFoundError:
                return  # done before
        try:
            part.sync()
        finally:
            part.close()
        if self._compress:
            jsonl.compress_part(plain)

    def _look_after(self) -> None:
        """In the background: syncs, and notices a live part that was deleted, replaced or cut by somebody else."""
        self.sync()
        with self._lock:
            part, size = self._part, self._size
        if part is not None and not part.is_whole(size):
            with self._lock:
                self._suspect = True


def _plain(path: Path) -> Path:
    """The uncompressed name of a part."""
    return path if path.suffix == jsonl.SUFFIX else path.with_suffix("")
