"""Signs of life: when a run was last heard of, and whether it still runs."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np

from grpolog.events import RunEvent
from grpolog.trends.table import Floats

Status = Literal["finished", "stopped", "failed", "running", "died", "unknown"]
"""As the end event says; without one `running` while the process that writes the log lives or was heard of lately,
else `died`; `unknown` where a log of another program does not say."""

QUIET_SECONDS: Final = 600.0
"""Silence after which a run without an end event counts as dead, unless ten of its steps take longer."""

PATIENCE: Final = 10.0
"""Steps of usual length that may pass without a word."""


@dataclass(frozen=True)
class Pulse:
    """The newest attempt, by the times in its log."""

    opening: RunEvent | None
    """Of the newest attempt."""

    ending: RunEvent | None
    """The end event of that attempt; None without one."""

    moments: Floats
    """When the steps of training were written, Unix seconds in ascending order; empty where unknown."""

    heard: float | None
    """When the newest event of any kind was written; for a log of another program that tells no times, when the file
    changed. None where unknown."""

    step_seconds: float | None
    """Median length of a step, as it was measured; None where it was not."""

    alive: bool | None
    """Whether the process that writes the log lives; None where that cannot be known from here."""

    now: float
    """When it is looked at, Unix seconds."""

    @property
    def imported(self) -> bool:
        """Whether another program wrote the log."""
        return self.opening is not None and self.opening.capture == "imported"

    @property
    def status(self) -> Status:
        """How the attempt ended, or whether it runs."""
        if self.ending is not None and self.ending.status != "running":
            return self.ending.status
        if self.imported:
            return "unknown"
        if self.alive is not None:
            return "running" if self.alive else "died"
        patience = max(QUIET_SECONDS, PATIENCE * (self.step_seconds or 0.0))
        return "running" if self.now - (self.heard or 0.0) <= patience else "died"

    @cached_property
    def usual(self) -> float | None:
        """Median time from one step to the next, seconds; None before there were two."""
        return float(np.median(np.diff(self.moments))) if len(self.moments) > 1 else self.step_seconds

    @cached_property
    def longest(self) -> float | None:
        """The longest time from one step to the next: an evaluation or a checkpoint lies between some."""
        return float(np.diff(self.moments).max()) if len(self.moments) > 1 else None

    @property
    def moved(self) -> float | None:
        """When training last made a step; before the first when it was last heard of."""
        return float(self.moments[-1]) if len(self.moments) else self.heard


def opened(runs: Iterable[RunEvent]) -> RunEvent | None:
    """The event that opened the newest attempt, of rank 0 where it is there; else any run event."""
    runs = tuple(runs)
    return max(
        (run for run in runs if run.phase != "end"),
        key=lambda run: (run.attempt, -run.rank, -run.seq),
        default=None,
    ) or next(iter(runs[-1:]), None)


def ended(runs: Sequence[RunEvent], attempt: int) -> RunEvent | None:
    """The event that closed an attempt; None without one."""
    return next((r for r in reversed(runs) if r.phase == "end" and r.rank == 0 and r.attempt == attempt), None)


def writer_alive(log: Path) -> bool | None:
    """Whether the process that writes a log lives, as its lock tells; None without a lock, or one of another host."""
    if not log.with_name(f"{log.name}.lock").exists():
        return None
    from grpolog.record.lock import holder_alive  # here, as it needs psutil

    return holder_alive(log)


def changed(path: Path) -> float | None:
    """When a file, or what a folder holds, was last changed."""
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    times = []
    for file in files:
        with suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times, default=None)
