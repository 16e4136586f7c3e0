"""The training starts of a log, and which rows a later one made void."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from grpolog.analysis.case import valid_to
from grpolog.events import RunEvent

SCHEMA = {
    "attempt": pl.Int64(),
    "started": pl.Float64(),
    "ended": pl.Float64(),
    "status": pl.String(),
    "first_step": pl.Int64(),
    "last_step": pl.Int64(),
    "resumed_from_step": pl.Int64(),
    "host": pl.String(),
    "valid_to_step": pl.Int64(),
}


def attempts(tables: Mapping[str, pl.DataFrame], runs: Sequence[RunEvent]) -> pl.DataFrame:
    """One row per attempt in ascending order.

    started, ended: time of its first and last event, Unix seconds. status: of its end event, null without one.
    first_step, last_step: of its training rows. resumed_from_step: as its run event says. host: of rank 0.
    valid_to_step: rows after this step are superseded by a later attempt that trained; null where none are.
    """
    spans = _spans(tables)
    starts = {run.attempt: run for run in reversed(runs) if run.rank == 0}
    ends = {run.attempt: run for run in runs if run.rank == 0 and run.phase == "end"}
    told: dict[int, list[float | None]] = {}
    for run in runs:
        if run.time:
            told.setdefault(run.attempt, []).append(run.time)
    rows: list[dict[str, Any]] = []
    for number in sorted(spans.keys() | starts.keys()):
        *times, first, last = spans.get(number, (None, None, None, None))
        times += told.get(number, [])
        start, end = starts.get(number), ends.get(number)
        resumed = start.resumed_from_step if start else None
        row = {
            "attempt": number,
            "started": min((t for t in times if t is not None), default=None),
            "ended": max((t for t in times if t is not None), default=None),
            "status": end.status if end else None,
            "first_step": first,
            "last_step": last,
            "resumed_from_step": resumed,
            "host": start.host if start else None,
        }
        rows.append(row)
    limits = valid_to([(row["attempt"], row["resumed_from_step"], row["first_step"]) for row in rows])
    rows = [row | {"valid_to_step": limits[row["attempt"]]} for row in rows]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _spans(
    tables: Mapping[str, pl.DataFrame],
) -> Mapping[int, tuple[float | None, float | None, int | None, int | None]]:
    """By attempt the first and last time of all events, and the first and last step of training."""
    known = pl.col("time").filter(pl.col("time") != 0)  # 0 is unknown, in logs that were imported
    parts = []
    for event, table in tables.items():
        training = pl.col("mode") == "train" if "mode" in table.columns else pl.lit(value=event != "alert")
        trained = pl.when(training).then(pl.col("step"))
        parts.append(
            table.group_by("attempt").agg(
                known.min().alias("started"),
                known.max().alias("ended"),
                trained.min().alias("first"),
                trained.max().alias("last"),
            )
        )
    spans = pl.concat(parts).group_by("attempt").agg(pl.min("started", "first"), pl.max("ended", "last"))
    return {a: (s, e, f, n) for a, s, e, f, n in spans.select("attempt", "started", "ended", "first", "last").rows()}


def with_superseded(table: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """`table` with a column `superseded`: whether a later attempt went back behind the row's step."""
    limits = {a: limit for a, limit in found.select("attempt", "valid_to_step").rows() if limit is not None}
    if not limits:
        return table.with_columns(pl.lit(value=False).alias("superseded"))
    limit = pl.col("attempt").replace_strict(limits, default=None, return_dtype=pl.Int64)
    return table.with_columns((pl.col("step") > limit).fill_null(value=False).alias("superseded"))
