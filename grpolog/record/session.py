"""One rank's recording of one run: everything between a trainer's data and the events on disk.

Guarantees: nothing raises after construction; what cannot be recorded is warned about once, counted, and said in
the run event at the end. When a method returns, its events are in the file.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpolog
from grpolog.events import AlertEvent, Envelope, Mode, PerfEvent, RunEvent
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.examples import ExamplePicker
from grpolog.generation.statistics import Statistics
from grpolog.generation.tags import Tags
from grpolog.record import at_exit
from grpolog.record.announcer import Announcer
from grpolog.record.console import Console
from grpolog.record.detection import Detection
from grpolog.record.environment import command_line, git_commit, host, versions
from grpolog.record.event_log import EventLog, Status
from grpolog.record.options import Options
from grpolog.record.outcome import outcome
from grpolog.record.probe import Probe
from grpolog.record.reported import Reported
from grpolog.record.step_row import step_event
from grpolog.record.stopwatch import Stopwatch
from grpolog.record.watchdog import Watchdog
from grpolog.record.window import Window
from grpolog.trends import Setting


class Session:
    """Records on one rank; rank 0 writes what concerns all of them.

    Args:
        path: the log's first name.
        rank: rank of this process.
        options: the user's options.
        clock: Unix time, seconds.

    Raises:
        LockedError: a live process writes this log.
        LogError: the file cannot be opened for writing.
    """

    def __init__(self, path: Path, rank: int, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.path, self.rank, self.options = path, rank, options
        self._pid = os.getpid()
        self.step = 0
        """Newest step that was recorded."""
        self.stopwatch = Stopwatch()
        self.reported = Reported(options.report_metrics)
        self._statistics = Statistics(
            Tags.of(options.think_tags, options.answer_tags, options.indicators),
            ExamplePicker(
                mode="none" if options.examples == 0 else options.examples,  # type: ignore[arg-type]
                budget_bytes=options.example_bytes,
                text_limit=options.text_limit,
                seed=options.seed,
            ),
        )
        self._detection = Detection(options.window_size)
        self._console = Console(
            every=options.console_every if rank == 0 else 0,
            examples_every=options.console_examples if rank == 0 else 0,
        )
        self._announcer = Announcer(options, rank, self._console, self.guarded)
        self._probe = Probe()
        self._watchdog: Watchdog | None = None
        self.listener: Callable[[Sequence[Envelope]], None] = lambda events: None
        """Is given the events of each generation and row on rank 0."""
        self._generation = 0
        self._window = Window()
        self._log = EventLog(path, rank=rank, max_bytes=options.max_bytes, compress=options.compress, clock=clock)
        at_exit.opened(self._end_at_exit)

    @property
    def started(self) -> bool:
        """Whether an attempt is open."""
        return self._log.started

    @property
    def attempt(self) -> int:
        """The open attempt, or the one that would open next."""
        return self._log.attempt

    @property
    def stop_requested(self) -> AlertEvent | None:
        """The alert of this attempt that training is to stop for, as `stop_on` says; known on rank 0."""
        return self._announcer.stop

    def ends_as(self, status: Status) -> None:
        """Say how the open attempt ended if nobody does; one that is `finished` yields the log to whoever wants it."""
        self._log.at_exit = status

    # ------------------------------------------------------------------ safety

    @contextmanager
    def guarded(self, what: str) -> Iterator[None]:
        """Errors in here are counted as lost `what` and go no further; its time counts as the cost of logging."""
        with self.stopwatch.cost():
            try:
                yield
            except Exception as error:  # recording never breaks training
                self.lose(what, error)

    def lose(self, what: str, error: BaseException) -> None:
        """Count `what` as lost; the first loss warns."""
        self._log.lose(what, error)

    # ------------------------------------------------------------------ attempts

    def start(
        self, resumed_from_step: int, *, log: Path | None = None, attempt: int | None = None, **description: Any
    ) -> None:
        """Open an attempt.

        Args:
            resumed_from_step: step that it continues from; 0 for a start from scratch.
            log: the log as rank 0 has it, which may have had to choose another name.
            attempt: its number as rank 0 has it; default: the next of this file.
            description: fields of the run event.
        """
        if log is not None:
            self.path = self._log.path = log
        self.step, self._generation = resumed_from_step, 0
        name = self.options.name or self.path.name.removesuffix(".jsonl")
        opening = RunEvent(
            step=resumed_from_step,
            phase="start",
            status="running",
            run_id="",
            name=name,
            grpolog_version=grpolog.__version__,
            versions=versions(),
            host=host(),
            pid=os.getpid(),
            command=command_line(),
            git_commit=git_commit(),
            trend_window=self._detection.window_size,
            resumed_from_step=resumed_from_step,
            **description,
        )
        self._detection.begin(Setting.of(opening))
        opening.rules_hash = self._detection.monitor.rules_hash
        self._log.start(opening, attempt)
        at_exit.opened(self._end_at_exit)
        self._announcer.begin(f"grpolog: {name} on {opening.host}", self._log.background, self._log.lose)
        if self._log.attempt > 0 and resumed_from_step > 0 and self.rank == 0:
            with self.guarded("state of earlier attempts"):
                self._detection.restore(self.path, self._log.attempt, resumed_from_step)
        self._log.background.submit(self._probe.sample)
        self._log.background.every(self.options.sample_seconds, self._probe.sample)

    def watch_over(self) -> None:
        """Report from now on when training stands still, unless the options say not to."""
        if self.started and self._watchdog is None and self.options.stall_seconds != 0:
            self._watchdog = Watchdog(
                tell=lambda alert: self._write_alerts([alert]),
                phase=lambda: self.stopwatch.phase,
                limit=self.options.stall_seconds,
            )
            self._watchdog.start(self.step)

    def redescribe(self, **description: Any) -> None:
        """Say something else in the run events from now on."""
        if self._log.description is not None:
            self._log.description = self._log.description.model_copy(update=description)

    def end(self, status: Status, **fields: Any) -> None:
        """Close the attempt and the file; without an attempt only the file closes."""
        with self.guarded("end of the run"):
            if self._watchdog is not None:
                self._watchdog.stop()
                self._watchdog = None
            if self.started:
                self._write_alerts(self._detection.finish())
                self._announcer.finish()
        self._log.end(status, self.step, **fields)
        at_exit.closed(self._end_at_exit)

    def _end_at_exit(self, error: BaseException | None) -> None:
        status, what = (self._log.at_exit, None) if error is None else outcome(error)
        self.end(status, error=what)

    # ------------------------------------------------------------------ data

    def generation(self, batch: Batch, scoring: Scoring, step: int, mode: Mode, eval_name: str | None) -> None:
        """Record one generation of all ranks."""
        if not self.beat() or self.rank:
            return
        where = {"step": step, "mode": mode, "eval_name": eval_name, "generation": self._generation}
        self._generation += 1
        self.step = max(self.step, step)
        events: list[Envelope] = []
        for what, make in self._statistics.parts(batch, scoring, where):
            with self.guarded(what):
                events += make()
        self._write(events)
        self.listener(events)
        self.reported.gather(mode, events)
        if mode == "train":
            self.stopwatch.sampled(batch.n, None if batch.tokens is None else int(batch.tokens.sum()))
            self._window.add(events)

    def row(
        self,
        step: int,
        logs: Mapping[str, Any],
        mode: Mode,
        eval_name: str | None = None,
        beside: Sequence[Envelope] = (),
    ) -> None:
        """Record one row of the trainer's scalars, after the events `beside` it; print and judge what is due."""
        if not self.beat():
            return
        event = None if self.rank else step_event(step, logs, mode, eval_name, self._log.lost)
        if event is None:
            self._write(beside)
            return
        self.step = max(self.step, step)
        self._write((*beside, event))
        self.listener([event])
        if mode == "eval":
            return
        window, self._window = self._window, Window()
        self._console.step(event, window.rewards, window.quality, window.perf)
        if window.best is not None and window.worst is not None:
            self._console.examples(step, window.best, window.worst)
        self._statistics.examples.end_window()

    def perf(self, step: int) -> None:
        """Record what the step that ends now cost on this rank."""
        if self.beat():
            self._write([self.cost(step)])

    def cost(self, step: int) -> PerfEvent:
        """What the step that ends now cost on this rank, to be recorded."""
        self.beat(step)
        event = PerfEvent.model_validate({"step": step, **self.stopwatch.end(), **self._probe.latest})
        self._window.add([event])
        return event

    def saved(self, step: int, checkpoints: Sequence[str]) -> None:
        """Record that a checkpoint was saved at `step`, and the folders of all that are kept, oldest first."""
        if self.beat() and self.rank == 0:
            self._write([PerfEvent(step=step, checkpoints=list(checkpoints))])

    def beat(self, step: int | None = None) -> bool:
        """Training moves: tell the watchdog.

        Returns:
            Whether this is the process that records; a forked child, a worker of a data loader say, does nothing.
        """
        if os.getpid() != self._pid:
            return False
        if self._watchdog is not None:
            self._watchdog.beat(step)
        return True

    def say(self, line: str) -> None:
        """One line on the console, unless it is off or this is not rank 0."""
        self._console.say(line)

    # ------------------------------------------------------------------ inside

    def _write(self, events: Sequence[Envelope]) -> None:
        """Write events of a step, and the alerts that they bring about right after them."""
        self._log.write(events)
        if self.rank == 0:
            self._write_alerts(self._detection.judge(events))

    def _write_alerts(self, alerts: Sequence[AlertEvent]) -> None:
        self._log.write(alerts)
        self._announcer.tell(alerts)
