"""Training processes that are forked off a warm one: a new Python would need half a second for its imports."""

import atexit
import faulthandler
import functools
import gc
import os
import signal
import struct
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import grpolog
from benchmarks.torture import workload
from grpolog.record import environment, session

_PATIENCE = 90.0
"""Seconds after which a process hangs: it says where, and ends with status 1."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Child:
    """A forked process that says over a pipe which steps it has recorded.

    Args:
        work: is given a function that acknowledges a step; what it raises ends the process with status 1.
        errors: file that its stderr is appended to.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], object], errors: Path) -> None:
        self._errors = errors
        self._pipe, far = os.pipe()
        self.steps: list[int] = []
        """The steps acknowledged so far."""
        self._rest = b""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # not in the middle of `fork`, which is not ours
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _run(work, far, errors)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(far)

    def wait_for_steps(self, count: int) -> None:
        """Wait until `count` steps are acknowledged, or the process has ended."""
        while len(self.steps) < count and self._read():
            pass

    def end(self, number: int | None = None) -> int:
        """Send a signal, if one is given, and wait for the end.

        Returns:
            The exit status; that of a signal is negative.
        """
        if number is not None:
            os.kill(self.pid, number)
        while self._read():
            pass
        os.close(self._pipe)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        data = os.read(self._pipe, 65536)
        self._rest += data
        whole = len(self._rest) // 8 * 8
        self.steps += [step for (step,) in struct.iter_unpack("<q", self._rest[:whole])]
        self._rest = self._rest[whole:]
        return bool(data)


@functools.cache
def warm_up() -> None:
    """Record a little, and find out once what each attempt says of its machine."""
    versions, commit = environment.versions(), environment.git_commit()
    session.versions, session.git_commit = lambda: versions, lambda: commit
    with (
        tempfile.TemporaryDirectory() as folder,
        grpolog.Recorder(f"{folder}/run.jsonl", **workload.OPTIONS) as recorder,
    ):
        for step in range(1, 10):
            workload.record(recorder, step)
    gc.freeze()  # what is not looked at is not copied into each child


def said(errors: Path) -> str:
    """What the children wrote to stderr."""
    return errors.read_text() if errors.exists() else ""


def _run(work: Callable[[Callable[[int], None]], object], pipe: int, errors: Path) -> None:
    status = 1
    try:
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), 2)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        faulthandler.dump_traceback_later(_PATIENCE, exit=True)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        warnings.resetwarnings()
        work(lambda step: os.write(pipe, struct.pack("<q", step)))
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()  # as an interpreter does that ends by itself
        os._exit(status)
