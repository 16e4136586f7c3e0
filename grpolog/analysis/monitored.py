"""The rows that the monitor of a run saw, from whole frames.

They are what `trends.RowBuilder` makes of single events, to the same bits: placed by the same `Placement`, named by
the same tables, several generations merged by the same function. Only the loop over values is polars'.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from grpolog.events import RunEvent
from grpolog.trends import Attempt, Column, Table, naming
from grpolog.trends.merging import merged
from grpolog.trends.placement import GATHERED, place_all
from grpolog.trends.table import Floats, Ints

_ROW, _PLACE, _PREFIX = "_row", "_place", "_prefix"


@dataclass(frozen=True, slots=True)
class _Piece:
    """Values of one metric from one source."""

    rows: Ints
    """Rows of the values, ascending."""

    places: Ints
    """Their order of writing among all events."""

    values: Floats


def attempts(tables: Mapping[str, pl.DataFrame], runs: Sequence[RunEvent]) -> list[Attempt]:
    """The attempts of a log that left rows, as `trends.attempts` makes them from its lines.

    Args:
        tables: by event its flat table, in the order of attempt, rank and number.
        runs: the run events.
    """
    own = [run for run in runs if run.rank == 0]
    resumed = {run.attempt: run.resumed_from_step or 0 for run in own if run.phase == "start"}
    ended = {run.attempt for run in own if run.phase == "end"}
    judged = {event: tables[event].filter(pl.col("rank") == 0) for event in GATHERED}
    found = []
    for number in sorted(set().union(*(table["attempt"].unique() for table in judged.values()))):
        events = {event: table.filter(pl.col("attempt") == number) for event, table in judged.items()}
        rows = _table(events, ended=number in ended)
        if len(rows):
            found.append(Attempt(number, resumed.get(number, 0), rows, number in ended))
    return found


def _table(events: Mapping[str, pl.DataFrame], *, ended: bool) -> Table:
    """The rows of one attempt; what is unfinished counts if the attempt `ended`."""
    placed, steps, unfinished = _placed(events)
    if ended and unfinished is not None:
        steps.append(unfinished)
    last = len(steps) - 1
    kept = {event: table.filter(pl.col(_ROW) <= last) for event, table in placed.items()}
    scalars: dict[str, list[_Piece]] = {}
    for name, piece in (*_step_values(kept["step"]), *_perf_values(kept["perf"])):
        scalars.setdefault(name, []).append(piece)
    columns = {name: _newest(pieces) for name, pieces in scalars.items()}
    for name, column in (*_reward_values(kept["reward"]), *_quality_values(kept["quality"])):
        # statistics of our own win over the trainer's means of its logging window
        columns[name] = _over(column, columns[name]) if name in columns else column
    generations = pl.concat(kept[event][_ROW] for event in ("reward", "quality"))
    if (
        ended
        and unfinished is not None
        and not (generations.is_in([last]).any() or any(column.rows[-1] == last for column in columns.values()))
    ):
        steps.pop()  # events without a value leave nothing to judge
    return Table(np.array(steps, dtype=np.int64), columns)


def _placed(events: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], list[int], int | None]:
    """The tables with row and place of each event and the prefix of its metrics; the steps of finished rows; and that
    of the row which is left at the end, None if there is none.
    """
    evaluation = pl.col("mode") == "eval"
    order = pl.concat(
        table.select(
            pl.col("seq").fill_null(0),
            pl.lit(number, pl.UInt8).alias("event"),
            "step",
            (evaluation if "mode" in table.columns else pl.lit(value=False)).fill_null(value=False).alias("evaluation"),
        )
        for number, table in enumerate(events.values())
    ).sort("seq", maintain_order=True)
    ends = order["event"] == list(events).index("step")
    rows, steps, unfinished = place_all(ends.to_numpy(), order["step"].to_numpy(), order["evaluation"].to_numpy())
    order = order.with_columns(pl.Series(_ROW, rows), pl.int_range(pl.len()).alias(_PLACE))
    named = pl.when(pl.col("eval_name").fill_null("") == "").then(pl.lit("eval_"))
    prefix = pl.when(evaluation).then(named.otherwise(pl.format("eval_{}_", "eval_name"))).otherwise(pl.lit(""))
    tables = {
        event: table.sort(pl.col("seq").fill_null(0), maintain_order=True).with_columns(
            *order.filter(pl.col("event") == number).select(_ROW, _PLACE),
            (prefix if "mode" in table.columns else pl.lit("")).alias(_PREFIX),
        )
        for number, (event, table) in enumerate(events.items())
    }
    return tables, steps, unfinished


def _step_values(table: pl.DataFrame) -> Iterator[tuple[str, _Piece]]:
    own = [(c, c.removeprefix("metrics/")) for c in table.columns if c.startswith("metrics/")]
    for (prefix,), part in table.partition_by(_PREFIX, as_dict=True).items():
        yield from _pieces(part, [(field, f"{prefix}{name}") for field, name in (*naming.STEP.items(), *own)])


def _perf_values(table: pl.DataFrame) -> Iterator[tuple[str, _Piece]]:
    seconds = [(c, f"perf/{c}") for c in table.columns if c.startswith("reward_seconds/")]
    yield from _pieces(table, [*naming.PERF.items(), *seconds])
    gpus = table.select(_ROW, _PLACE, "gpus").explode("gpus").unnest("gpus").drop_nulls("index")
    for (index,), part in gpus.partition_by(["index"], as_dict=True).items():
        fields = [c for c in part.columns if c not in (_ROW, _PLACE, "index")]
        yield from _pieces(part, [(field, f"perf/gpu{index}/{field}") for field in fields])


def _pieces(table: pl.DataFrame, names: Sequence[tuple[str, str]]) -> Iterator[tuple[str, _Piece]]:
    for field, name in names:
        part = table.select(_ROW, _PLACE, pl.col(field).cast(pl.Float64)).drop_nulls(field)
        if part.height:
            yield name, _Piece(*(column.to_numpy() for column in part))


def _newest(pieces: Sequence[_Piece]) -> Column:
    """One value a row: of several the one that was written last."""
    rows, places, values = (np.concatenate([getattr(p, name) for p in pieces]) for name in _Piece.__slots__)
    order = np.lexsort((places, rows))  # stable: of one event, an entry of `metrics` comes after the field of its name
    rows, values = rows[order], values[order]
    last = np.append(rows[1:] != rows[:-1], True)
    return Column(rows[last], values[last])


def _over(column: Column, other: Column) -> Column:
    """`column`, and `other` in the rows that it lacks."""
    lacking = ~np.isin(other.rows, column.rows)
    rows = np.concatenate((column.rows, other.rows[lacking]))
    order = np.argsort(rows)
    return Column(rows[order], np.concatenate((column.values, other.values[lacking]))[order])


def _reward_values(table: pl.DataFrame) -> Iterator[tuple[str, Column]]:
    for (prefix, name), part in table.partition_by([_PREFIX, "name"], as_dict=True).items():
        names = naming.reward(str(name))
        yield from _merged(part, ("n", *names), {field: f"{prefix}{metric}" for field, metric in names.items()})


def _quality_values(table: pl.DataFrame) -> Iterator[tuple[str, Column]]:
    for (prefix,), part in table.partition_by([_PREFIX], as_dict=True).items():
        names = {field: f"{prefix}{metric}" for field, metric in naming.QUALITY.items()}
        yield from _merged(part, tuple(names), names)


def _merged(table: pl.DataFrame, fields: Sequence[str], names: Mapping[str, str]) -> Iterator[tuple[str, Column]]:
    """The metrics of one series of generations; those of one row as one."""
    numbers = table.select(_ROW, pl.col(fields).cast(pl.Float64))
    doubled = pl.col(_ROW).is_duplicated()
    rows = [numbers.filter(~doubled)]
    for part in numbers.filter(doubled).partition_by(_ROW, maintain_order=True):
        generations = [{f: v for f, v in row.items() if v is not None} for row in part.drop(_ROW).to_dicts()]
        rows.append(pl.DataFrame([{_ROW: part[_ROW][0], **merged(generations)}], schema=numbers.schema))
    whole = pl.concat(rows).sort(_ROW) if len(rows) > 1 else rows[0]
    for field, name in names.items():
        part = whole.select(_ROW, field).drop_nulls(field)
        if part.height:
            yield name, Column(part[_ROW].to_numpy(), part[field].to_numpy())
