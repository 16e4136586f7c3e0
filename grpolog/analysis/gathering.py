"""What is judged of a run, record by record and without frames: for logs that grow, and for small ones.

It comes to the same as reading a log whole. Only groups to read are those that the log names with its alerts, and what
is missing is not counted.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from grpolog import metrics, trends
from grpolog.analysis.case import PHASES, Case, Paces, alert_of, valid_to
from grpolog.analysis.pulse import Pulse, changed, ended, opened, writer_alive
from grpolog.analysis.ruling import Ruling
from grpolog.events import RewardEvent, RunEvent
from grpolog.sources import Record, StepRow
from grpolog.trends import naming
from grpolog.trends.cycles import LONG, joined
from grpolog.trends.placement import GATHERED
from grpolog.trends.table import Row, Table, number
from grpolog.trends.telling import AlertGroup

_OTHERS = ("group", "example")
"""Events that nothing is judged by."""


@dataclass(slots=True)
class _Attempt:
    """A training start, judged as far as its rows go."""

    number: int
    resumed: int
    state: trends.State
    rows: list[Row] = field(default_factory=list)
    """Those that have not been judged."""

    tables: list[Table] = field(default_factory=list)
    alerts: list[trends.Alert] = field(default_factory=list)
    ended: bool = False

    def judge(self) -> None:
        """Judge the rows that came since."""
        if self.rows:
            table = Table.of(self.rows)
            self.state, first, later = trends.advance(self.state, table)
            self.alerts += first + later
            self.tables.append(table)
            self.rows = []

    def attempt(self) -> trends.Attempt:
        """It as it is replayed."""
        whole = Table(np.empty(0, np.int64))
        for table in self.tables:
            whole = joined(whole, table)
        self.tables = [whole]
        return trends.Attempt(self.number, self.resumed, whole, self.ended)


@dataclass(slots=True)
class _Span:
    """What is known of an attempt of the log, on whichever rank."""

    first: int | None = None
    last: int | None = None
    heard: float | None = None


class Gathering:
    """Takes the records of a log in the order of writing.

    Args:
        path: the log.
        ruling: rules, thresholds and facts.
    """

    def __init__(self, path: Path, ruling: Ruling | None = None) -> None:
        self._path, self._ruling = path, ruling or Ruling()
        self._builder = trends.RowBuilder()
        self._runs: list[RunEvent] = []
        self._attempts: list[_Attempt] = []
        self._spans: dict[int, _Span] = {}
        self._recorded: list[tuple[int, trends.Alert]] = []
        self._groups: dict[tuple[int, str, str, int], tuple[AlertGroup, ...]] = {}
        """Those that were named with a recorded alert."""
        self._moments: dict[int, float] = {}
        self._clear_paces()
        self._names: set[str] = set()
        self.only_rows = True
        """Whether there was nothing but run events and rows of numbers."""

    def take(self, record: Mapping[str, Any], run: RunEvent | None = None) -> None:
        """Take a record.

        Args:
            record: the fields of an event; of a run event as far as they can be read.
            run: the event, where it is one of a run and there already.
        """
        event, attempt = record.get("event"), record.get("attempt", 0)
        if event in _OTHERS or not isinstance(attempt, int):
            self.only_rows = self.only_rows and event not in _OTHERS
            return
        if event == "run":
            self._run(record, run, attempt)
        else:
            self.only_rows = self.only_rows and event == "step"
            if event == "alert" and record.get("rank", 0) == 0:
                self._alert(record, attempt)
            self._hear(record, attempt, trained=event in GATHERED and record.get("mode", "train") == "train")
            if event == "perf":
                self._pace(record)
        row = self._builder.add(record)
        if row is not None:
            current = self._current(attempt)
            current.rows.append(row)
            if len(current.rows) == LONG:  # arrays hold much less than rows
                current.judge()
        if event == "run" and record.get("phase") == "end" and record.get("rank", 0) == 0:
            self._current(attempt).ended = True

    def take_event(self, event: Record) -> None:
        """Take an event of a log of another program."""
        if isinstance(event, StepRow):
            shape, fields = event.part.shape, event.part.fields
            prefix = naming.eval_prefix(fields)
            self._names.update(f"{prefix}{metric}" for metric in shape.metrics)
            self.take(fields | {"event": "step", "step": event.step, "attempt": event.attempt, "time": event.time})
        elif isinstance(event, RunEvent):
            self.take(event.__dict__, event)
        else:
            if isinstance(event, RewardEvent):
                self._names.update(naming.reward(event.name).values())
            self.take(event.__dict__)

    @property
    def empty(self) -> bool:
        """Whether nothing was taken so far that counts."""
        return not self._runs and not self._spans

    def case(self, now: float) -> Case:
        """What is judged of what was taken so far.

        Args:
            now: Unix time at which it is looked at.
        """
        opening, newest = opened(self._runs), max(self._spans, default=0)
        for attempt in self._attempts:
            attempt.judge()
        found = [attempt for attempt in self._attempts if attempt.tables]
        resumed = {run.attempt: run.resumed_from_step for run in reversed(self._runs) if run.rank == 0}
        limits = valid_to([(n, resumed.get(n), span.first) for n, span in sorted(self._spans.items())])
        return Case(
            name=opening.name if opening else self._path.stem,
            runs=self._runs,
            attempts=[attempt.attempt() for attempt in found],
            judged={attempt.number: trends.Judged(attempt.alerts, attempt.state) for attempt in found},
            recorded=self._recorded,
            valid_to=limits,
            last_step=max(
                (_least(s.last, limits[n]) for n, s in self._spans.items() if s.last is not None), default=None
            ),
            pulse=self._pulse(opening, newest, now),
            paces=Paces(
                np.array(self._pace_steps, np.int64),
                np.array(self._pace_ranks, np.int64),
                {phase: np.array(seconds) for phase, seconds in self._seconds.items()},
            ),
            objective=metrics.objective_of(self._names) if opening and opening.capture == "imported" else None,
            groups=lambda attempt, alert, _: self._groups.get((attempt, alert.rule, alert.metric, alert.step), ()),
        )

    def _pulse(self, opening: RunEvent | None, newest: int, now: float) -> Pulse:
        imported = opening is not None and opening.capture == "imported"
        ending = ended(self._runs, newest)
        heard = self._spans[newest].heard if newest in self._spans else None
        measured = np.array(self._seconds["perf/step_seconds"])
        measured = measured[np.isfinite(measured)]
        return Pulse(
            opening=opening,
            ending=ending,
            moments=np.sort(np.array(list(self._moments.values()))),
            heard=changed(self._path) if heard is None and imported else heard,
            step_seconds=float(np.median(measured)) if len(measured) else None,
            alive=None if imported or ending is not None else writer_alive(self._path),
            now=now,
        )

    def _run(self, record: Mapping[str, Any], run: RunEvent | None, attempt: int) -> None:
        run = run or _run_event(record)
        if run is None:
            return
        self._runs.append(run)
        if attempt > max(self._spans, default=-1):
            self._moments.clear()
            self._clear_paces()
        span = self._spans.setdefault(attempt, _Span())
        if run.time:
            span.heard = max(span.heard or 0.0, run.time)
        if run.phase == "start" and run.rank == 0:
            self._attempts.append(self._opened(attempt, run.resumed_from_step or 0, run))

    def _opened(self, attempt: int, resumed: int, run: RunEvent | None) -> _Attempt:
        """A new attempt, with the state that the rows before it led to."""
        for earlier in self._attempts:
            earlier.judge()
        state = trends.resumed_state(
            self._ruling.start(run), [a.attempt() for a in self._attempts if a.tables], resumed
        )
        return _Attempt(attempt, resumed, state)

    def _current(self, attempt: int) -> _Attempt:
        if not self._attempts:  # a log whose beginning is lost
            self._attempts.append(self._opened(attempt, 0, None))
        return self._attempts[-1]

    def _alert(self, record: Mapping[str, Any], attempt: int) -> None:
        try:
            alert = alert_of(record)
            told = record.get("groups") or ()
            groups = tuple(AlertGroup(**{"eval_name": None, "generation": None, **group}) for group in told)
        except TypeError:
            return  # a damaged line; reading the log whole names it
        self._recorded.append((attempt, alert))
        self._groups[attempt, alert.rule, alert.metric, alert.step] = groups

    def _hear(self, record: Mapping[str, Any], attempt: int, *, trained: bool) -> None:
        """Note when an attempt was heard of, and its steps of training."""
        time, step = number(record.get("time")), number(record.get("step"))
        if attempt not in self._spans and attempt > max(self._spans, default=-1):
            self._moments.clear()
            self._clear_paces()
        span = self._spans.setdefault(attempt, _Span())
        if time:
            span.heard = max(span.heard or 0.0, time)
        if not trained or step is None:
            return
        place = int(step)
        span.first = place if span.first is None else min(span.first, place)
        span.last = place if span.last is None else max(span.last, place)
        if time and record.get("rank", 0) == 0 and attempt == max(self._spans):
            self._moments[place] = max(time, self._moments.get(place, 0.0))

    def _clear_paces(self) -> None:
        self._pace_steps, self._pace_ranks = array("q"), array("q")
        self._seconds = {phase: array("d") for phase in PHASES}

    def _pace(self, record: Mapping[str, Any]) -> None:
        step, rank = record.get("step"), record.get("rank", 0)
        if not isinstance(step, int) or not isinstance(rank, int) or record.get("attempt", 0) != max(self._spans):
            return
        self._pace_steps.append(step)
        self._pace_ranks.append(rank)
        scored = [real for value in naming.mapping(record.get("reward_seconds")).values() if (real := number(value))]
        times = (number(record.get("step_seconds")), number(record.get("generation_seconds")), sum(scored))
        for phase, seconds in zip(PHASES, times, strict=True):
            self._seconds[phase].append(np.nan if seconds is None else seconds)


def _run_event(record: Mapping[str, Any]) -> RunEvent | None:
    """A run event as far as it can be read."""
    record = dict(record)
    while True:
        try:
            return RunEvent.model_validate(record, extra="ignore")
        except ValidationError as error:
            bad = {str(e["loc"][0]) for e in error.errors()} & record.keys()
            optional = {key for key in bad if not RunEvent.model_fields[key].is_required()}
            if not optional:
                return None
            for key in optional:
                del record[key]


def _least(step: int, limit: int | None) -> int:
    return step if limit is None else min(step, limit)
