"""How far a reading is. Readers say which files they open, and whoever shows it looks at where these stand.

Nothing is noted while nobody looks, and a reader pays nothing for being looked at: the place in a file is that of its
descriptor.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import IO, Any


@dataclass(slots=True)
class Progress:
    """How far the reading of some files is, one after the other."""

    clock: Callable[[], float] = time.monotonic
    begun: float = 0.0
    """Time at which the first of them was announced."""

    files: Sequence[Path] = ()
    """In the order of reading; one that is read twice stands there twice. Empty while nothing is read."""

    place: int = 0
    """Of the one that is being read."""

    _ends: list[int] = field(default_factory=lambda: [0])
    """Bytes before each of the files, and of all."""

    _file: IO[Any] | None = None

    @property
    def total(self) -> int:
        """Bytes of all files, as they lie on disk."""
        return self._ends[-1]

    @property
    def done(self) -> int:
        """Bytes that have been read."""
        before, file = self._ends[self.place], self._file
        if file is None:
            return before
        try:
            return min(before + os.lseek(file.fileno(), 0, os.SEEK_CUR), self.total)
        except (AttributeError, OSError, ValueError):  # it is closed; gzip has let go of its file then
            return self._ends[self.place + 1]

    def expect(self, files: Sequence[Path]) -> None:
        """Take the files that are read next."""
        self._file = None
        self.place, self.begun = 0, self.clock()
        self._ends, self.files = list(accumulate(map(_size, files), initial=0)), files

    def opens(self, path: Path, file: IO[Any] | None) -> None:
        """Take the file that is read now; one that nobody announced, or that is read again, is the only one."""
        again = self._file is not None and self.files[self.place] == path
        try:
            self.place = self.files.index(path, self.place + again)
        except ValueError:
            if again or path not in self.files:
                self.expect([path])
            else:
                self.place = self.files.index(path)
        self._file = file


_watched: Progress | None = None


@contextmanager
def watched() -> Iterator[Progress]:
    """Look at what is read meanwhile."""
    global _watched
    before, _watched = _watched, Progress()
    try:
        yield _watched
    finally:
        _watched = before


def expect(files: Sequence[Path]) -> None:
    """Say which files will be read one after the other."""
    if _watched is not None:
        _watched.expect(files)


def each(files: Sequence[Path]) -> Iterator[Path]:
    """The files, with the word that they will be read one after the other."""
    expect(files)
    yield from files


def opens(path: Path, file: IO[Any] | None = None) -> None:
    """Say that a file is read now, None for `file` where another library reads it."""
    if _watched is not None:
        _watched.opens(path, file)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
