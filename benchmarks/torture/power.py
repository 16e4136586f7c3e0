"""Power cuts: every state of the folder that a log can be left in, built by hand, opened again and written on."""

import random
import shutil
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import grpolog
from benchmarks.torture import inspection, workload
from benchmarks.torture.tally import Tally
from grpolog.events import RunEvent, StepEvent
from grpolog.record.event_log import EventLog

_RUN = RunEvent(step=0, phase="start", status="running", run_id="", name="run", grpolog_version=grpolog.__version__)


def cuts(fault: str, folder: Path, every: int = 1) -> Tally:
    """Cut the live part of a log at every `every`-th byte, or leave zeros from there on, as file systems do."""
    tally = Tally(fault)
    model = _model(folder / "model", steps=1, compress=True)
    live = model.read_bytes()
    for offset in range(0, len(live) + 1, every):
        whole = live[:offset].rpartition(b"\n")
        for rest in (b"", bytes(len(live) - offset)) if offset % 97 == 0 else (b"",):
            model.write_bytes(live[:offset] + rest)
            _reopen(model, tally, torn=bool(whole[2] + rest), kept=whole[0].count(b"\n") + len(whole[1]))
    return tally


def states(fault: str, seed: int, folder: Path, every: int = 1) -> Tally:
    """Leave the log in each state, or in every `every`-th, between the steps of a rotation and a compression."""
    tally, dice = Tally(fault), random.Random(seed)
    for name, log in islice(_states(folder, dice), 0, None, every):
        before = inspection.read(log)
        tally.torn += before.torn
        _write_on(log, tally, f"{name} in {log.parent}")
        after = inspection.read(log)
        tally.tries += 1
        tally.acknowledged += len(before.events)
        tally.lost += len(before.events) - sum(a == b for a, b in zip(before.events, after.events, strict=False))
        tally.invalid += after.invalid - before.invalid
        tally.require(not after.disorder, f"{after.disorder} events out of order ({log.parent})")
        tally.require(not (left := inspection.left_over(log.parent)), f"{left} are left over ({log.parent})")
        tally.resumed += 1
    return tally


def _states(folder: Path, dice: random.Random) -> Iterator[tuple[str, Path]]:
    """Folders with a log of two closed parts in all states; the newest closed part is `run.0002.jsonl`."""
    model = _model(folder / "model", steps=6, compress=False)
    second = model.with_name("run.0002.jsonl")
    for part in model.parent.glob("run.0*.jsonl"):
        if int(part.name.split(".")[1]) > 2:
            part.unlink()
    plain = second.read_bytes()
    packed = inspection.zstd.compress(plain)
    opening = model.read_bytes().partition(b"\n")[0] + b"\n"
    whole = {"run.0002.jsonl": plain}
    lives = {
        "renamed, no live part yet": None,
        "an empty live part": b"",
        "a torn opening": opening[: dice.randrange(1, len(opening))],
        "a live part": model.read_bytes(),
    }
    seconds = {
        "a plain part": whole,
        "a plain part that did not reach the disk": {"run.0002.jsonl": plain[: dice.randrange(len(plain))]},
        "an empty part": {"run.0002.jsonl": b""},
        "zeros for a part": {"run.0002.jsonl": bytes(len(plain))},
        "a temporary file, whole": {**whole, "run.0002.jsonl.zst.tmp": packed},
        "both parts": {**whole, "run.0002.jsonl.zst": packed},
        "a compressed part": {"run.0002.jsonl.zst": packed},
        **{
            f"a temporary file of {size} bytes": {**whole, "run.0002.jsonl.zst.tmp": packed[:size]}
            for size in range(0, len(packed), max(1, len(packed) // 20))
        },
    }
    for i, (second_name, files) in enumerate(seconds.items()):
        for j, (live_name, live) in enumerate(lives.items()):
            here = folder / f"state{i:02d}{j}"
            shutil.copytree(model.parent, here)
            for name in ("run.jsonl", "run.0002.jsonl"):
                (here / name).unlink()
            for name, data in (files if live is None else {**files, "run.jsonl": live}).items():
                (here / name).write_bytes(data)
            yield f"{second_name}, {live_name}", here / "run.jsonl"


def _model(folder: Path, steps: int, compress: bool) -> Path:
    """A log that was closed well."""
    folder.mkdir(parents=True)
    options = workload.OPTIONS | {"max_bytes": 8192, "compress": compress}
    with grpolog.Recorder(folder / "run.jsonl", **options) as recorder:
        for step in range(1, steps + 1):
            workload.record(recorder, step)
    return folder / "run.jsonl"


def _reopen(log: Path, tally: Tally, torn: bool, kept: int) -> None:
    """Open the log whose live part was cut; `kept` whole lines are in it."""
    before = log.read_bytes()
    _append(log, tally, f"{len(before)} bytes")
    tally.tries += 1
    tally.torn += torn
    lines = log.read_bytes().split(b"\n")
    tally.acknowledged += kept
    tally.lost += sum(a != b for a, b in zip(before.split(b"\n")[:kept], lines, strict=False))
    events = [inspection.event_of(line) for line in lines[:-1]]
    tally.invalid += events.count(None) + bool(lines[-1])
    opened = next((e for e in events[kept:] if e is not None and e.get("phase") == "start"), None)
    tally.require(opened is not None and ("recovered_tail" in opened) == torn, f"cut to {len(before)}: {opened}")
    tally.resumed += opened is not None


def _append(log: Path, tally: Tally, what: str) -> None:
    """One attempt with one event, without what a recorder does beside writing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        attempt = EventLog(log, rank=0, max_bytes=2**20, compress=True)
        attempt.start(_RUN)
        attempt.write([StepEvent(step=1001)])
        attempt.end("finished", 1001)
    tally.warnings += len(caught)
    tally.require(not caught, f"{what}: {[str(warning.message) for warning in caught]}")


def _write_on(log: Path, tally: Tally, what: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with grpolog.Recorder(log, **workload.OPTIONS | {"stall_seconds": 0}) as recorder:
            recorder.log_step(1001, {"loss": workload.loss(1001)})
    tally.warnings += len(caught)
    tally.require(not caught, f"{what}: {[str(warning.message) for warning in caught]}")
    tail = [inspection.event_of(line) for line in log.read_bytes().splitlines()[-9:]]
    tally.require(any(e and e["event"] == "step" and e["step"] == 1001 for e in tail), f"{what}: not written on")
