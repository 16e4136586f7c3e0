"""What a terminal shows while something takes long: how much of the files is read, or for how long it works."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from grpolog import progress
from grpolog.cli.screen import safe
from grpolog.progress import Progress

PATIENCE: Final = 2.0
"""Seconds before anything is shown."""

_PAUSE: Final = 0.5
"""Seconds between two looks."""

_BAR: Final = 20
"""Characters of a full bar."""


@contextmanager
def working(what: str, *, shown: bool = True) -> Iterator[None]:
    """Show on a terminal what is being done once it takes longer than PATIENCE, and take it back when it is done.

    Args:
        what: what is being done.
        shown: False where the result goes to stdout, which may be the same terminal.
    """
    if not shown or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    with progress.watched() as reading:
        thread = threading.Thread(target=show, args=(safe(what), reading, done.wait), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def show(
    what: str, reading: Progress, wait: Callable[[float], bool], clock: Callable[[], float] = time.monotonic
) -> None:
    """Write the line again at every look until `wait` says that it is done."""
    begun, width = clock(), 0
    pause = PATIENCE
    while not wait(pause):
        pause = _PAUSE
        far = _far(reading, clock()) or f"... {clock() - begun:.0f} s"
        line = f"{what[: max(0, shutil.get_terminal_size().columns - len(far) - 2)]} {far}"
        click.echo(f"\r{line:<{width}}", nl=False, err=True)
        width = len(line)
    if width:
        click.echo("\r" + " " * width + "\r", nl=False, err=True)


def _far(reading: Progress, now: float) -> str:
    """What is read of what there is, the rate and the time left; empty where no file is being read."""
    done, total, taken = reading.done, reading.total, now - reading.begun
    if not 0 < done < total or taken <= 0:
        return ""
    filled, rate = done * _BAR // total, done / taken
    bar = f"[{'#' * filled}{'-' * (_BAR - filled)}]"
    count, place = len(reading.files), reading.place + 1
    if count > 1 and reading.files[0] == reading.files[-1]:  # one file, read several times
        total //= count
        done -= (place - 1) * total
        bar += f" {place} of {count} times,"
    elif count > 1:
        bar += f" {place:,} of {count:,} files,"
    left = _duration((reading.total - reading.done) / rate)
    return f"{bar} {done / 1e6:,.0f} of {total / 1e6:,.0f} MB, {rate / 1e6:,.1f} MB/s, {left} left"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
