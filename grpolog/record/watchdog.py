"""Notices that training stands still, from a thread of its own, and says where it hangs."""

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from grpolog.events import AlertEvent

LEAST_SECONDS: Final = 600.0
"""A stall is never reported before this time, unless the user set a limit: a first step compiles, a checkpoint is
written to a slow disk."""

PATIENCE: Final = 10.0
"""Steps of median length that may pass without one."""

_REMEMBERED = 101  # steps that the median is taken of
_FRAMES = 60  # innermost frames shown of each thread


@dataclass(frozen=True, slots=True)
class Stall:
    """A time without a step."""

    step: int
    """Newest step when it began."""

    seconds: float
    """Its length so far."""

    median: float | None
    """Median length of the steps before, seconds."""

    phase: str | None
    """What training was doing."""


class Watchdog:
    """Watches a training loop that tells it whenever something moves.

    Args:
        tell: is given the alert of a stall on the watchdog's thread, and its resolution on the one that moves again.
        phase: what training is doing now.
        limit: seconds without a sign of life that are a stall; None: PATIENCE medians, at least LEAST_SECONDS.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        tell: Callable[[AlertEvent], None],
        phase: Callable[[], str | None],
        limit: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._phase, self._limit, self._clock = tell, phase, limit, clock
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._steps: deque[float] = deque(maxlen=_REMEMBERED)
        self._step, self._step_ended = 0, clock()
        self._moved = clock()
        self._stall: Stall | None = None

    def start(self, step: int) -> None:
        """Watch from now on; `step` is the newest one. A second call does nothing."""
        if self._thread is None:
            self._step = step
            self._step_ended = self._moved = self._clock()
            self._thread = threading.Thread(target=self._loop, name="grpolog watchdog", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5.0)

    def beat(self, step: int | None = None) -> None:
        """Training moves; `step` is given when an optimizer step has ended."""
        now = self._clock()
        with self._lock:
            stall, self._stall = self._stall, None
            if stall is not None:
                seconds = now - self._moved
            elif step is not None:  # the length of a stall is no step's
                self._steps.append(now - self._step_ended)
            self._moved = now
            if step is not None:
                self._step, self._step_ended = step, now
        if stall is not None:
            self._tell(resolved(stall, seconds))

    def look(self) -> None:
        """Report a stall if there is one that was not reported yet."""
        with self._lock:
            seconds = self._clock() - self._moved
            if self._stall is not None or seconds < self.limit:
                return
            usual = median(self._steps) if self._steps else None
            stall = self._stall = Stall(self._step, seconds, usual, self._phase())
        self._tell(opened(stall, stacks()))

    @property
    def limit(self) -> float:
        """Seconds without a sign of life that are a stall."""
        if self._limit is not None:
            return self._limit
        return max(LEAST_SECONDS, PATIENCE * median(self._steps)) if self._steps else LEAST_SECONDS

    def _loop(self) -> None:
        while not self._stopped.wait(min(10.0, self.limit / 4)):
            self.look()


def opened(stall: Stall, where: dict[str, str]) -> AlertEvent:
    """The alert of a stall; `where` are the stacks by thread."""
    usual = "" if stall.median is None else f"; a step takes {_time(stall.median)}"
    phase = "" if stall.phase is None else f" during {stall.phase}"
    return _alert(
        stall,
        state="opened",
        message=f"no sign of life for {_time(stall.seconds)} after step {stall.step}{phase}{usual}; see the stacks",
        after=stall.seconds,
        details={"phase": stall.phase, "stacks": where},
    )


def resolved(stall: Stall, seconds: float) -> AlertEvent:
    """The word that a stall is over, after so many seconds."""
    message = f"training moves again after {_time(seconds)}"
    return _alert(stall, state="resolved", message=message, after=seconds, details={"phase": stall.phase})


def stacks() -> dict[str, str]:
    """Where each thread of the process stands, by its name; the calling one is left out."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        f"{names.get(ident, 'thread')} ({ident})": "".join(traceback.format_stack(frame)[-_FRAMES:])
        for ident, frame in sys._current_frames().items()
        if ident != threading.get_ident()
    }


def _alert(stall: Stall, **fields: Any) -> AlertEvent:
    return AlertEvent(
        step=stall.step,
        rule="stall",
        metric="perf/step_seconds",
        severity="warning",
        incident=f"stall-{stall.step}",
        before=stall.median,
        **fields,
    )


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
