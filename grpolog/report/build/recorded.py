"""The groups whose answers are in the log, one row each, beside all that were generated."""

from hashlib import blake2b
from typing import Final

import polars as pl

from grpolog.analysis import Run

GROUP: Final = ["attempt", "mode", "eval_name", "generation", "step", "group"]
"""What tells groups apart."""

STRETCHES: Final = 10
"""Parts of a run within which groups are compared."""

_EQUAL: Final = 1e-6
"""Spread of totals that are equal but for float32."""


def recorded_groups(run: Run) -> pl.DataFrame:
    """One row per recorded group that no later attempt replaced, in the order of the log.

    The columns of GROUP and
    key: tells it apart for good, as an id of the page
    prompt_id, source, kept (list, why the recorder kept it), size (answers), mean and std (of their totals)
    outcome: see `model.Outcome`; empty when unknown
    length: characters of its answers
    of_step: groups that were generated for its step; null when unknown, as are the following
    first, last, of_stretch: the steps of the part of the run that it is compared within, and the groups of it
    below, above: share of these with a lower, a higher mean total
    """
    kept = run.kept.filter(~pl.col("superseded"))
    heads = kept.group_by(GROUP, maintain_order=True).agg(
        pl.col("prompt_id", "source").first(),
        pl.concat_list(pl.col("kept"), pl.col("also_kept").fill_null([])).first().alias("kept"),
        pl.len().alias("size"),
        pl.col("length").sum(),
        pl.col("total").mean().alias("mean"),
        pl.col("total").std().alias("std"),
        pl.col("total").count().alias("scored"),
    )
    heads = heads.join(_generated(run, heads), on=GROUP, how="left", nulls_equal=True, maintain_order="left")
    equal = (pl.col("scored") > 1) & (pl.col("std") <= _EQUAL)
    outcome = (
        pl.when(pl.col("passes") == pl.col("n"))
        .then(pl.lit("all good"))
        .when(pl.col("passes") == 0)
        .then(pl.lit("all bad"))
        .when(pl.col("passes").is_not_null() | (pl.col("std") > _EQUAL))
        .then(pl.lit("mixed"))
        .when(equal)
        .then(pl.lit("all equal"))
        .otherwise(pl.lit(""))
    )
    keys = [group_key(*identity) for identity in heads.select(GROUP).iter_rows()]
    return heads.with_columns(outcome.alias("outcome"), pl.Series("key", keys, dtype=pl.String)).drop(
        "n", "passes", "scored"
    )


def _generated(run: Run, heads: pl.DataFrame) -> pl.DataFrame:
    """By group event its passes and its place among those of its part of the run."""
    groups = run.events["group"].filter(~pl.col("superseded")).select(*GROUP, "n", "passes", "mean")
    place = ["mode", "eval_name", "stretch"]
    mean = pl.when(pl.col("mean").is_finite()).then(pl.col("mean"))
    ranked = mean.count().over(place)
    steps = pl.col("step").rank("dense").over("mode", "eval_name") - 1
    count = pl.col("step").n_unique().over("mode", "eval_name")
    compared = groups.with_columns(
        pl.len().over(["mode", "eval_name", "step"]).alias("of_step"), (steps * STRETCHES // count).alias("stretch")
    ).with_columns(
        pl.col("step").min().over(place).alias("first"),
        pl.col("step").max().over(place).alias("last"),
        ranked.alias("of_stretch"),
        ((mean.rank("min").over(place) - 1) / ranked).alias("below"),
        ((ranked - mean.rank("max").over(place)) / ranked).alias("above"),
    )
    wanted = compared.join(heads.select(GROUP), on=GROUP, how="semi", nulls_equal=True)
    return wanted.drop("mean", "stretch").unique(GROUP, keep="last")


def group_key(attempt: int, mode: str, eval_name: str | None, generation: int | None, step: int, group: int) -> str:
    """An id of the page that stays the same when the log grows: `group-0-300-12-3` has attempt, step, generation and
    number; that of an evaluation begins with `eval` and has a hash of the set's name.
    """
    where = "group" if mode == "train" else "eval"
    if eval_name is not None:
        where += f"-{blake2b(eval_name.encode('utf-8', 'surrogatepass'), digest_size=3).hexdigest()}"
    return f"{where}-{attempt}-{step}-{'x' if generation is None else generation}-{group}"
