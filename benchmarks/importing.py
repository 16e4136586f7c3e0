"""What foreign logs cost: each format read as a run, beside Python's fastest parser of it, which only parses.

The sizes are those of a terminal of 100 MB; the dumps are a thousand.

python benchmarks/importing.py [MEGABYTES] [FORMAT ...]
"""

import ast
import csv
import multiprocessing
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

import grpolog
from grpolog.sources.tensorboard import crc32c

METRICS = (
    *("loss", "reward", "reward_std", "completions/mean_length", "completions/min_length", "completions/max_length"),
    *("completions/clipped_ratio", "kl", "rewards/accuracy/mean", "rewards/accuracy/std", "rewards/format/mean"),
    *("grad_norm", "learning_rate", "entropy", "clip_ratio/region_mean", "step_time"),
)


def rows() -> Iterator[tuple[int, list[float]]]:
    """Steps and values of METRICS without an end, seeded."""
    dice = np.random.default_rng(1)
    step = 0
    while True:
        for values in np.round(dice.random((1000, len(METRICS))), 6).tolist():
            step += 1
            yield step, values


def write(path: Path, size: int, head: str, line: Callable[[int, list[float]], str]) -> Path:
    """A file of lines until it has the size."""
    with path.open("wb") as file:
        written = file.write(head.encode())
        for step, values in rows():
            written += file.write(line(step, values).encode())
            if written >= size:
                return path
    return path


def stdout_log(folder: Path, size: int) -> Path:
    """A terminal: a progress bar, taken away before each dict, which is printed as transformers 5 does."""
    steps = size // 620

    def line(step: int, values: list[float]) -> str:
        row = {**dict(zip(METRICS, map(str, values), strict=True)), "epoch": f"{step / steps:.6g}"}
        bar = f"{step / steps:4.0%}|###       | {step}/{steps} [{step // 60}:{step % 60:02}<1:00:00, 1.00s/it]"
        return f"\r{bar}\r{' ' * 60}\r{row}\n\r{bar}"

    return write(folder / "train.log", size, "***** Running training *****\n", line)


def csv_table(folder: Path, size: int) -> Path:
    """A table by step."""
    head = ",".join(("step", *METRICS)) + "\n"
    return write(folder / "history.csv", size, head, lambda step, values: f"{step},{','.join(map(str, values))}\n")


def wandb_csv(folder: Path, size: int) -> Path:
    """An export of W&B's history."""
    head = ",".join(("_step", "_timestamp", "train/global_step", *(f"train/{name}" for name in METRICS))) + "\n"

    def line(step: int, values: list[float]) -> str:
        return f"{step - 1},{1.7e9 + step},{step},{','.join(map(str, values))}\n"

    return write(folder / "wandb.csv", size, head, line)


def json_lines(folder: Path, size: int) -> Path:
    """An object of metrics a line."""

    def line(step: int, values: list[float]) -> str:
        row = {"step": step, "timestamp": 1.7e9 + step, **dict(zip(METRICS, values, strict=True))}
        return orjson.dumps(row).decode() + "\n"

    return write(folder / "metrics.jsonl", size, "", line)


def event_file(folder: Path, size: int) -> Path:
    """An event file of TensorBoard."""
    tags = [f"train/{name}".encode() for name in METRICS]
    path = folder / "events.out.tfevents.1700000000.host.1.0"
    opening = struct.pack("<Bd", 0x09, 1.7e9) + b"\x1a\x0dbrain.Event:2"
    parts: list[bytes] = []
    written = 0
    for step, values in rows():
        begin = struct.pack("<Bd", 9, 1.7e9 + step) + b"\x10" + varint(step) + b"\x2a"
        for tag, value in zip(tags, values, strict=True):
            inner = b"\x0a" + bytes([len(tag)]) + tag + struct.pack("<Bf", 0x15, value)
            parts.append(begin + bytes([len(inner) + 2]) + b"\x0a" + bytes([len(inner)]) + inner)
            written += len(parts[-1]) + 16
        if written >= size:
            break
    path.write_bytes(b"".join(framed([opening, *parts])))
    return path


