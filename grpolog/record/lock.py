"""One process at a time writes a log."""

import json
import os
import socket
import time
import uuid
import warnings
from pathlib import Path
from typing import Any

import psutil

from grpolog.errors import LockedError

_PATIENCE = 1.0
"""Seconds that another process gets to finish taking the lock; it needs well under a millisecond."""

_CLOCK_STEP = 2.0
"""Seconds by which the start of one process may be told differently: it is computed from the wall clock."""


class Lock:
    """The file `<log>.lock` with the host, pid and start of the process that writes the log.

    Whoever wants the lock first creates `<log>.lock.new`, which only one process can; then looks who holds the
    lock; then renames the new file over it. So a lock is never seen half-written, and of several processes that
    find a dead one's lock only one takes it over.

    Args:
        log: path of the log.
    """

    def __init__(self, log: Path) -> None:
        self.path = log.with_name(log.name + ".lock")
        self._log = log
        self._token = uuid.uuid4().hex
        self._pid = os.getpid()
        self._held = False

    def acquire(self) -> None:
        """Takes the lock; makes the folder of the log if there is none.

        A lock left by a dead process or held on another host is taken over with a warning. A file system that
        refuses the lock file is warned about, too, and the log is written without a lock.

        Raises:
            LockedError: a live process on this host holds it, which may be this one.
        """
        new = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._create(new)
            try:
                left_over = self._judge(_read(self.path))
                new.replace(self.path)
            finally:
                new.unlink(missing_ok=True)
            self._held = self._is_ours()
        except OSError as error:
            _warn(
                f"{self.path}: no lock possible ({error.strerror or error}): make sure that nobody else writes this log"
            )
            return
        if not self._held:
            raise LockedError("another process took the lock at this moment: write to another path", self._log)
        if left_over:
            _warn(left_over)

    def release(self) -> None:
        """Removes the lock file if it is still this lock's own; never in a forked child."""
        if not self._held or os.getpid() != self._pid:
            return
        self._held = False
        try:
            if self._is_ours():
                self.path.unlink(missing_ok=True)
        except OSError as error:
            _warn(f"{self.path}: cannot be removed ({error.strerror or error})")

    def _is_ours(self) -> bool:
        return _read(self.path).get("token") == self._token

    def _create(self, new: Path) -> None:
        """Creates `new`, which is the right to change the lock."""
        holder = {
            "host": socket.gethostname(),
            "pid": self._pid,
            "started": psutil.Process().create_time(),
            "token": self._token,
        }
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fd = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            except FileExistsError:
                if time.monotonic() > deadline:
                    new.unlink(missing_ok=True)  # its process died between two lines
                time.sleep(0.005)
                continue
            try:
                os.write(fd, json.dumps(holder).encode())
            finally:
                os.close(fd)
            return

    def _judge(self, holder: dict[str, Any]) -> str | None:
        """What to warn of when the lock is taken from `holder`.

        Raises:
            LockedError: `holder` is alive.
        """
        if not holder:
            return None
        host, pid, started = holder.get("host"), holder.get("pid"), holder.get("started")
        if not isinstance(pid, int) or not isinstance(started, (int, float)):
            return f"{self.path}: not a lock file of grpolog, replaced"
        if host != socket.gethostname():
            return f"{self.path}: taken over from process {pid} on {host}: make sure that it has ended"
        if not _alive(pid, started):
            return f"{self.path}: taken over from process {pid}, which died without closing the log"
        if pid == os.getpid():
            raise LockedError(
                f"already recorded by this process (pid {pid}): close that recorder or write to another path", self._log
            )
        raise LockedError(
            f"being recorded by process {pid} on this host: stop that process or write to another path", self._log
        )


def holder_alive(log: Path) -> bool | None:
    """Whether the process that holds the lock of a log lives; None where that cannot be told: no lock, another host."""
    try:
        holder = _read(log.with_name(log.name + ".lock"))
    except OSError:
        return None
    pid, started = holder.get("pid"), holder.get("started")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int) or not isinstance(started, (int, float)):
        return None
    return _alive(pid, started)


def _read(path: Path) -> dict[str, Any]:
    """The holder that a lock file names; empty if there is no file, `{"pid": None}` if it is not one of ours."""
    try:
        holder = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        return {"pid": None}
    return holder if isinstance(holder, dict) and holder else {"pid": None}


def _alive(pid: int, started: float) -> bool:
    """Whether the process that started at `started` still runs; its number may have gone to another since."""
    try:
        process = psutil.Process(pid)
        same: bool = abs(process.create_time() - started) <= _CLOCK_STEP
        ended: bool = process.status() == psutil.STATUS_ZOMBIE
        return same and not ended
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True  # it is there, but belongs to somebody else


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)
