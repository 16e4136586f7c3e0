"""Sequence numbers: which events are missing, repeated or out of order."""

from dataclasses import dataclass

import polars as pl

from grpolog.analysis.columns import LINE
from grpolog.analysis.losses import Losses
from grpolog.analysis.tables import NUMBER, Tables
from grpolog.events import RunEvent

_WRITER = ["attempt", "rank"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive numbers of one attempt and rank that no line carries."""

    attempt: int
    rank: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """Events that are missing."""
        return self.last - self.first + 1


def find_gaps(tables: Tables, losses: Losses) -> tuple[Gap, ...]:
    """Numbers that are missing before the last one of each attempt and rank; each gap is noted at the line after it."""
    sums = tables.numbers.group_by(_WRITER).agg(pl.col("seq").max().alias("last"), pl.col("seq").n_unique().alias("n"))
    short = sums.filter(pl.col("n") <= pl.col("last")).select(_WRITER)
    before = pl.col("seq").shift(1).over(_WRITER).fill_null(-1)
    holes = (
        tables.numbers.join(short, on=_WRITER, how="semi")
        .unique(NUMBER, keep="first", maintain_order=True)
        .sort(NUMBER)
        .with_columns(before.alias("before"))
        .filter(pl.col("seq") - pl.col("before") > 1)
    )
    gaps = []
    for attempt, rank, seq, line, last in holes.select(*NUMBER, LINE, "before").iter_rows():
        gap = Gap(attempt, rank, last + 1, seq - 1)
        path, number = tables.place(line)
        which = f"number {gap.first}" if gap.count == 1 else f"numbers {gap.first} to {gap.last}"
        what = f"before this line {gap.count} of attempt {attempt}, rank {rank} missing ({which})"
        losses.note("missing event", path, number, what, count=gap.count)
        gaps.append(gap)
    return tuple(gaps)


def note_disorder(tables: Tables, losses: Losses) -> None:
    """Lines after one of the same rank with a higher attempt or number; frames put them in order."""
    numbers = tables.numbers if tables.numbers[LINE].is_sorted() else tables.numbers.sort(LINE)
    attempt, seq = (pl.col(name).diff().over("rank") for name in ("attempt", "seq"))
    for (line,) in numbers.filter((attempt < 0) | ((attempt == 0) & (seq < 0))).select(LINE).iter_rows():
        what = "stands after a line of a later attempt or with a higher number"
        losses.note("unordered line", *tables.place(line), what, key=what)


def in_sequence(tables: Tables, losses: Losses) -> tuple[dict[str, pl.DataFrame], tuple[RunEvent, ...]]:
    """The tables and run events in the order of attempt, rank and number, without LINE and repeated lines.

    A line that repeats another word for word is left out and noted; events that differ under one number are kept, and
    noted too.
    """
    doubled = tables.numbers.filter(pl.struct(NUMBER).is_duplicated())
    events = {}
    left = doubled.height
    for event, table in tables.events.items():
        kept = table
        if doubled.height:
            fields = [c for c in table.columns if c != LINE]
            repeated = table.filter(~pl.struct(fields).is_first_distinct(), pl.col("seq").is_not_null())
            kept = table.join(repeated.select(LINE), on=LINE, how="anti")
            left -= repeated.height
            for (line,) in repeated.select(LINE).iter_rows():
                what = f"repeats a line ({event} event)"
                losses.note("repeated line", *tables.place(line), what, key=what)
        events[event] = _sorted(kept).drop(LINE)
    runs: list[RunEvent] = []
    firsts: dict[tuple[int, int, int], RunEvent] = {}
    for line, run in tables.runs:
        first = firsts.setdefault((run.attempt, run.rank, run.seq), run)
        if first is not run and first == run:
            left -= 1
            what = "repeats a line (run event)"
            losses.note("repeated line", *tables.place(line), what, key=what)
        else:
            runs.append(run)
    unique = doubled.unique(NUMBER).height
    if left > unique:
        path, line = tables.place(doubled[LINE].min())  # type: ignore[arg-type]
        losses.note("repeated number", path, line, "different events carry one number", count=left - unique)
    return events, tuple(sorted(runs, key=lambda run: (run.attempt, run.rank, run.seq)))


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    attempt, rank, seq = (pl.col(name).diff() for name in NUMBER)
    after = (attempt > 0) | ((attempt == 0) & ((rank > 0) | ((rank == 0) & (seq >= 0))))
    in_order = table.select(after.slice(1).all(ignore_nulls=False)).item()
    return table if in_order else table.sort(*NUMBER, LINE, nulls_last=True)
