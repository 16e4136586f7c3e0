"""Histories: the values of one metric by step.

Rewards and quality come from our own events where there are any, because these cover every completion. Everything
else, and rewards of logs without such events, comes from the trainer's rows.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from grpolog import metrics
from grpolog.analysis.merging import merge_generations, merge_rows
from grpolog.errors import GrpologError
from grpolog.events import TOTAL, Mode

Series = Mapping[tuple[Any, ...], pl.DataFrame]
"""Rows by mode, eval_name and what else tells series apart; one per attempt and step, sorted by step."""

SCHEMA: Final = {"step": pl.Int64(), "value": pl.Float64(), "attempt": pl.Int64()}

_PLACE: Final = ["mode", "eval_name"]
_STEP_FIELDS: Final = {m.name.replace("/", "_"): m.name for m in metrics.METRICS if m.event in ("step", "reward")}
_QUALITY: Final = {m.field: m.name for m in metrics.METRICS if m.event == "quality"}
_TOTAL: Final = {m.field: m.name for m in metrics.METRICS if m.event == "reward" and "<f>" not in m.name}
_FUNCTION: Final = {m.field: m.name for m in metrics.METRICS if m.event == "reward" and "<f>" in m.name}


class UnknownMetricError(GrpologError, KeyError):
    """A name that is neither canonical nor in the log."""


@dataclass(frozen=True)
class Histories:
    """The histories of one log.

    Args:
        events: by event its flat table with the column `superseded`.
    """

    events: Mapping[str, pl.DataFrame]

    def history(self, name: str, *, mode: Mode | None = None, superseded: bool = False) -> pl.DataFrame:
        """The values of a metric: step, value, attempt, sorted by step. Non-finite values are kept, nulls left out.

        Args:
            name: canonical name, or the trainer's own; `eval_<name>` and `eval_<set>_<name>` for evaluations.
            mode: for a name without prefix: train (default) or eval.
            superseded: whether rows that a later attempt replaced are included.

        Returns:
            No rows for a canonical metric that this log does not hold.

        Raises:
            UnknownMetricError: the name is neither canonical nor in the log; the message suggests near ones.
        """
        for _, values in self._found(name, mode, superseded=superseded):
            return values
        if metrics.metric(name) is None and name not in (known := self.names):
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
            some = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
            hint = f"did you mean {' or '.join(near)}?" if near else f"the log has {some or 'none'}"
            raise UnknownMetricError(f"no metric {name}; {hint}")
        return pl.DataFrame(schema=SCHEMA)

    def is_logged(self, name: str) -> bool:
        """Whether the values of a metric are the trainer's own rather than statistics over recorded completions."""
        return next((logged for logged, _ in self._found(name, None, superseded=True)), False)

    @cached_property
    def names(self) -> list[str]:
        """Names of all histories that hold a value, in reading order."""
        names = set()
        for mode, eval_name, base in self._present():
            prefix = "" if mode == "train" else f"eval_{eval_name}_" if eval_name else "eval_"
            names.add(prefix + base)
        return metrics.reading_order(names)

    @property
    def of_training_rows(self) -> list[str]:
        """Names of the metrics that the trainer's rows of training hold."""
        rows = self._steps.get(("train", None))
        columns = [] if rows is None else _filled(rows)
        return [_STEP_FIELDS.get(c) or c.removeprefix("metrics/") for c in columns if c in _STEP_FIELDS or "/" in c]

    @cached_property
    def _steps(self) -> Series:
        return _series(merge_rows(self.events["step"], _PLACE), _PLACE)

    @cached_property
    def _rewards(self) -> Series:
        return _series(merge_generations(self.events["reward"], [*_PLACE, "name"]), [*_PLACE, "name"])

    @cached_property
    def _quality(self) -> Series:
        return _series(merge_generations(self.events["quality"], _PLACE), _PLACE)

    @cached_property
    def _perf(self) -> pl.DataFrame:
        """Readings of the first rank that there is, rank 0 in a whole log."""
        table = self.events["perf"]
        return merge_rows(table.filter(pl.col("rank") == pl.col("rank").min()), []).sort("step", "attempt")

    @cached_property
    def _gpus(self) -> Series:
        gpus = self._perf.select("step", "attempt", "superseded", "gpus").explode("gpus").unnest("gpus")
        return _series(gpus.drop_nulls("index"), ["index"])

    def _found(self, name: str, mode: Mode | None, *, superseded: bool) -> Iterator[tuple[bool, pl.DataFrame]]:
        """The values from each source that has any, the best first, and whether it is the trainer's rows."""
        for place, base in self._readings(name, mode):
            for rows, column in self._sources(place, base):
                kept = rows if superseded else rows.filter(~pl.col("superseded"))
                values = kept.select("step", pl.col(column).cast(pl.Float64).alias("value"), "attempt")
                if values["value"].count():
                    yield rows is self._steps.get(place), values.drop_nulls("value")

    def _readings(self, name: str, mode: Mode | None) -> Iterator[tuple[tuple[Any, ...], str]]:
        """What a name may mean: a place (mode, eval_name) and the name there."""
        if mode is not None or not name.startswith("eval_"):
            yield (mode or "train", None), name
            return
        sets = {key[1] for series in (self._steps, self._rewards, self._quality) for key in series if key[1]}
        for eval_name in sorted(sets, key=len, reverse=True):
            if name.startswith(f"eval_{eval_name}_"):
                yield ("eval", eval_name), name.removeprefix(f"eval_{eval_name}_")
        yield ("eval", None), name.removeprefix("eval_")
        yield ("train", None), name

    def _sources(self, place: tuple[Any, ...], base: str) -> Iterator[tuple[pl.DataFrame, str]]:
        """Rows and column that may hold a metric, the best source first."""
        # what still begins with `eval_` here is a name of the trainer's own, whatever it reminds of
        known = None if base.startswith("eval_") else metrics.metric(base)
        found: list[tuple[pl.DataFrame | None, str]] = []
        if known is not None and known.event == "reward":
            function = base.removeprefix("rewards/").rsplit("/", 1)[0] if base.startswith("rewards/") else TOTAL
            found.append((self._rewards.get((*place, function)), known.field))
        elif known is not None and known.event == "quality":
            found.append((self._quality.get(place), known.field))
        elif known is not None and known.event == "perf" and place[0] == "train":
            index, _, field = base.removeprefix("perf/gpu").partition("/")
            gpu = known.field.startswith("gpus/")
            found.append((self._gpus.get((int(index),)), field) if gpu else (self._perf, known.field))
        steps, field = self._steps.get(place), base.replace("/", "_")
        found += [(steps, field)] if field in _STEP_FIELDS else []
        found.append((steps, f"metrics/{base}"))
        yield from ((rows, column) for rows, column in found if rows is not None and column in rows.columns)

    def _present(self) -> Iterator[tuple[str, str | None, str]]:
        """Mode, eval_name and name of each metric that holds a value."""
        for (mode, eval_name), rows in self._steps.items():
            for column in _filled(rows):
                if column in _STEP_FIELDS:
                    yield mode, eval_name, _STEP_FIELDS[column]
                elif column.startswith("metrics/"):
                    yield mode, eval_name, column.removeprefix("metrics/")
        for (mode, eval_name, function), rows in self._rewards.items():
            fields = _TOTAL if function == TOTAL else _FUNCTION
            yield from ((mode, eval_name, fields[c].replace("<f>", function)) for c in _filled(rows) if c in fields)
        for (mode, eval_name), rows in self._quality.items():
            yield from ((mode, eval_name, _QUALITY[c]) for c in _filled(rows) if c in _QUALITY)
        gpus = [f"gpu{index}/{c}" for (index,), rows in self._gpus.items() for c in _filled(rows)]
        for name in [*_filled(self._perf), *gpus]:
            if metrics.metric(f"perf/{name}"):
                yield "train", None, f"perf/{name}"


def _series(table: pl.DataFrame, keys: list[str]) -> Series:
    return {
        key: rows.sort("step", "attempt", maintain_order=True)
        for key, rows in table.partition_by(keys, as_dict=True).items()
    }


def _filled(rows: pl.DataFrame) -> list[str]:
    return [column.name for column in rows if column.null_count() < len(column)]
