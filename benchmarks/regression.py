"""Whether recording or reading has become twice as slow, held against the plainest way to do the same on this machine.

python benchmarks/regression.py [--write]

Two ratios of processor time, each the best of several rounds: ten recorded events against a write of as many bytes,
and a log of 5,000 steps read against polars' scan of it. Exit 1 where one is more than twice what `ratios.json` says;
`--write` puts down what is measured now.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from reading import events
from recorded_step import Step, numbers, ours, raw

import grpolog
from grpolog import jsonl

KNOWN = Path(__file__).with_name("ratios.json")
ROUNDS, STEPS = 15, 200


def best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the quickest round."""
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def recording(folder: Path) -> float:
    """A recorded step against its bytes."""
    recorder, step = ours(folder, detection=False)
    plain = raw(folder)

    dice = np.random.default_rng(1)
    given = [numbers(dice) for _ in range(STEPS)]

    def many(step: Step) -> Callable[[], None]:
        return lambda: [step(number, each) for number, each in enumerate(given, start=1)] and None

    ratio = best(many(step), ROUNDS) / best(many(plain), ROUNDS)
    recorder.close()
    return ratio


def reading(folder: Path) -> float:
    """A read log against a scan."""
    log = folder / "read.jsonl"
    with log.open("wb") as file:
        for seq, event in enumerate(events(5_000)):
            event.seq = seq
            file.write(jsonl.encode(event))
    names = ("mean", "std", "min", "max", "group_std", "equal_share", "loss", "kl", "entropy", "format_rate")
    schema = {"event": pl.String(), "step": pl.Int64(), "seq": pl.Int64(), "name": pl.String()}
    scan = pl.scan_ndjson(log, schema=schema | dict.fromkeys(names, pl.Float64()))
    return best(lambda: grpolog.read(log), 5) / best(scan.collect, 5)


def main() -> int:
    """Print both; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"recording": recording(Path(folder)), "reading": reading(Path(folder))}
    if "--write" in sys.argv:
        KNOWN.write_text(json.dumps({name: round(ratio, 1) for name, ratio in found.items()}, indent=2) + "\n")
    known = json.loads(KNOWN.read_text())
    for name, ratio in found.items():
        print(f"{name}: {ratio:.1f} times the plainest way, {known[name]} is known")
    return int(any(ratio > 2 * known[name] for name, ratio in found.items()))


if __name__ == "__main__":
    sys.exit(main())
