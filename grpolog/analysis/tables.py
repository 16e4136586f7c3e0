"""All parts of a log as one table per event, with what was lost on the way."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from grpolog import jsonl
from grpolog.analysis import columnar
from grpolog.analysis.blocks import Block, blocks
from grpolog.analysis.columns import TABLES, empty
from grpolog.analysis.linewise import Rows
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.events import SCHEMA_VERSION, RunEvent

_ORDER = ("attempt", "rank", "seq")


@dataclass(frozen=True, slots=True)
class Tables:
    """What a log holds."""

    events: dict[str, pl.DataFrame]
    """By event its flat table (see `columns`), in the order of writing by attempt, rank and number."""

    runs: tuple[RunEvent, ...]
    """The run events, in the same order."""

    numbers: pl.DataFrame
    """attempt, rank, seq of every event that could be told, in the order of reading."""

    counts: Counter[str]
    """Lines by event, unknown ones included."""

    versions: frozenset[int]
    """Major versions of the format that were found."""

    losses: Losses


@dataclass(slots=True)
class _Collector:
    losses: Losses = field(default_factory=Losses)
    chunks: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {event: [] for event in TABLES})
    runs: list[RunEvent] = field(default_factory=list)
    numbers: list[tuple[int, int, int | None]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    versions: set[int] = field(default_factory=set)
    keys: columnar.MapKeys = field(default_factory=dict)

    def block(self, path: Path, block: Block, *, fast: bool) -> None:
        """Read the lines of a block."""
        rows = {event: Rows(event) for event in TABLES}
        if fast:
            buckets, rest = columnar.sort_lines(block.lines)
            refused = {event for event, lines in buckets.items() if lines and not self._columnar(event, lines)}
            if refused:
                # once more, to have the numbers of the lines
                _, rest = columnar.sort_lines(block.lines, skip=refused)
        else:
            rest = [(place, line) for place, line in enumerate(block.lines) if line.strip()]
        last = len(block.lines) - 1
        for place, line in rest:
            self._line(path, block.first + place, line, rows, torn=block.torn and place == last)
        for event, kept in rows.items():
            if kept.rows:
                self.chunks[event].append(kept.table())
        if block.error is not None:
            line_number = block.first + len(block.lines)
            self.losses.note("cut-off part", path, line_number, f"the compressed part ends early: {block.error}")

    def _columnar(self, event: str, lines: list[bytes]) -> bool:
        table = columnar.parse(event, lines, self.keys)
        if table is None:
            return False
        self.chunks[event].append(table)
        self.counts[event] += table.height
        self.versions.add(SCHEMA_VERSION)
        return True

    def _line(self, path: Path, number: int, line: bytes, rows: dict[str, Rows], *, torn: bool) -> None:
        try:
            record, note = jsonl.decode(line)
        except ValueError as error:
            if torn:
                self.losses.note("torn line", path, number, f"the last line is torn ({len(line)} bytes)")
            else:
                self.losses.note("invalid line", path, number, str(error))
            return
        version, event = record.get("v"), record.get("event")
        if type(version) is not int or version < 1 or not isinstance(event, str):
            self.losses.note("invalid line", path, number, "JSON, but no event of a grpolog log")
            return
        self.versions.add(version)
        if version > SCHEMA_VERSION:
            what = f"event of log format {version}; this grpolog reads up to {SCHEMA_VERSION}"
            self.losses.note("newer format", path, number, what, key=what)
            return
        self.counts[event] += 1
        if note is not None:
            self.losses.note("corrected line", path, number, note, key=note)
        if event == "run":
            self._run(record, path, number)
        elif event in rows:
            rows[event].add(record, path, number, self.losses)
        else:
            what = f"unknown event `{event}`"
            self.losses.note("unknown event", path, number, what, key=what)
            self._number(record)

    def _run(self, record: dict[str, Any], path: Path, number: int) -> None:
        for key in sorted(record.keys() - RunEvent.model_fields.keys()):
            what = f"unknown field `{key}` of run events"
            self.losses.note("unknown field", path, number, what, key=what)
        self._number(record)
        while True:
            try:
                self.runs.append(RunEvent.model_validate(record, extra="ignore"))
                return
            except ValidationError as error:
                bad = {str(e["loc"][0]): e["msg"] for e in error.errors()}
            fixable = {k: m for k, m in bad.items() if k in record and not RunEvent.model_fields[k].is_required()}
            for key, message in fixable.items():
                self.losses.note("invalid value", path, number, f"`{key}` of the run event: {message}")
                del record[key]
            if not fixable:
                key, message = next(iter(bad.items()))
                self.losses.note("invalid line", path, number, f"run event: {message} @ $.{key}")
                return

    def _number(self, record: dict[str, Any]) -> None:
        values = [record.get(key, 0) for key in ("attempt", "rank")] + [record.get("seq")]
        if all(type(v) is int and 0 <= v < 2**63 for v in values):
            attempt, rank, seq = values
            self.numbers.append((attempt, rank, seq))

    def tables(self) -> Tables:
        events = {}
        for event in TABLES:
            chunks = self.chunks.pop(event)
            events[event] = pl.concat([empty(event), *chunks], how="diagonal")
        others = pl.DataFrame(self.numbers, schema=dict.fromkeys(_ORDER, pl.Int64()), orient="row")
        numbers = pl.concat([others, *(table.select(_ORDER) for table in events.values())])
        return Tables(
            events={event: _sorted(table) for event, table in events.items()},
            runs=tuple(sorted(self.runs, key=lambda run: (run.attempt, run.rank, run.seq))),
            numbers=numbers,
            counts=self.counts,
            versions=frozenset(self.versions),
            losses=self.losses,
        )


def read_tables(location: Location, *, fast: bool = True) -> Tables:
    """Read every part of a log.

    Args:
        location: the log.
        fast: whether lines that look like ours are parsed by columns; the result is the same.

    Raises:
        LogError: a part cannot be opened.
    """
    collector = _Collector()
    for parts in location.parts.values():
        for _, path in parts:
            for block in blocks(path):
                collector.block(path, block, fast=fast)
    return collector.tables()


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    attempt, rank, seq = (pl.col(name).diff() for name in _ORDER)
    after = (attempt > 0) | ((attempt == 0) & ((rank > 0) | ((rank == 0) & (seq >= 0))))
    in_order = table.select(after.slice(1).all(ignore_nulls=False)).item()
    return table if in_order else table.sort(_ORDER, maintain_order=True, nulls_last=True)
