"""What a terminal shows while something takes long: what is done, and for how many seconds."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

PATIENCE = 2.0
"""Seconds before anything is shown."""


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal what is being done once it takes longer than PATIENCE, and take it back when it is done."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=show, args=(what, done.wait), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def show(what: str, wait: Callable[[float], bool], clock: Callable[[], float] = time.monotonic) -> None:
    """Write the line again every second until `wait` says that it is done."""
    begun, shown = clock(), 0
    pause = PATIENCE
    while not wait(pause):
        pause = 1.0
        line = f"{what} ... {clock() - begun:.0f} s"
        click.echo(f"\r{line}", nl=False, err=True)
        shown = len(line)
    if shown:
        click.echo("\r" + " " * shown + "\r", nl=False, err=True)
