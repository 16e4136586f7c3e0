"""Ctrl-C at every line of the recorder: what a signal's handler raises can come between any two lines of Python."""

import linecache
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import grpolog
from benchmarks.torture import inspection, workload
from benchmarks.torture.processes import Child, said
from benchmarks.torture.tally import Tally

_RECORD = str(Path(grpolog.__file__).parent / "record")
_FILES = tuple(f"{_RECORD}/{name}.py" for name in ("writer", "event_log", "survey"))


def torture(fault: str, tries: int, seed: int, folder: Path) -> Tally:
    """Interrupt a recording process at `tries` lines, drawn from all those that write a few steps."""
    tally, dice = Tally(fault), random.Random(seed)
    folder.mkdir(parents=True)
    lines = Child(_training(folder / "run.jsonl", None), folder / "stderr.txt")
    lines.end()
    total = lines.steps[-1]
    for line in sorted(dice.sample(range(total), min(tries, total))):
        here = folder / f"line{line:05d}"
        here.mkdir()
        _try(here, line, tally)
    return tally


def _try(here: Path, line: int, tally: Tally) -> None:
    errors = here / "stderr.txt"
    child = Child(_training(here / "run.jsonl", line), errors)
    status = child.end()
    tally.tries += 1
    tally.require(status == 0, f"the process ended with {status} ({errors})")
    found = inspection.judge(here / "run.jsonl", child.steps[:-1], tally)
    ends = [event for event in found.events if event["event"] == "run" and event["phase"] == "end"]
    tally.require(len(ends) == 1 and found.events[-1] is ends[0], f"{len(ends)} ends of an attempt ({here})")
    tally.counted += sum((end.get("lost") or {}).get("event", 0) for end in ends)
    starts = [seqs[0] for seqs in found.seqs().values()]
    tally.require(starts == [0], f"attempts begin with {starts} ({here})")
    tally.lost += found.gaps - tally.counted
    tally.require(not (left := inspection.left_over(here)), f"{left} are left over ({here})")
    tally.warnings += said(errors).count("RuntimeWarning: ")
    tally.resumed += 1


def _holds_or_releases(frame: FrameType) -> bool:
    """Whether this is a `with` of a lock, where the interpreter lets no signal come between: tracing would."""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")


def _training(log: Path, line: int | None) -> Callable[[Callable[[int], None]], None]:
    """Records steps, one of which is interrupted at the given line; says last how many lines there were."""

    def train(acknowledge: Callable[[int], None]) -> None:
        seen = 0

        def interrupt(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal seen
            if frame.f_code.co_filename not in _FILES:
                return None
            if event == "line" and not _holds_or_releases(frame):
                seen += 1
                if seen == line:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return interrupt

        with grpolog.Recorder(log, **workload.OPTIONS | {"max_bytes": 4096}) as recorder:
            workload.record(recorder, 1)
            acknowledge(1)
            sys.settrace(interrupt)
            for step in range(2, 6):
                try:
                    workload.record(recorder, step)
                    acknowledge(step)
                except KeyboardInterrupt:
                    pass
            sys.settrace(None)
            workload.record(recorder, 6)
            acknowledge(6)
        acknowledge(seen)

    return train
