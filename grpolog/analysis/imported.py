"""Logs of other programs as runs: the same frames, histories and audit as of a log of ours."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from grpolog import sources
from grpolog.analysis.columns import LINE, TABLES
from grpolog.analysis.linewise import Rows
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.analysis.run import Run
from grpolog.analysis.step_rows import StepRows
from grpolog.errors import LogError
from grpolog.events import SCHEMA_VERSION, RunEvent


def import_run(path: Path, form: sources.Format, now: float, mapping: Mapping[str, str] | None = None) -> Run:
    """Read a foreign log.

    Args:
        path: a file or folder.
        form: its format.
        now: Unix time at which it is looked at.
        mapping: our names by foreign keys.

    Raises:
        LogError: it holds nothing that is an event.
    """
    losses = Losses()
    rows = {event: Rows(event) for event in TABLES if event != "step"}
    steps = StepRows()
    runs: list[RunEvent] = []
    counts: Counter[str] = Counter()
    for line, event in enumerate(sources.source_records(path, form, losses.note, mapping), start=1):
        if isinstance(event, sources.StepRow):
            steps.add(event, line)
            continue
        counts[event.event] += 1
        if isinstance(event, RunEvent):
            runs.append(event)
            continue
        record = {name: value for name, value in event.__dict__.items() if value is not None}
        if not event.time:
            del record["time"]  # unknown
        rows[event.event].add(record, path, line, 0, losses)
    tables = {"step": steps.table()} | {event: kept.table() for event, kept in rows.items()}
    if tables["step"].height:
        counts["step"] = tables["step"].height
    if counts.keys() <= {"run"}:
        raise LogError(f"recognised as {form.name}, but holds no metrics", path)
    return Run(
        location=Location(path, {0: [(None, path)]}),
        tables={event: tables[event].drop(LINE) for event in TABLES},
        runs=tuple(runs),
        counts=dict(counts),
        format_versions=(SCHEMA_VERSION,),
        gaps=(),
        losses=losses,
        now=now,
    )
