"""Logs of several parts, ranks and attempts, as the recorder writes them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import grpolog
from grpolog import jsonl

PROMPTS = ["2 + 2", "2 + 2", "1 + 1", "1 + 1"]


def record(log: Path, *, attempts: int = 2, steps: int = 12, ranks: int = 2, compress: bool = True) -> Path:
    """Record a small run; its parts hold some forty lines each."""
    for attempt in range(attempts):
        for rank in range(ranks):
            options = {"console": 0, "stall_seconds": 0, "max_bytes": 12_000, "compress": compress, "rank": rank}
            first = 1 + attempt * steps // 2
            with grpolog.Recorder(log, resumed_from_step=first - 1, clock=lambda: 1.8e9, **options) as run:
                for step in range(first, first + steps * (1 + 3 * rank)):
                    scores = {"accuracy": [1.0, 0.0, 1.0, step / 40], "format": [1.0, 1.0, 0.5, 0.0]}
                    run.log_batch(step, PROMPTS, [f"{step} {word}" for word in ("four", "five", "two", "2")], scores)
                    run.log_step(step, {"loss": 0.1 * step, "grad_norm": float("nan") if step == 3 else 0.5})
    return log


def copied(log: Path, folder: Path) -> Path:
    """A copy of a log, to be damaged."""
    shutil.copytree(log.parent, folder)
    return folder / log.name


def content(path: Path) -> bytes:
    """The uncompressed bytes of a part."""
    with jsonl.open_part(path) as part:
        return part.read()


def change(path: Path, how: Callable[[bytes], bytes]) -> None:
    """Change a part, which stays compressed if it is."""
    data = how(content(path))
    path.write_bytes(jsonl.parts.zstd.compress(data) if path.suffix == ".zst" else data)
