"""One-line builders of events and logs."""

import gzip
from pathlib import Path
from typing import Any

from backports import zstd

from grpolog import jsonl
from grpolog.analysis import Run, read
from grpolog.events import EVENTS

REQUIRED: dict[str, dict[str, Any]] = {
    "run": {
        "phase": "start", "status": "running", "run_id": "ab" * 8, "name": "exp1", "grpolog_version": "0.1.0",
        "resumed_from_step": 0,
    },
    "step": {},
    "reward": {"name": "total", "n": 8},
    "group": {"group": 0, "prompt_id": "cd" * 8, "n": 4},
    "quality": {"n": 8},
    "perf": {},
    "example": {"group": 0, "index": 0, "prompt_id": "cd" * 8, "kept": "best"},
    "alert": {"rule": "trend", "metric": "reward", "severity": "info", "incident": "i", "message": "m"},
}  # fmt: skip


def line(event: str, step: int = 1, seq: int = 0, **fields: Any) -> bytes:
    """A line as the recorder writes it."""
    fields = {"time": 1000.0 + step} | REQUIRED[event] | fields
    return jsonl.encode(EVENTS[event](step=step, seq=seq, **fields))


def numbered(*lines: bytes, first: int = 0) -> list[bytes]:
    """The lines with sequence numbers from `first`."""
    return [text.replace(b'"seq":0', b'"seq":%d' % seq, 1) for seq, text in enumerate(lines, start=first)]


def write(path: Path, *lines: bytes) -> Path:
    """A part of the given bytes, compressed if its name says so."""
    data = b"".join(lines)
    if path.suffix == ".zst":
        data = zstd.compress(data)
    elif path.suffix == ".gz":
        data = gzip.compress(data)
    path.write_bytes(data)
    return path


def steps(*numbers: int, first: int = 0, **fields: Any) -> list[bytes]:
    """Step events with consecutive sequence numbers from `first` and the step as loss."""
    return [line("step", n, seq, loss=float(n), **fields) for seq, n in enumerate(numbers, start=first)]


def run_of(folder: Path, *lines: bytes, now: float = 1100.0) -> Run:
    """The run that a log of these lines reads as."""
    return read(write(folder / "exp1.jsonl", *lines), now=now)


def losses(run: Run) -> list[str]:
    """The losses of a run's audit, files without their folder."""
    return [f"{loss.path.name}{f':{loss.line}' if loss.line else ''}: {loss.what}" for loss in run.audit.losses]
