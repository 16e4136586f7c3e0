"""Death before each call to the file system that recording, rotating and compressing make, one after the other."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import grpolog
from benchmarks.torture import inspection, workload
from benchmarks.torture.processes import Child, said
from benchmarks.torture.tally import Tally

_CALLS = frozenset({"open", "os.rename", "os.remove", "os.truncate"})
_OPTIONS = workload.OPTIONS | {"max_bytes": 8192}


def torture(fault: str, folder: Path, every: int = 1) -> Tally:
    """Let a process die before its first call, another before its second, and so on, until one comes to its end."""
    tally = Tally(fault)
    for call in count(1, every):
        here = folder / f"call{call:04d}"
        here.mkdir(parents=True)
        log, errors = here / "run.jsonl", here / "stderr.txt"
        child = Child(_training(log, call), errors)
        if child.end() == 0:
            return tally
        tally.tries += 1
        left = inspection.read(log)
        tally.torn += left.torn
        tally.require(Child(_training(log, None), errors).end() == 0, f"the log cannot be written on ({errors})")
        found = inspection.judge(log, child.steps, tally)
        tally.require(found.events[: len(left.events)] == left.events, f"events were changed ({here})")
        tally.require(found.gaps == 0, f"{found.gaps} numbers of events are missing ({here})")
        tally.require(not (over := inspection.left_over(here)), f"{over} are left over ({here})")
        tally.resumed += len(inspection.events_of(found, "end")) >= 1
        tally.warnings += said(errors).count("RuntimeWarning: ")
    return tally


def _training(log: Path, last: int | None) -> Callable[[Callable[[int], None]], None]:
    """Records a few steps and closes the log; dies before the call of that number."""

    def train(acknowledge: Callable[[int], None]) -> None:
        calls = count(1)
        first = 1 if last is not None else 101

        def on_call(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _CALLS and str(arguments[0]).startswith(str(log.parent)) and next(calls) == last:
                os.kill(os.getpid(), signal.SIGKILL)

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def count_and_call(*arguments: Any) -> Any:
                on_call("open", (log,))
                return call(*arguments)

            return count_and_call

        if last is not None:
            sys.addaudithook(on_call)
            write, os.write, os.fsync = os.write, counted(os.write), counted(os.fsync)
        with grpolog.Recorder(log, **_OPTIONS) as recorder:
            for step in range(first, first + 4):
                workload.record(recorder, step)
                acknowledge(step)
        if last is not None:
            os.write = write

    return train
