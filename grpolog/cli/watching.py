"""Doing something again when a log has grown, until its run has ended."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from grpolog.analysis import Run

ENDED: Final = ("finished", "stopped", "failed")
"""States of a run after which its log does not grow."""

Extent = dict[Path, tuple[int, int]]
"""By file its size and the time of its last change, in nanoseconds."""


def watch(
    source: Path,
    look: "Callable[[], Run]",
    interval: float,
    *,
    ours: Collection[Path] = (),
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> None:
    """Look at once, whenever files have changed, and when silence changes what a run counts as.

    Args:
        source: the log.
        look: reads it, does what is to be done, and returns what was read.
        interval: seconds between two looks at the sizes of the files.
        ours: files that the looking itself writes.
        sleep: waits.
        clock: Unix time.
    """
    before = extent(source, ours)
    run = look()
    while run.status not in ENDED:
        sleep(interval)
        # taken before reading: what is written meanwhile is a change at the next look
        now = extent(source, ours)
        if now != before or replace(run, now=clock()).status != run.status:
            before, run = now, look()


def extent(source: Path, ours: Collection[Path] = ()) -> Extent:
    """Size and time of the files of a log: all its parts, or of another program's log the file or all in the folder."""
    from grpolog.analysis.location import holds_log, locate
    from grpolog.archive.recognition import is_archive
    from grpolog.errors import LogError

    if is_archive(source):
        return {source: (source.stat().st_size, source.stat().st_mtime_ns)}
    try:
        own = not source.exists() or holds_log(source)
        files = locate(source).files if own else _files(source)
    except LogError:
        files = []  # reading it says what is wrong
    found = {}
    for file in files:
        try:
            if file not in ours:
                status = file.stat()
                found[file] = (status.st_size, status.st_mtime_ns)
        except OSError:
            continue  # a part that was closed meanwhile
    return found


def _files(source: Path) -> list[Path]:
    return [file for file in source.rglob("*") if file.is_file()] if source.is_dir() else [source]
