"""A log that grows, looked at again and again: what was judged stays, what came since is added."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grpolog import sources
from grpolog.analysis.case import Case
from grpolog.analysis.gathering import Gathering
from grpolog.analysis.location import Location, foreign_format, holds_log, locate
from grpolog.analysis.losses import Losses
from grpolog.analysis.ruling import Ruling
from grpolog.analysis.tail import Tail
from grpolog.errors import LogError

SMALL: Final = 4_000_000
"""Bytes of a file up to which reading it row by row is done before frames are loaded."""


class Growing:
    """A log of ours is read on from where the last look ended; one of another program whole, whenever it has changed.

    Args:
        path: as `read` takes it.
        ruling: rules, thresholds and facts.
        mapping: our names by the keys of another program.

    Raises:
        LogError: there is nothing.
    """

    def __init__(self, path: Path, ruling: Ruling | None = None, mapping: Mapping[str, str] | None = None) -> None:
        self._path, self._ruling, self._mapping = path.expanduser(), ruling, mapping
        if not self._path.exists():
            locate(self._path)
        self._location: Location | None = None  # of a log of ours; the parts of an archive are there as long as this
        self._tail: Tail | None = None
        self._gathering = Gathering(self._path, ruling)
        self._extent: dict[Path, tuple[int, int]] | None = None
        self.changed = False
        """Whether a log of another program had changed at the newest look."""
        self.waiting: LogError | None = None
        """Why there was nothing to judge at the newest look."""

    def look(self, now: float) -> Case | None:
        """What is judged as of now; None while there is nothing yet, and `waiting` says why.

        Args:
            now: Unix time.
        """
        self.waiting = None
        if self._tail is None and (not self._path.exists() or holds_log(self._path)):
            self._location = locate(self._path)
            log = self._location.log
            self._tail, self._gathering = Tail(log), Gathering(log, self._ruling)
        if self._tail is not None:
            self._read_on(self._tail)
        else:
            try:
                self._read_again()
            except LogError as error:
                self.waiting, self._gathering = error, Gathering(self._path, self._ruling)
        if self._gathering.empty:
            self.waiting = self.waiting or LogError("holds nothing to judge yet", self._path)
            return None
        return self._gathering.case(now)

    def _read_on(self, tail: Tail) -> None:
        if tail.replaced:
            self._tail = tail = Tail(tail.log)
            self._gathering = Gathering(tail.log, self._ruling)
        for record in tail.records():
            self._gathering.take(record)

    def _read_again(self) -> None:
        now = _extent(self._path)
        self.changed = now != self._extent
        if not self.changed:
            return
        self._extent = now
        found = gathered(self._path, self._ruling, self._mapping)
        self._gathering = Gathering(self._path, self._ruling) if found is None else found[0]


def gathered(
    path: Path, ruling: Ruling | None = None, mapping: Mapping[str, str] | None = None
) -> tuple[Gathering, Losses] | None:
    """A log of another program, row by row, and what could not be read; None where it is none.

    Raises:
        LogError: it cannot be read.
    """
    form = foreign_format(path, mapping)
    if form is None:
        return None
    losses, gathering = Losses(), Gathering(path, ruling)
    for event in sources.source_records(path, form, losses.note, mapping):
        gathering.take_event(event)
    return gathering, losses


def _extent(path: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of the newest change of a file, or of all files of a folder."""
    found = {}
    for file in path.rglob("*") if path.is_dir() else (path,):
        try:
            status = file.stat()
        except OSError:
            continue
        found[file] = (status.st_size, status.st_mtime_ns)
    return found
