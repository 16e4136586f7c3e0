"""All parts of a log as one table per event, with what was lost on the way."""

import hashlib
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from grpolog import jsonl, progress
from grpolog.analysis import columnar, texts
from grpolog.analysis.blocks import Block, blocks
from grpolog.analysis.columns import LINE, TABLES, MapKeys, empty
from grpolog.analysis.linewise import Rows
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.analysis.texts import bare, holds_texts, size_of
from grpolog.events import SCHEMA_VERSION, RunEvent

NUMBER = ("attempt", "rank", "seq")


@dataclass(frozen=True, slots=True)
class Tables:
    """What the lines of a log say."""

    events: dict[str, pl.DataFrame]
    """By event its flat table (see `columns`), with LINE, in the order of the lines; a large log's examples without
    their texts (see `texts`)."""

    runs: tuple[tuple[int, RunEvent], ...]
    """The run events, each with its LINE, in the order of the lines."""

    numbers: pl.DataFrame
    """attempt, rank, seq and LINE of each event that carries them, unknown ones included."""

    counts: Counter[str]
    """Lines by event, unknown ones included."""

    versions: frozenset[int]
    """Major versions of the format that were found."""

    losses: Losses

    offsets: dict[Path, int]
    """By part the lines of the parts before it."""

    hashes: dict[Path, str]
    """By closed part the SHA-256 of its uncompressed bytes, of those that could be read to the end."""

    def place(self, line: int) -> tuple[Path, int]:
        """The part and the line in it of a value of LINE."""
        paths, offsets = list(self.offsets), list(self.offsets.values())
        part = bisect_left(offsets, line) - 1
        return paths[part], line - offsets[part]


@dataclass(slots=True)
class _Collector:
    losses: Losses = field(default_factory=Losses)
    chunks: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {event: [] for event in TABLES})
    runs: list[tuple[int, RunEvent]] = field(default_factory=list)
    numbers: list[tuple[int, int, int | None, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    versions: set[int] = field(default_factory=set)
    keys: MapKeys = field(default_factory=dict)
    offsets: dict[Path, int] = field(default_factory=dict)
    hashes: dict[Path, str] = field(default_factory=dict)
    lines: int = 0
    text_bytes: int = 0
    """Of the texts of examples so far; above HELD they are left out."""

    def part(self, path: Path, *, fast: bool, closed: bool) -> None:
        """Read the lines of a part."""
        self.offsets[path] = offset = self.lines
        before = self.counts.total()
        digest = hashlib.sha256() if closed else None
        whole = True
        for block in blocks(path, digest=digest):
            if block.first > 1 and self.counts.total() == before:
                what = "no event up to here; the rest of the part is left out"
                self.losses.note("invalid line", path, block.first - 1, what)
                return
            self.lines = offset + block.first + len(block.lines) - 1
            self._block(path, block, offset, fast=fast)
            whole = whole and not block.cut
            if block.error is not None:
                whole = False
                what = f"the compressed part ends early: {block.error}"
                self.losses.note("cut-off part", path, self.lines - offset + 1, what)
        if digest is not None and whole:
            self.hashes[path] = digest.hexdigest()

    def _block(self, path: Path, block: Block, offset: int, *, fast: bool) -> None:
        buckets, rest = columnar.sort_lines(block.lines if fast else ())
        for event, bucket in buckets.items():
            table = columnar.parse(event, bucket.lines, self.keys) if bucket.lines else None
            if table is None:
                rest.places.extend(bucket.places)
                continue
            lines = pl.Series(LINE, bucket.places) + (offset + block.first)
            self.chunks[event].append(table.with_columns(lines))
            self.counts[event] += table.height
            self.versions.add(SCHEMA_VERSION)
        rows = {event: Rows(event, self.keys) for event in TABLES}
        last = len(block.lines) - 1
        for place in sorted(rest.places) if fast else range(len(block.lines)):
            line = block.lines[place]
            if line.strip():
                self._line(path, block.first + place, line, offset, rows, torn=block.torn and place == last)
        for event, kept in rows.items():
            if kept.rows:
                self.chunks[event].append(kept.table())
                if event == "example":
                    self._hold(event)

    def _hold(self, event: str) -> None:
        """Count the texts of the newest rows, and let go of all once there are too many."""
        chunks = self.chunks[event]
        self.text_bytes += size_of(chunks[-1])
        if self.text_bytes > texts.HELD:
            self.chunks[event] = [bare(table) if holds_texts(table) else table for table in chunks]

    def _line(self, path: Path, number: int, line: bytes, offset: int, rows: dict[str, Rows], *, torn: bool) -> None:
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
        if event in rows:
            rows[event].add(record, path, number, offset, self.losses)
            return
        self._number(record, offset + number)
        if event == "run":
            self._run(record, path, number, offset)
        else:
            what = f"unknown event `{event}`"
            self.losses.note("unknown event", path, number, what, key=what)

    def _run(self, record: dict[str, Any], path: Path, number: int, offset: int) -> None:
        for key in sorted(record.keys() - RunEvent.model_fields.keys()):
            what = f"unknown field `{key}` of run events"
            self.losses.note("unknown field", path, number, what, key=what)
        while True:
            try:
                self.runs.append((offset + number, RunEvent.model_validate(record, extra="ignore")))
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

    def _number(self, record: dict[str, Any], line: int) -> None:
        attempt, rank, seq = record.get("attempt", 0), record.get("rank", 0), record.get("seq")
        if all(type(v) is int and 0 <= v < 2**63 for v in (attempt, rank, seq)):
            self.numbers.append((attempt, rank, seq, line))

    def tables(self) -> Tables:
        events = {}
        for event in TABLES:
            table = pl.concat([empty(event), *self.chunks.pop(event)], how="diagonal")
            if self.text_bytes > texts.HELD and event == "example":
                table = table.drop(texts.TEXTS)
            events[event] = table if table[LINE].is_sorted() else table.sort(LINE)
        others = pl.DataFrame(self.numbers, schema=dict.fromkeys((*NUMBER, LINE), pl.Int64()), orient="row")
        return Tables(
            events=events,
            runs=tuple(self.runs),
            numbers=pl.concat([others, *(t.select(*NUMBER, LINE) for t in events.values())]).drop_nulls("seq"),
            counts=self.counts,
            versions=frozenset(self.versions),
            losses=self.losses,
            offsets=self.offsets,
            hashes=self.hashes,
        )


def read_tables(location: Location, *, fast: bool = True) -> Tables:
    """Read every part of a log.

    Args:
        location: the log.
        fast: whether lines that look like ours are parsed by columns; the result is the same.

    Raises:
        LogError: a part cannot be opened.
    """
    progress.expect(location.files)
    collector = _Collector()
    for parts in location.parts.values():
        for number, path in parts:
            collector.part(path, fast=fast, closed=number is not None)
    return collector.tables()
