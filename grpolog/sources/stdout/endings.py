"""How a run ended, by what its text says behind the last row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from grpolog.sources.stdout.bars import bars

_LONGEST: Final = 300
"""Characters of the line that says what happened."""

_HEADER = b"Traceback (most recent call last)"
_PREFIX = re.compile(rb"(?:\[?(?:rank ?)?\d+\]?:|\(\w[^)\r\n]{0,80}\)|\[[^\]\r\n]{0,80}\])[ \t]*")
"""What launchers and Ray put before each line of a process: `[rank0]: `, `(TaskRunner pid=12) `."""

_LOGGED = re.compile(rb"\b(?:ERROR|WARNING|CRITICAL|INFO|DEBUG)\b")
"""What a logger puts before a traceback that was caught: training went on."""

_FRAME = re.compile(rb"""File "(?!/tmp/)[^"\r\n]*\.py", line|-> *\d+ """)
_NO_ERROR = (b" ", b"\t", b"File ", b"---", b"Cell ", b"<ipython", b"~", b"^", b"/", b"|")
_WRAPPER = re.compile(rb"ChildFailedError|CalledProcessError|SystemExit|ProcessExitedException|ProcessRaisedException")
"""Errors that only say that another process failed."""

_MEMORY = re.compile(
    rb"OutOfMemoryError\b|(?:CUDA|HIP) out of memory|CUDA [Ee]rror: out of memory|CUBLAS_STATUS_ALLOC_FAILED"
)
_KILLED = re.compile(
    rb"(?m)^(?:Killed|Segmentation fault|Bus error|Terminated|Aborted)(?: \(core dumped\))?[ \t]*\r?$"
    rb"|: line \d+:? +\d+ (?:Killed|Segmentation fault|Bus error|Terminated|Aborted)\b"
    rb"|Segmentation fault|Fatal Python error: |[Oo]om[-_ ]kill|Out of memory: Killed process"
    rb"|Watchdog caught collective operation timeout|NCCL (?:error|operations have failed|timeout)|NCCL_TIMEOUT"
    rb"|[Ee]xit ?code *: *-\d|Signal \d+ \(SIG[A-Z]+\)|\bSIG(?:TERM|KILL|SEGV|ABRT|BUS|INT|HUP|XCPU)\b"
    rb"|DUE TO (?:TIME LIMIT|PREEMPTION|NODE FAIL)|\*\*\* JOB \d+ ON "
    rb"|[Aa]ctor died unexpectedly|worker (?:died|was killed)"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """What ended a run before its time."""

    status: Literal["failed", "stopped"]

    error: str
    """One line."""

    is_signal: bool = False
    """Whether it came from outside; processes that are tidied up behind a finished training show such, too."""


def ending(text: bytes, total: int | None, n: int) -> Ending | None:
    """What ended a run; None where the text does not say.

    Args:
        text: what stands behind the last row.
        total: the total of the training bar; None when unknown.
        n: what that bar showed before the text. An error after which it moves on was no end.
    """
    moves = [bar.start for bar in bars(text) if bar.total == total and bar.n > n] if total else []
    text = text[moves[-1] :] if moves else text
    memory = _MEMORY.search(text)
    if memory is not None:
        return Ending("failed", _plain(_line_around(text, memory.start())))
    errors = list(_errors(text))
    own = [error for error in errors if not _WRAPPER.search(error)]
    if own:
        return Ending("stopped" if own[-1].startswith(b"KeyboardInterrupt") else "failed", _plain(own[-1]))
    killed = _KILLED.search(text)
    if killed is not None:
        return Ending("failed", _plain(_line_around(text, killed.start())), is_signal=True)
    return Ending("failed", _plain(errors[-1])) if errors else None


def _errors(text: bytes) -> Iterator[bytes]:
    """The last lines of the tracebacks in a text, in order; those of code that the model wrote are left out."""
    place = text.find(_HEADER)
    while place >= 0:
        following = text.find(_HEADER, place + 1)
        line = _line_around(text, place)
        prefix = _PREFIX.match(line)
        logged = _LOGGED.search(line, prefix.end() if prefix else 0, line.find(_HEADER))
        body = text[place : following if following >= 0 else len(text)]
        last = _last_line(body.split(b"\n", 500)[1:501], prefix[0] if prefix else b"")
        if (
            last
            and not logged
            and _FRAME.search(body)
            and b"Exception ignored in" not in text[max(0, place - 300) : place]
        ):
            yield last
        place = following


def _last_line(lines: list[bytes], prefix: bytes) -> bytes:
    """The line that ends a traceback: the first of the same process that is neither indented nor part of a frame."""
    for line in lines:
        if not line.startswith(prefix):
            continue
        own = line[len(prefix) :].rstrip(b"\r").rpartition(b"\r")[2]
        if own and not own.startswith(_NO_ERROR):
            return own
    return b""


def _line_around(text: bytes, place: int) -> bytes:
    start = max(text.rfind(b"\n", 0, place), text.rfind(b"\r", 0, place)) + 1
    stop = text.find(b"\n", place)
    return text[start : stop if stop >= 0 else len(text)].split(b"\r")[0]


def _plain(line: bytes) -> str:
    """One line for people, without the mark of a process before it."""
    line = line.strip()
    prefix = _PREFIX.match(line)
    text = " ".join(line[prefix.end() if prefix else 0 :].decode("utf-8", "replace").split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
