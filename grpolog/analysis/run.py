"""A run as it is read back: frames, histories, attempts, audit."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from grpolog import metrics
from grpolog.analysis.attempts import attempts, with_superseded
from grpolog.analysis.audit import Audit, covered_steps, non_finite, recorded
from grpolog.analysis.columns import MAPS
from grpolog.analysis.foreignness import foreign_sentences
from grpolog.analysis.history import Histories
from grpolog.analysis.location import Location
from grpolog.analysis.losses import Losses
from grpolog.analysis.missing_keys import missing_keys
from grpolog.analysis.moments import pulse_of
from grpolog.analysis.pulse import Pulse, Status, opened
from grpolog.analysis.replay import Replay, replay
from grpolog.analysis.sequence import Gap
from grpolog.analysis.texts import MEASURES, TEXTS, bare, holds_texts, read_texts
from grpolog.events import Mode, RunEvent

if TYPE_CHECKING:
    from grpolog.analysis.redaction import Redaction


@dataclass(frozen=True)
class Run:
    """One log. Frames are made when they are first asked for, and hold all attempts and ranks.

    Their columns are the event's fields and `superseded`: whether a later attempt went back behind the row's step.
    """

    location: Location

    tables: dict[str, pl.DataFrame]
    """By event its flat table, in the order of attempt, rank and number."""

    runs: tuple[RunEvent, ...]
    """All run events, in the same order."""

    counts: dict[str, int]
    """Lines by event, unknown ones included."""

    format_versions: tuple[int, ...]
    gaps: tuple[Gap, ...]
    losses: Losses

    now: float
    """Unix time at which the run is looked at; only `status` depends on it."""

    redaction: "Redaction | None" = None
    """What was taken out of the run to share it; see `analysis.redaction`."""

    @property
    def path(self) -> Path:
        """The log's first name, or the archive that it lies in."""
        return self.location.source

    @cached_property
    def info(self) -> RunEvent | None:
        """The run event that opened the newest attempt, of rank 0 where it is there; None in a log without any."""
        return opened(self.runs)

    @property
    def name(self) -> str:
        """The run's name, that of the log where it has none."""
        return self.info.name if self.info else self.location.name

    @cached_property
    def attempts(self) -> pl.DataFrame:
        """One row per attempt; see `grpolog.analysis.attempts`."""
        return attempts(self.tables, self.runs)

    @cached_property
    def events(self) -> dict[str, pl.DataFrame]:
        """By event its flat table, an open map as one column per key (`metrics/kl`), with `superseded`."""
        return {event: with_superseded(table, self.attempts) for event, table in self.tables.items()}

    @cached_property
    def steps(self) -> pl.DataFrame:
        """The trainer's rows; each key of `metrics` is a column, named `metrics/<key>` where a field has its name."""
        table = self.events["step"]
        fields = set(table.columns)
        keys = {c: c.removeprefix("metrics/") for c in table.columns if c.startswith("metrics/")}
        return table.rename({column: key for column, key in keys.items() if key not in fields})

    @cached_property
    def rewards(self) -> pl.DataFrame:
        """One row per reward function and generation."""
        return self.events["reward"]

    @cached_property
    def groups(self) -> pl.DataFrame:
        """One row per prompt and generation; `reward_means` and `reward_stds` are structs by function."""
        return _with_structs("group", self.events["group"])

    @cached_property
    def quality(self) -> pl.DataFrame:
        """One row per generation."""
        return self.events["quality"]

    @cached_property
    def perf(self) -> pl.DataFrame:
        """One row per optimizer step and rank; `reward_seconds` is a struct by function."""
        return _with_structs("perf", self.events["perf"])

    @cached_property
    def kept(self) -> pl.DataFrame:
        """`examples` without their texts, with `length` (characters of the completion), `fingerprint` (a number that
        differs where completions do) and `place` (number of the row): what never reads a large log twice.
        """
        table = self.events["example"]
        table = bare(table) if holds_texts(table) else table
        return _with_structs("example", table.with_row_index("place"))

    def with_texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of `kept` as rows of `examples`. Where these texts are too many to be held, the log is read again for
        those that are asked for.

        Raises:
            LogError: it cannot be read any more.
        """
        held = self.tables["example"]
        texts = held.select(TEXTS)[rows["place"]] if holds_texts(held) else read_texts(self.location, rows)
        if self.redaction is not None:
            texts = self.redaction.texts(texts)
        return pl.concat([rows.drop("place", *MEASURES), texts], how="horizontal")

    @cached_property
    def examples(self) -> pl.DataFrame:
        """One row per kept completion; `rewards` is a struct by function, messages and `extra` are JSON text. See
        `kept`, which needs no memory for texts.
        """
        return self.with_texts(self.kept)

    @cached_property
    def alerts(self) -> pl.DataFrame:
        """The recorded alerts; `details` is JSON text."""
        return self.events["alert"]

    @cached_property
    def pulse(self) -> Pulse:
        """The newest attempt by the times in its log."""
        newest = self.attempts.row(-1, named=True) if self.attempts.height else None
        return pulse_of(self.info, newest, self.runs, self.tables, self.path, self.now)

    @property
    def status(self) -> Status:
        """How the newest attempt ended, or whether it runs."""
        return self.pulse.status

    def history(self, name: str, *, mode: Mode | None = None, superseded: bool = False) -> pl.DataFrame:
        """The values of a metric: columns step, value, attempt, sorted by step; see `Histories.history`."""
        return self._histories.history(name, mode=mode, superseded=superseded)

    def metric_names(self) -> list[str]:
        """Names of all histories that hold a value, in reading order."""
        return list(self._histories.names)

    def is_logged(self, name: str) -> bool:
        """Whether a metric is the trainer's own number, rather than a statistic over every recorded completion."""
        return self._histories.is_logged(name)

    def caveat(self, name: str) -> str:
        """How the meaning of a metric in this log differs from its definition; empty where it does not.

        What the trainer logged means what its framework, version and class say; statistics over recorded completions
        are as defined.
        """
        if not self.is_logged(name):
            return ""
        found: dict[int, str] = {}
        for run in self.runs:
            if run.phase != "end":
                version = (run.versions or {}).get(run.framework or "")
                found[run.attempt] = metrics.caveat_of(name, run.framework, version, run.trainer)
        if len(set(found.values())) <= 1:
            return next(iter(found.values()), "")
        return "; ".join(f"attempt {attempt}: {text or 'as defined'}" for attempt, text in sorted(found.items()))

    @cached_property
    def objective(self) -> metrics.Objective | None:
        """What is trained, where the metrics of a log of another program show that it is not GRPO; else None."""
        imported = self.info is not None and self.info.capture == "imported"
        return metrics.objective_of(self.metric_names()) if imported else None

    @cached_property
    def replay(self) -> Replay:
        """The alerts judged once more, beside the recorded ones."""
        return replay(self.tables, self.runs, judged=self.objective is None)

    @cached_property
    def audit(self) -> Audit:
        """How complete the log is."""
        first, last, gaps = covered_steps(self.events)
        names = self.metric_names()
        missing = missing_keys(self.info, self._histories.of_training_rows, names) if self.objective is None else ()
        generations, completions = recorded(self.events)
        ranks = {run.rank for run in self.runs}.union(*(t["rank"].unique() for t in self.tables.values()))
        return Audit(
            format_versions=self.format_versions,
            grpolog_versions=tuple(dict.fromkeys(run.grpolog_version for run in self.runs)),
            attempts=self.attempts.height,
            ranks=tuple(sorted(ranks)),
            world_size=self.info.world_size if self.info else None,
            parts=sum(map(len, self.location.parts.values())),
            events=self.counts,
            first_step=first,
            last_step=last,
            missing_steps=gaps,
            generations=generations,
            completions=completions,
            non_finite=non_finite(self._histories),
            gaps=self.gaps,
            losses=self.losses.named(),
            losses_by_kind=dict(self.losses.counts),
            missing_keys=missing,
            foreign=tuple(
                foreign_sentences(
                    self.info, names, self.events, self.losses.counts["repeated row"], missing, self.objective
                )
            ),
        )

    @cached_property
    def _histories(self) -> Histories:
        return Histories(self.events)


def _with_structs(event: str, table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the columns of each open map gathered in one struct, null where no key has a value."""
    for name in MAPS[event]:
        columns = [c for c in table.columns if c.startswith(f"{name}/")]
        fields = [pl.col(c).alias(c.removeprefix(f"{name}/")) for c in columns]
        struct = (
            pl.when(pl.any_horizontal(pl.col(columns).is_not_null())).then(pl.struct(fields))
            if fields
            else pl.lit(None, dtype=pl.Struct({}))
        )
        table = table.with_columns(struct.alias(name)).drop(columns)
    return table
