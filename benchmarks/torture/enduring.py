"""Recording through faults that begin and end while training goes on."""

import os
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpolog
from benchmarks.torture import bugs, inspection, surroundings, workload
from benchmarks.torture.processes import Child, said
from benchmarks.torture.surroundings import Fault, Scene
from benchmarks.torture.tally import Tally


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault and what is promised of it."""

    fault: Fault
    harmless: bool = False
    """Whether nothing is lost and nobody warned."""

    unprivileged: bool = False
    on_small_disk: bool = False


TRIALS = {
    "disk full": Trial(surroundings.disk_full, on_small_disk=True),
    "limit of the file size": Trial(surroundings.size_limit),
    "too many open files": Trial(surroundings.too_many_files),
    "folder removed": Trial(surroundings.folder_removed),
    "log emptied by somebody": Trial(surroundings.log_emptied),
    "folder made read-only": Trial(surroundings.read_only, unprivileged=True),
    "permissions lost": Trial(surroundings.no_permission, unprivileged=True),
    "log removed, folder read-only": Trial(surroundings.removed_and_no_permission, unprivileged=True),
    "descriptor closed by somebody": Trial(surroundings.descriptor_closed, harmless=True),
    "clock set back": Trial(surroundings.clock_backwards, harmless=True),
    "fork after opening": Trial(surroundings.forked, harmless=True),
    "threads": Trial(surroundings.threads, harmless=True),
}


def bugs_of_ours(name: str, tries: int, seed: int, folder: Path) -> Tally:
    """Try an exception in each function, `tries` times each, as one row."""
    tally = Tally(name)
    for function, fault in bugs.faults().items():
        tally.add(torture(f"{name}, {function}", Trial(fault), tries, seed, folder / function))
    return tally


def torture(name: str, trial: Trial, tries: int, seed: int, folder: Path) -> Tally:
    """Try a fault `tries` times, each time at other steps."""
    tally, dice = Tally(name), random.Random(seed)
    disk = surroundings.small_disk(folder / "disk") if trial.on_small_disk else None
    try:
        for number in range(tries):
            here = (disk or folder) / f"try{number:03d}" / "runs"
            here.mkdir(parents=True)
            _try(here, folder / f"stderr{number:03d}.txt", trial, disk, dice, tally)
    finally:
        if disk is not None:
            subprocess.run(["umount", disk], check=True)
    return tally


def _try(here: Path, errors: Path, trial: Trial, disk: Path | None, dice: random.Random, tally: Tally) -> None:
    log = here / "run.jsonl"
    begin = dice.randint(1, 6)
    end = begin + dice.randint(1, 8)
    last = end + dice.randint(4, 6)
    child = Child(_training(log, trial, disk, begin, end, last), errors)
    tally.tries += 1
    status = child.end()
    tally.require(status == 0, f"training ended with {status} ({errors})")
    found = inspection.read(log)
    known, _ = inspection.missing(found, child.steps, 0)
    events = inspection.events_of(found, phase="end")
    losses = (events[0].get("lost") or {}) if events else {}
    counted = losses.get("event", 0)
    tally.acknowledged += known
    tally.counted += sum(losses.values())
    tally.lost += abs(found.gaps - counted)
    tally.invalid += found.invalid
    after = [step for step in child.steps if step > end]
    _, missing = inspection.missing(found, after, 0)
    tally.resumed += len(events) == 1 and missing == 0
    warned = said(errors).count("RuntimeWarning: ")
    tally.warnings += warned
    # a compression that fails loses nothing, and may be told of after the log has ended
    tally.require(bool(losses) <= warned <= 1, f"{warned} warnings for the losses {losses} ({errors})")
    if trial.harmless:
        _, missing = inspection.missing(found, child.steps, 0)
        tally.lost += missing + sum(losses.values())
    tally.require(not found.disorder, f"{found.disorder} events are out of order ({here})")
    tally.require("Traceback" not in said(errors), f"an exception was seen ({errors})")


def _training(
    log: Path, trial: Trial, disk: Path | None, begin: int, end: int, last: int
) -> Callable[[Callable[[int], None]], None]:
    def train(acknowledge: Callable[[int], None]) -> None:
        if trial.unprivileged and os.getuid() == 0:
            os.chown(log.parent, surroundings.NOBODY, surroundings.NOBODY)
            os.setuid(surroundings.NOBODY)
        clock = [1.8e9]
        recorder = grpolog.Recorder(log, clock=lambda: clock[0], **workload.OPTIONS | {"max_bytes": 8192})
        scene = Scene(recorder, log, disk, clock)

        def steps(first: int, until: int) -> None:
            for scene.step in range(first, until + 1):
                clock[0] += 1
                workload.record(recorder, scene.step)
                acknowledge(scene.step)

        steps(1, begin)
        with trial.fault(scene):
            steps(begin + 1, end)
        steps(end + 1, last)
        recorder.close()
        if scene.complaints:
            raise SystemExit("; ".join(scene.complaints))

    return train