def varint(value: int) -> bytes:
    """A number as protobuf has it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def framed(records: list[bytes]) -> list[bytes]:
    """Records with their lengths and checksums; those of one length are summed together."""
    found = [b""] * len(records)
    lengths = np.array(list(map(len, records)))
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length).tolist()
        data = np.frombuffer(b"".join(records[place] for place in places), np.uint8).reshape(-1, length)
        header = struct.pack("<Q", length)
        head = header + struct.pack("<I", crc32c.masked(header))
        for place, total in zip(places, crc32c.masked_of_rows(data).tolist(), strict=True):
            found[place] = head + records[place] + struct.pack("<I", total)
    return found


def completions(folder: Path, size: int) -> Path:
    """TRL's dumps: 64 completions of eight prompts a file, of words that repeat as those of a language do."""
    dice = np.random.default_rng(1)
    words = np.array([f"w{i}" for i in range(3000)])
    asked = " ".join(words[:40])
    target = folder / "run" / "completions"
    target.mkdir(parents=True)
    for step in range(1, max(2, size // 50_000) + 1):
        text = [" ".join(chosen) for chosen in words[np.minimum(dice.zipf(1.3, (64, 200)), len(words)) - 1]]
        accuracy = dice.integers(0, 2, 64).astype(float)
        rewards = np.column_stack([accuracy, dice.random(64)])
        totals = rewards.sum(axis=1).reshape(8, 8)
        advantage = (totals - totals.mean(1, keepdims=True)) / (totals.std(1, ddof=1, keepdims=True) + 1e-4)
        pl.DataFrame(
            {
                "step": [step] * 64,
                "prompt": [f"Question {step} of {place // 8}: {asked}" for place in range(64)],
                "completion": [f"<think>{words}</think> <answer>{words[-40:]}</answer>" for words in text],
                "accuracy": rewards[:, 0],
                "format": rewards[:, 1],
                "advantage": advantage.ravel(),
            }
        ).write_parquet(target / f"completions_{step:05}.parquet")
    return target.parent


def by_literal_eval(path: Path) -> None:
    """The dicts alone, without the bars around them."""
    for line in path.read_text().splitlines():
        if line.startswith("{"):
            ast.literal_eval(line)


def by_dict_reader(path: Path) -> None:
    """Rows of numbers."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            _ = {name: float(cell) for name, cell in row.items()}


def by_orjson(path: Path) -> None:
    """An object a line."""
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)


def by_protobuf(path: Path) -> None:
    """Records sliced by their lengths, without their checksums, and parsed by protobuf."""
    from tensorboard.compat.proto.event_pb2 import Event

    data, place = path.read_bytes(), 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        for value in Event.FromString(data[place + 12 : place + 12 + length]).summary.value:
            _ = value.tag, value.simple_value
        place += 16 + length


def by_polars(path: Path) -> None:
    """One table a file."""
    for file in path.rglob("*.parquet"):
        pl.read_parquet(file)


FORMATS: dict[str, tuple[Callable[[Path, int], Path], float, Callable[[Path], None]]] = {
    "stdout": (stdout_log, 1, by_literal_eval),
    "csv": (csv_table, 0.5, by_dict_reader),
    "wandb_csv": (wandb_csv, 0.5, by_dict_reader),
    "jsonl": (json_lines, 0.5, by_orjson),
    "tensorboard": (event_file, 0.5, by_protobuf),
    "completions": (completions, 0.5, by_polars),
}
"""What writes the file, its size as a share of the whole, and the parser that ours is compared with."""


def ours(path: Path) -> None:
    """The log as a run."""
    assert grpolog.read(path).counts


def measured(job: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Seconds of processor time, which hardly depend on what else runs, and gigabytes that were needed at most."""
    begun = time.process_time()
    job(path)
    seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, peak / 1e6 if sys.platform != "darwin" else peak / 1e9


def alone(job: Callable[..., Any], *arguments: Any) -> Any:
    """What a call returns in a process of its own, whose memory is not that of the calls before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job, *arguments).result()


def main(megabytes: int, names: list[str]) -> None:
    """Make the logs and read them, each in a process of its own."""
    print(f"{'format':<12} {'MB':>6}  {'parser':>16}  {'ours':>16}  share of the parser's speed")
    for name in names or FORMATS:
        make, share, parser = FORMATS[name]
        with tempfile.TemporaryDirectory() as folder:
            path = alone(make, Path(folder), int(megabytes * share * 1e6))
            size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*.*"))) / 1e6
            found = [alone(measured, job, path) for job in (parser, ours)]
        texts = [f"{seconds:6.2f} s {peak:5.2f} GB" for seconds, peak in found]
        print(f"{name:<12} {size:6.1f}  {texts[0]:>16}  {texts[1]:>16}  {found[0][0] / found[1][0]:.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, sys.argv[2:])
