"""`read`: from a path to a run."""

import time
from pathlib import Path

from grpolog.analysis.location import locate
from grpolog.analysis.run import Run
from grpolog.analysis.tables import read_tables
from grpolog.errors import LogError


def read(path: str | Path, *, now: float | None = None) -> Run:
    """Read a log with all its parts, ranks and attempts.

    Args:
        path: the log's first name (`runs/exp1.jsonl`, or without the ending), any of its parts, or a folder that holds
            exactly one log.
        now: Unix time at which to judge whether a run without an end still runs; None: the clock.

    Raises:
        LogError: there is no log that could be read; the message says what is there instead.
    """
    location = locate(path)
    tables = read_tables(location)
    if not tables.counts:
        raise LogError("no grpolog log", location.log)
    return Run(location, tables, time.time() if now is None else now)
