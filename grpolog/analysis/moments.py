"""When things happened, from frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from grpolog.analysis.case import PHASES, Paces
from grpolog.analysis.pulse import Pulse, changed, ended, writer_alive
from grpolog.events import RunEvent
from grpolog.trends.placement import GATHERED


def pulse_of(
    opening: RunEvent | None,
    newest: Mapping[str, Any] | None,
    runs: Sequence[RunEvent],
    tables: Mapping[str, pl.DataFrame],
    path: Path,
    now: float,
) -> Pulse:
    """Signs of life.

    Args:
        opening: opened the newest attempt.
        newest: its row in the table of attempts; None without any attempt.
        runs: all run events.
        tables: by event its flat table.
        path: the log's first name.
        now: when it is looked at.
    """
    imported = opening is not None and opening.capture == "imported"
    number = 0 if newest is None else newest["attempt"]
    ending, heard = ended(runs, number), None if newest is None else newest["ended"]
    if heard is None and imported:
        heard = changed(path)
    perf = tables["perf"].filter(pl.col("attempt") == number)["step_seconds"].median()
    return Pulse(
        opening=opening,
        ending=ending,
        moments=_moments(tables, number),
        heard=heard,
        step_seconds=float(perf) if isinstance(perf, (int, float)) else None,
        alive=None if imported or ending is not None else writer_alive(path),
        now=now,
    )


def _moments(tables: Mapping[str, pl.DataFrame], attempt: int) -> np.ndarray:
    """When each step of training of an attempt was last heard of on rank 0."""
    parts = [
        table.filter(
            pl.col("attempt") == attempt,
            pl.col("rank") == 0,
            pl.col("time") != 0,
            *([pl.col("mode") == "train"] if "mode" in table.columns else []),
        ).select("step", "time")
        for event, table in tables.items()
        if event in GATHERED
    ]
    times = pl.concat(parts).group_by("step").agg(pl.col("time").max())["time"]
    return np.sort(times.to_numpy())


def paces_of(tables: Mapping[str, pl.DataFrame], attempt: int) -> Paces:
    """How long each rank took for the steps of an attempt."""
    table = tables["perf"].filter(pl.col("attempt") == attempt)
    rewards = [c for c in table.columns if c.startswith("reward_seconds/")]
    scored = pl.sum_horizontal(pl.col(rewards).fill_null(0.0)) if rewards else pl.lit(None, dtype=pl.Float64())
    seconds = table.select(
        "step", "rank", pl.col("step_seconds", "generation_seconds"), scored.alias("reward_seconds")
    ).with_columns(pl.col(pl.Float64()).fill_null(np.nan))
    columns = [seconds[name.removeprefix("perf/")].to_numpy() for name in PHASES]
    return Paces(seconds["step"].to_numpy(), seconds["rank"].to_numpy(), dict(zip(PHASES, columns, strict=True)))
