"""Tables with no more attempts and names than are read: each costs time of its own, however short its rows are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from grpolog.analysis.losses import Losses
from grpolog.events import RunEvent
from grpolog.jsonl import limits

_COUNTED: Final = (
    ("reward", "name"),
    ("perf", "rank"),
    ("step", "eval_name"),
    ("reward", "eval_name"),
    ("quality", "eval_name"),
)
"""Columns whose every value makes a series."""


def bounded(
    tables: dict[str, pl.DataFrame], runs: Sequence[RunEvent], losses: Losses, path: Path
) -> tuple[dict[str, pl.DataFrame], tuple[RunEvent, ...]]:
    """The tables and run events of the first attempts, and the rows of the first names of reward functions, ranks and
    eval sets; what is left out is noted.

    Args:
        tables: by event its flat table.
        runs: the run events.
        losses: takes the notes.
        path: of the log.
    """
    attempts = {run.attempt for run in runs}.union(*(table["attempt"].unique() for table in tables.values()))
    allowed = sorted(attempts)[: limits().attempts]
    if len(allowed) < len(attempts):
        kept = {event: table.filter(pl.col("attempt") <= allowed[-1]) for event, table in tables.items()}
        lost = sum(tables[event].height - table.height for event, table in kept.items())
        what = f"{lost:,} events of {len(attempts) - len(allowed):,} more attempts (--allow attempts=N)"
        losses.note("left out", path, None, what, count=lost or 1)
        tables, runs = kept, [run for run in runs if run.attempt <= allowed[-1]]
    for event, name in _COUNTED:
        tables = {**tables, event: _first(tables[event], event, name, losses, path)}
    return tables, tuple(runs)


def _first(table: pl.DataFrame, event: str, name: str, losses: Losses, path: Path) -> pl.DataFrame:
    names = table[name].unique(maintain_order=True)
    if len(names) <= limits().metrics:
        return table
    kept = table.filter(pl.col(name).is_in(names.head(limits().metrics).implode()) | pl.col(name).is_null())
    what = f"{event} events with more than {limits().metrics:,} values of `{name}` (--allow metrics=N)"
    losses.note("left out", path, None, what, count=table.height - kept.height)
    return kept
