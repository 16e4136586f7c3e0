"""Rows of one step as one row: generations of reward and quality events, rows of the trainer."""

from typing import Final

import polars as pl

KEYS: Final = ("attempt", "step")

_SUMMED: Final = ("n", "format_compliant")


def merge_generations(table: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """Reward or quality events with one row per attempt, step and value of the columns `series`.

    Means are weighted by `n`, standard deviations pooled exactly; shares of groups are weighted by `n` too, which is
    right where the generations of a step are alike. A row that is alone stays as it is.
    """
    keys = [*KEYS, *series]
    doubled = pl.struct(keys).is_duplicated()
    several = table.filter(doubled)
    if several.is_empty():
        return table
    rules = [_rule(name, dtype) for name, dtype in table.schema.items() if name not in keys]
    merged = several.group_by(keys, maintain_order=True).agg(rules).select(table.columns)
    return pl.concat([table.filter(~doubled), merged])


def _rule(name: str, dtype: pl.DataType) -> pl.Expr:
    n, value = pl.col("n"), pl.col(name)
    if name in _SUMMED:
        return pl.when(value.is_not_null().any()).then(value.sum())
    if name == "std":
        return _pooled_std()
    if name in ("min", "max"):  # NaN if one is
        return value.nan_min() if name == "min" else value.nan_max()
    if name == "none_share":  # its own n leaves out what was not scored
        return value.mean()
    if dtype != pl.Float64:
        return value.first()
    weight = n.filter(value.is_not_null()).sum()
    return pl.when(weight > 0).then((n * value).sum() / weight).alias(name)


def _pooled_std() -> pl.Expr:
    """The squares within generations and those between their means, over all completions that were scored."""
    scored = pl.col("mean").is_not_null()
    n, mean, std = (pl.col(c).filter(scored) for c in ("n", "mean", "std"))
    centre = (n * mean).sum() / n.sum()
    squares = ((n - 1).clip(0) * std.fill_null(0.0) ** 2 + n * (mean - centre) ** 2).sum()
    return pl.when(n.sum() > 1).then((squares / (n.sum() - 1)).sqrt()).alias("std")


def merge_rows(table: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """Rows of the trainer or of perf with one row per attempt, step and `series`: of each column the value that was
    written last.
    """
    keys = [*KEYS, *series]
    if not table.select(pl.struct(keys).is_duplicated().any()).item():
        return table
    last = pl.all().drop_nulls().last()
    return table.group_by(keys, maintain_order=True).agg(last).select(table.columns)
