"""Histories: the values of one metric by step.

Rewards and quality come from our own events where there are any, because these cover every completion; the
generations of one step are merged: means weighted by completions, standard deviations pooled. Everything else, and
rewards of logs without such events, comes from the trainer's rows.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from grpolog import metrics
from grpolog.errors import GrpologError
from grpolog.events import TOTAL, Mode

Events = Mapping[str, pl.DataFrame]
"""By event its flat table with the column `superseded`."""

Place = tuple[str, str | None]
"""mode and eval_name of rows."""

SCHEMA: Final = {"step": pl.Int64(), "value": pl.Float64(), "attempt": pl.Int64()}
_SUMMED: Final = ("n", "format_compliant")


class UnknownMetricError(GrpologError, KeyError):
    """A name that is neither canonical nor in the log."""


def history(events: Events, name: str, *, mode: Mode | None = None, superseded: bool = False) -> pl.DataFrame:
    """The values of a metric: step, value, attempt, sorted by step. Non-finite values are kept, nulls left out.

    Args:
        events: the tables.
        name: canonical name, or the trainer's own; `eval_<name>` and `eval_<set>_<name>` for evaluations.
        mode: with a name without prefix: train (default) or eval.
        superseded: whether rows that a later attempt replaced are included.

    Returns:
        No rows for a canonical metric that this log does not hold.

    Raises:
        UnknownMetricError: the name is neither canonical nor in the log; the message suggests near ones.
    """
    for place, base in _readings(events, name, mode):
        for values in _sources(events, base, place):
            if not superseded:
                values = values.filter(~pl.col("superseded"))
            if values.height:
                return values.select(pl.col(c).cast(t) for c, t in SCHEMA.items()).sort("step", "attempt")
    if metrics.metric(name) is None and (known := metric_names(events)) and name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"the log has {', '.join(known[:8])}, ..."
        raise UnknownMetricError(f"no metric {name}; {hint}")
    return pl.DataFrame(schema=SCHEMA)


def metric_names(events: Events) -> list[str]:
    """Names of all histories that hold a value, in reading order."""
    names = set()
    for (mode, eval_name), base in _present(events):
        prefix = "" if mode == "train" else f"eval_{eval_name}_" if eval_name else "eval_"
        names.add(prefix + base)
    return metrics.reading_order(names)


def _readings(events: Events, name: str, mode: Mode | None) -> Iterator[tuple[Place, str]]:
    """What a name may mean: a place and the name there."""
    if mode is not None or not name.startswith("eval_"):
        yield (mode or "train", None), name
        return
    sets = {s for e in ("step", "reward", "quality") for s in events[e]["eval_name"].unique().to_list() if s}
    for eval_name in sorted(sets, key=len, reverse=True):
        if name.startswith(f"eval_{eval_name}_"):
            yield ("eval", eval_name), name.removeprefix(f"eval_{eval_name}_")
    yield ("eval", None), name.removeprefix("eval_")
    yield ("train", None), name


def _sources(events: Events, base: str, place: Place) -> Iterator[pl.DataFrame]:
    """Values of a metric from the best source to the last, each with step, value, attempt, superseded."""
    known = metrics.metric(base)
    if known is not None and known.event == "reward":
        function = base.split("/", 1)[1].rsplit("/", 1)[0] if base.startswith("rewards/") else TOTAL
        yield _merged(_at(events["reward"], place).filter(pl.col("name") == function), known.field)
    if known is not None and known.event == "quality":
        yield _merged(_at(events["quality"], place), known.field)
    if known is not None and known.event == "perf" and place[0] == "train":
        yield _of_perf(events["perf"], base, known.field)
    steps = _at(events["step"], place)
    fields = [base.replace("/", "_")] if known is not None and known.event in ("step", "reward") else []
    for column in [*fields, f"metrics/{base}"]:
        if column in steps.columns:
            yield _last(steps, pl.col(column))


def _at(table: pl.DataFrame, place: Place) -> pl.DataFrame:
    mode, eval_name = place
    return table.filter(pl.col("mode") == mode, pl.col("eval_name").eq_missing(pl.lit(eval_name, dtype=pl.String)))


def _last(table: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    """One value per attempt and step, the one written last."""
    values = table.select("step", value.cast(pl.Float64).alias("value"), "attempt", "superseded").drop_nulls("value")
    return values.unique(["attempt", "step"], keep="last", maintain_order=True)


def _merged(table: pl.DataFrame, field: str) -> pl.DataFrame:
    """A field of reward or quality events over all generations of a step."""
    n, value = pl.col("n"), pl.col(field).cast(pl.Float64)
    merged: pl.Expr
    if field == "std":
        # exact: squares within generations and between their means
        mean = (n * pl.col("mean")).sum() / n.filter(pl.col("mean").is_not_null()).sum()
        within = ((n - 1).clip(0) * value.fill_null(0.0) ** 2).sum()
        between = (n * (pl.col("mean") - mean) ** 2).sum()
        pooled = ((within + between) / (n.sum() - 1)).sqrt()
        merged = pl.when(n.len() == 1).then(value.first()).when(n.sum() > 1).then(pooled)
    elif field in ("min", "max"):
        merged = value.min() if field == "min" else value.max()
    elif field in _SUMMED:
        merged = pl.when(value.is_not_null().any()).then(value.sum())
    elif field == "none_share":  # its own n leaves out what was not scored
        merged = value.mean()
    else:
        weight = n.filter(value.is_not_null())
        mean = (n * value).sum() / weight.sum()
        merged = pl.when(weight.len() == 1).then(value.drop_nulls().first()).when(weight.sum() > 0).then(mean)
    groups = table.group_by("attempt", "step", maintain_order=True)
    return groups.agg(merged.alias("value"), pl.col("superseded").first()).drop_nulls("value")


def _of_perf(table: pl.DataFrame, base: str, field: str) -> pl.DataFrame:
    """A reading of the first rank that there is, rank 0 in a whole log."""
    table = table.filter(pl.col("rank") == pl.col("rank").min())
    if not field.startswith("gpus/"):
        return _last(table, pl.col(field)) if field in table.columns else table.head(0).with_columns(value=None)
    index = int(base.removeprefix("perf/gpu").split("/")[0])
    gpu = table.explode("gpus").unnest("gpus").filter(pl.col("index") == index)
    return _last(gpu, pl.col(field.removeprefix("gpus/")))


def _present(events: Events) -> Iterator[tuple[Place, str]]:
    """Place and name of each metric that holds a value."""
    train: Place = ("train", None)
    places = {m.field: m.name for m in metrics.METRICS if m.event == "step"}
    for place, column in _filled(events["step"], ["mode", "eval_name"]):
        prefix, _, key = column.partition("/")
        if prefix == "metrics" and key:
            yield place, key
        elif column in ("reward", "reward_std", *places):
            yield place, places.get(column, column)
    totals = {m.field: m.name for m in metrics.METRICS if m.event == "reward" and "<f>" not in m.name}
    functions = {m.field: m.name for m in metrics.METRICS if m.event == "reward" and "<f>" in m.name}
    for (mode, eval_name, function), column in _filled(events["reward"], ["mode", "eval_name", "name"]):
        if function == TOTAL and column in totals:
            yield (mode, eval_name), totals[column]
        elif function != TOTAL and column in functions:
            yield (mode, eval_name), functions[column].replace("<f>", function)
    qualities = {m.field: m.name for m in metrics.METRICS if m.event == "quality"}
    for place, column in _filled(events["quality"], ["mode", "eval_name"]):
        if column in qualities:
            yield place, qualities[column]
    for _, column in _filled(events["perf"], []):
        if metrics.metric(f"perf/{column}"):
            yield train, f"perf/{column}"
    gpus = events["perf"].select(pl.col("gpus").explode()).unnest("gpus")
    for (index,), column in _filled(gpus, ["index"]):
        if index is not None and metrics.metric(f"perf/gpu{index}/{column}"):
            yield train, f"perf/gpu{index}/{column}"


def _filled(table: pl.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """By value of `keys` the columns that are not all null."""
    groups = table.group_by(keys).agg(pl.all().count()) if keys else table.select(pl.all().count())
    columns = [c for c in table.columns if c not in keys]
    for row in groups.iter_rows(named=True):
        key = tuple(row[k] for k in keys)
        for column in columns:
            if row[column]:
                yield key, column
