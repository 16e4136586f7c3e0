"""One background thread per recorder, for everything that is too slow for the training thread."""

import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable

Task = Callable[[], object]


class Background:
    """Runs tasks one after the other on a daemon thread that starts with the first of them.

    In a forked child nothing runs and nothing is queued: the thread stayed in the parent, and so did its work.

    Args:
        on_error: is given whatever a task raises, on the background thread.
        clock: seconds that never run backwards.
    """

    def __init__(
        self, on_error: Callable[[BaseException], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_error = on_error
        self._clock = clock
        self._pid = os.getpid()
        self._wake = threading.Condition()
        self._queue: deque[Task] = deque()
        self._periodic: list[_Periodic] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, task: Task) -> bool:
        """Queues `task` to run once, as soon as those before it are done.

        Returns:
            Whether it was queued: not after `close` and not in a forked child.
        """
        if os.getpid() != self._pid:
            return False
        with self._wake:
            if self._closed:
                return False
            self._queue.append(task)
            self._start()
            return True

    def every(self, seconds: float, task: Task) -> None:
        """Runs `task` every `seconds`, first after `seconds`; a run that is late shifts those after it."""
        if os.getpid() != self._pid:
            return
        with self._wake:
            if not self._closed:
                self._periodic.append(_Periodic(seconds, task, self._clock() + seconds))
                self._start()

    def report(self, error: BaseException) -> None:
        """Has `on_error` told of trouble that came up elsewhere; it runs on the background thread all the same."""

        def tell() -> None:
            raise error

        self.submit(tell)

    def run_due(self, now: float) -> float | None:
        """Runs on the calling thread what is queued and what is due at `now`.

        Returns:
            When the next periodic task is due, or None if there is none.
        """
        while True:
            with self._wake:
                if not self._queue:
                    break
                task = self._queue.popleft()
            self._run(task)
        for periodic in tuple(self._periodic):
            if periodic.due <= now:
                self._run(periodic.task)
                periodic.due = now + periodic.seconds
        return min((periodic.due for periodic in self._periodic), default=None)

    def close(self, timeout: float = 10.0) -> bool:
        """Runs what is queued, then stops; periodic tasks are dropped.

        Returns:
            Whether everything was done within `timeout` seconds. What was not is abandoned with the process.
        """
        if os.getpid() != self._pid:
            return True
        with self._wake:
            self._closed = True
            self._periodic.clear()
            thread = self._thread
            self._wake.notify_all()
        if thread is threading.current_thread():
            return True  # closed by one of its own tasks: the loop ends after it
        if thread is None:
            self.run_due(self._clock())  # an interpreter that shuts down refuses new threads
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def _start(self) -> None:
        """Starts the thread or wakes it up; the caller holds `_wake`."""
        self._wake.notify_all()
        if self._thread is None:
            thread = threading.Thread(target=self._loop, name="grpolog", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return  # the interpreter is shutting down; `close` runs the queue
            self._thread = thread

    def _loop(self) -> None:
        while True:
            due = self.run_due(self._clock())
            with self._wake:
                if self._queue:
                    continue
                if self._closed:
                    return
                # A task added since `run_due` is in the queue, or is periodic and may be due earlier than `due`.
                due = min((periodic.due for periodic in self._periodic), default=due)
                self._wake.wait(None if due is None else max(0.0, due - self._clock()))

    def _run(self, task: Task) -> None:
        try:
            task()
        except BaseException as error:
            try:
                self._on_error(error)
            except BaseException:
                traceback.print_exc()  # the last resort: the thread must live on


class _Periodic:
    def __init__(self, seconds: float, task: Task, due: float) -> None:
        self.seconds = seconds
        self.task = task
        self.due = due
