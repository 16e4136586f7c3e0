"""`read`: from a path to a run."""

import time
from collections.abc import Mapping
from pathlib import Path

from grpolog.analysis.absence import note_changed_parts, note_missing_parts, note_recorder_losses
from grpolog.analysis.bounding import bounded
from grpolog.analysis.foreign import not_a_log
from grpolog.analysis.imported import import_run
from grpolog.analysis.location import Location, foreign_format, locate
from grpolog.analysis.run import Run
from grpolog.analysis.sequence import find_gaps, in_sequence, note_disorder
from grpolog.analysis.tables import Tables, read_tables
from grpolog.errors import LogError
from grpolog.events import SCHEMA_VERSION
from grpolog.jsonl import Limits, limited
from grpolog.jsonl import limits as current
from grpolog.sources.renaming import checked


def read(
    path: str | Path,
    *,
    mapping: Mapping[str, str] | None = None,
    now: float | None = None,
    limits: Limits | None = None,
) -> Run:
    """Read a log with all its parts, ranks and attempts, or a log of another program.

    Args:
        path: the log's first name (`runs/exp1.jsonl`, or without the ending), any of its parts, or a folder that holds
            exactly one log; an archive; or a file or folder of a format that `grpolog import --list-formats` names.
        mapping: what keys of another program's log mean: our names by its keys, as `{"avg_return": "reward", "update":
            "step"}`.
        now: Unix time at which to judge whether a run without an end still runs; None: the clock.
        limits: how much is taken in; None: those in force, which have defaults.

    Raises:
        LogError: there is no log that could be read; the message says what is there instead.
        UsageError: the mapping has a name that is none of ours.
    """
    with limited(limits or current()):
        return _read(Path(path), checked(mapping or {}), time.time() if now is None else now)


def _read(path: Path, mapping: Mapping[str, str], now: float) -> Run:
    path = path.expanduser()
    form = foreign_format(path, mapping)
    if form is not None:
        return import_run(path, form, now, mapping)
    location, tables = _settled(locate(path))
    if not tables.counts:
        raise _nothing(location, tables)
    losses = tables.losses
    gaps = find_gaps(tables, losses)
    note_disorder(tables, losses)
    events, runs = bounded(*in_sequence(tables, losses), losses, location.log)
    note_missing_parts(location, runs, losses)
    note_changed_parts(location, runs, tables.hashes, losses)
    note_recorder_losses(location.log, runs, losses)
    if location.archive is not None:
        for flaw in location.archive.flaws:
            losses.note("changed part", flaw.path, flaw.line, flaw.what)
        losses.name_files(location.shown)
    return Run(
        location=location,
        tables=events,
        runs=runs,
        counts=dict(tables.counts),
        format_versions=tuple(sorted(tables.versions)),
        gaps=gaps,
        losses=losses,
        now=now,
    )


def _settled(location: Location) -> tuple[Location, Tables]:
    """The tables of a log; read again if a part was closed meanwhile, which the first reading would have missed."""
    for _ in range(3):
        tables = read_tables(location)
        now = location.looked_up_again()
        if now.numbers == location.numbers:
            break
        location = now
    return location, tables


def _nothing(location: Location, tables: Tables) -> LogError:
    newer = max(tables.versions, default=0)
    if newer > SCHEMA_VERSION:
        what = f"log format {newer}, and this grpolog reads up to {SCHEMA_VERSION}: update grpolog"
        return LogError(what, location.files[0], 1)
    return not_a_log(next((f for f in location.files if f.stat().st_size), location.files[0]))
