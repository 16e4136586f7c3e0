"""What a run had spent when it made a step: steps, tokens or time. Runs are aligned by one of them."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from grpolog.analysis.run import Run
from grpolog.trends.table import Floats

Across = Literal["step", "tokens", "time"]
"""Optimizer steps; tokens of prompts and completions (`num_tokens`); seconds of training, all attempts with what was
lost of them, without the time between them."""

TOKENS: Final = "num_tokens"


@dataclass(frozen=True, slots=True)
class Axis:
    """Places of a run's steps."""

    steps: Floats
    """Steps whose place is known, ascending; empty where the log does not tell, or where a step is its own place."""

    places: Floats
    itself: bool = False
    """Whether a step is its own place."""

    @property
    def known(self) -> bool:
        """Whether the log tells places."""
        return self.itself or len(self.steps) > 0

    def place(self, steps: Floats) -> Floats:
        """The place of each step, straight between known ones; NaN where the log tells none."""
        if self.itself:
            return steps
        if not self.known:
            return np.full(len(steps), np.nan)
        return np.interp(steps, self.steps, self.places)


def axis_of(run: Run, across: Across) -> Axis:
    """The axis of a run."""
    none = np.empty(0)
    if across == "step":
        return Axis(none, none, itself=True)
    steps, places = _tokens(run) if across == "tokens" else _seconds(run)
    if not len(steps):
        return Axis(none, none)
    if steps[0] > 0:
        steps, places = np.insert(steps, 0, 0.0), np.insert(places, 0, 0.0)
    return Axis(steps, np.maximum.accumulate(places))


def _tokens(run: Run) -> tuple[Floats, Floats]:
    """A counter that began anew at a resume goes on from where it was."""
    found = run.history(TOKENS)
    steps, tokens = (found[name].to_numpy().astype(np.float64) for name in ("step", "value"))
    steps, tokens = steps[np.isfinite(tokens)], tokens[np.isfinite(tokens)]
    more = np.diff(tokens, prepend=0.0)
    return steps, np.cumsum(np.where(more < 0, tokens, more))


def _seconds(run: Run) -> tuple[Floats, Floats]:
    spent, earlier = 0.0, []
    for attempt, started, ended in run.attempts.select("attempt", "started", "ended").rows():
        earlier.append((attempt, spent - (started or 0.0)))
        spent += max(0.0, ended - started) if started is not None and ended is not None else 0.0
    offsets = pl.DataFrame(earlier, schema={"attempt": pl.Int64, "offset": pl.Float64}, orient="row")
    tables = [run.events[event] for event in ("step", "reward", "quality")]
    rows = pl.concat(
        table.filter(pl.col("mode") == "train", ~pl.col("superseded"), pl.col("time") > 0).select(
            "attempt", "step", "time"
        )
        for table in tables
    )
    placed = (
        rows.join(offsets, on="attempt")
        .group_by("step")
        .agg((pl.col("time") + pl.col("offset")).max().alias("place"))
        .sort("step")
    )
    return placed["step"].to_numpy().astype(np.float64), placed["place"].to_numpy()
