"""The groups of a run that are to be read for an alert."""

from typing import Final

import polars as pl

from grpolog.analysis.run import Run
from grpolog.trends import Alert
from grpolog.trends.telling import FAR, AlertGroup, kept_groups, telling

_COLUMNS: Final = (
    "step",
    "mode",
    "eval_name",
    "generation",
    "group",
    "prompt_id",
    "rewards",
    "total",
    "tokens",
    "truncated",
    "length",
    "fingerprint",
)


def groups_to_read(run: Run, attempt: int, alert: Alert, onset: int | None) -> tuple[AlertGroup, ...]:
    """What was named with the alert while training, from the examples of its attempt; see `trends.telling`."""
    first = alert.step - FAR if onset is None else onset
    inside = run.kept.filter(pl.col("attempt") == attempt, pl.col("step").is_between(first, alert.step))
    return telling(alert, onset, list(kept_groups(inside.select(_COLUMNS).iter_rows(named=True))))
