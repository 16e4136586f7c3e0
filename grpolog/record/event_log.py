"""Events on their way to disk: attempts, sequence numbers, run events, and the count of what was lost."""

import os
import secrets
import sys
import threading
import time
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.events import Envelope, RunEvent
from grpolog.events.run import UNTOLD
from grpolog.jsonl import live_part
from grpolog.record.background import Background
from grpolog.record.lock import Lock
from grpolog.record.writer import Closed, Writer

Status = Literal["finished", "stopped", "failed"]


_OPEN: "weakref.WeakValueDictionary[Path, EventLog]" = weakref.WeakValueDictionary()
"""The logs that this process has open, to take back one that nobody writes any more."""


def warn(message: str) -> None:
    """Warn, also where warnings are errors: these must not be."""
    try:
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    except RuntimeWarning:
        print(message, file=sys.stderr)


class EventLog:
    """The log of one rank, as a sequence of attempts.

    Rank 0 opens the file and takes the log's lock at once; other ranks learn the log's name from it and open theirs
    with the attempt. An attempt opens with `start` and closes with `end`; a log that was ended
    can be started again, which makes the next attempt.

    Args:
        log: the log's first name.
        rank: rank of this process.
        max_bytes: size at which a part is closed.
        compress: whether closed parts are compressed.
        clock: Unix time, seconds.

    Raises:
        LockedError: a live process writes this log.
        LogError: the file cannot be opened for writing.
    """

    def __init__(
        self,
        log: Path,
        *,
        rank: int,
        max_bytes: int,
        compress: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = log
        self.rank = rank
        self.lost: Counter[str] = Counter()
        self.first_error: str | None = None
        self.description: RunEvent | None = None
        self.at_exit: Status = "stopped"
        """How the open attempt ended if nobody says so; one that is `finished` yields the log to whoever wants it."""
        self._max_bytes, self._compress = max_bytes, compress
        self._clock = clock
        self._lock = Lock(log) if rank == 0 else None
        self._writer: Writer | None = None
        self._attempt = 0
        self._seq = 0
        self._first = 0  # number of the first event of the batch that is being written
        self._lost_before = 0  # events lost before the attempt, which took no number of it
        self._batch: list[Envelope] = []  # what is being written, to be numbered anew if it begins a part
        self._pid = os.getpid()
        self._writing = threading.RLock()  # the watchdog writes from its own thread; a new part writes while writing
        self.background: Background
        """Thread for everything slow, while the file is open."""
        if rank == 0:
            self._open()

    @property
    def started(self) -> bool:
        """Whether an attempt is open."""
        return self.description is not None

    @property
    def attempt(self) -> int:
        """The open attempt, or the one that would open next."""
        return self._attempt

    def _open(self) -> None:
        place = live_part(self.path, self.rank).absolute()
        other = _OPEN.get(place)
        if other is not None and other is not self and (other.description is None or other.at_exit == "finished"):
            # in a notebook say: attached twice and only now put to use, or evaluated by an earlier trainer
            other.end(other.at_exit, 0 if other.description is None else other.description.step)
        if self._lock is not None:
            self._lock.acquire()
        try:
            self.background = Background(on_error=lambda error: self.lose("background task", error))
            self._writer = Writer(
                self.path,
                rank=self.rank,
                max_bytes=self._max_bytes,
                compress=self._compress,
                background=self.background,
                opening=self._open_part,
                gone=self._lose_written,
            )
        except OSError as error:
            if self._lock is not None:
                self._lock.release()
            raise LogError(f"cannot be written: {error.strerror or error}", self.path) from error
        _OPEN[place] = self
        last = self._writer.last
        if last is not None and isinstance(last.get("attempt"), int):
            self._attempt = last["attempt"] + 1

    def start(self, description: RunEvent, attempt: int | None = None) -> None:
        """Open an attempt with a run event made from `description`.

        Args:
            description: everything but the fields that this class knows better (phase, attempt, parts, losses).
            attempt: number of the attempt as rank 0 has it; default: the next one of this file.
        """
        if self._writer is None:
            self._open()
        writer = self._writer
        assert writer is not None
        self._attempt = self._attempt if attempt is None else attempt
        self._seq = 0
        self._lost_before = self.lost["event"]
        self.description = description.model_copy(update={"run_id": secrets.token_hex(8)})
        torn, closed = writer.torn, writer.previous
        opening = self.description.model_copy(
            update={
                "phase": "start",
                "status": "running",
                "recovered_tail": torn.decode("utf-8", "backslashreplace") if torn else None,
                "previous_part": closed.name if closed else None,
                "previous_part_sha256": closed.sha256 if closed else None,
            }
        )
        self.write([opening])

    def write(self, events: Iterable[Envelope]) -> None:
        """Write events with one call to the system; a failure is counted, warned about once and not raised."""
        if os.getpid() != self._pid:
            return
        with self._writing:
            self._first = self._seq
            try:
                self._write(events)
            except BaseException:  # what a signal raises, Ctrl-C say, can come between any two lines
                self._take_stock()
                raise

    def _write(self, events: Iterable[Envelope]) -> None:
        self._batch, lines = [], []
        for event in events:
            try:
                lines.append(self._line(event))
                self._batch.append(event)
            except Exception as error:  # a value that no rule foresaw must cost one event, not the run
                self.lose("event", error)
        if not lines:
            return
        after = self._seq
        try:
            if self._writer is None or self.description is None:
                raise OSError("no attempt is open")
            self._writer.write(b"".join(lines))
        except Exception as error:
            self._seq = after  # the event that was to open a part is written when that succeeds
            self.lose("event", error, len(lines))

    def _take_stock(self) -> None:
        """Go on with the number after the last event that is in the file, whatever was interrupted."""
        if self._writer is None:
            return
        try:
            self._writer.look_again()
        except (OSError, LogError) as error:
            self.lose("event", error, self._seq - self._first)
            return
        last = self._writer.last
        written = last["seq"] + 1 if last is not None and last["attempt"] == self._attempt else 0
        self._seq = max(self._first, written)

    def _line(self, event: Envelope) -> bytes:
        # past pydantic, which would take longer to check these four than to write the line
        seq, self._seq = self._seq, self._seq + 1
        fields = event.__dict__
        fields["attempt"], fields["seq"], fields["rank"], fields["time"] = (
            self._attempt, seq, self.rank, self._clock(),
        )  # fmt: skip
        return jsonl.encode(event, self.lost)

    def _open_part(self, closed: Closed, _lines: bytes) -> bytes:
        """The batch that begins a part, after the part's own event, which takes the number of the batch's first."""
        assert self.description is not None
        update = {"phase": "part", "previous_part": closed.name, "previous_part_sha256": closed.sha256}
        self._seq = self._batch[0].seq
        first = self._line(self.description.model_copy(update={**update, **self._losses()}))
        for event in self._batch:
            if isinstance(event, RunEvent) and event.events_written is not None:
                event.events_written += 1  # the part's own event came in between
        counted = self.lost.copy()
        lines = [self._line(event) for event in self._batch]
        self.lost = counted  # what these lose was counted when they were encoded first
        return b"".join([first, *lines])

    def _lose_written(self, lines: int) -> None:
        """Count events that were written and are gone, those of this attempt; others are no part of its numbers."""
        written = self._first - (self.lost["event"] - self._lost_before)
        error = FileNotFoundError(f"{self.path} was removed, replaced or cut while it was written")
        self.lose("event", error, min(lines, written))

    def lose(self, what: str, error: BaseException, count: int = 1) -> None:
        """Count what could not be recorded; the first time, warn."""
        self.lost[what] += count
        if self.first_error is None:
            self.first_error = f"{what}: {type(error).__name__}: {error}"
            failed = "tell of every alert" if what in UNTOLD else f"record everything in {self.path}"
            warn(
                f"grpolog could not {failed} ({self.first_error}). Training goes on; further losses are counted in "
                f"the log."
            )

    def end(self, status: Status, step: int, **fields: Any) -> None:
        """Close the attempt and the file; `fields` go into the end event. Without an attempt only the file closes."""
        ended = self.description is not None
        if self.description is not None:
            closing = self.description.model_copy(
                update={
                    "phase": "end",
                    "status": status,
                    "step": step,
                    "events_written": self._seq + 1 - (self.lost["event"] - self._lost_before),
                    **self._losses(),
                    **fields,
                }
            )
            self.write([closing])
            self.description = None
            self._attempt += 1
        if self._writer is not None and os.getpid() == self._pid:
            try:
                self._writer.close()
            except OSError as error:
                self.lose("log", error)
            self._writer = None
            self.background.close()
            if self._lock is not None:
                self._lock.release()
        if ended:  # not before: what closing loses is no reason for a second warning
            self.lost.clear()
            self.first_error = None

    def _losses(self) -> dict[str, Any]:
        lost = {what: n for what, n in self.lost.items() if n}
        return {"lost": lost or None, "first_error": self.first_error}
