"""Processes that are killed at random moments while they record."""

import random
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import grpolog
from benchmarks.torture import inspection, workload
from benchmarks.torture.processes import Child, said
from benchmarks.torture.tally import Tally

_LIVES = 10
"""Kills that one log survives before it is looked into."""

_STEPS = 1000
"""Numbers of steps that each life has to itself."""


def torture(
    fault: str, kills: int, seed: int, folder: Path, *, number: int, ranks: int = 1, handled: bool = False
) -> Tally:
    """Kill the recording processes of a run `kills` times.

    Args:
        fault: the name of the row.
        kills: how often.
        seed: what chooses the moments.
        folder: where the logs go.
        number: the signal.
        ranks: processes of the run; all of them are killed, in random order.
        handled: whether the signal raises an exception in the process, so that it can end in order.
    """
    tally, dice = Tally(fault), random.Random(seed)
    while tally.tries < kills:
        here = folder / f"log{tally.tries:04d}"
        here.mkdir(parents=True)
        _lives(here, min(_LIVES, kills - tally.tries), dice, tally, number, ranks, handled)
    return tally


def _lives(here: Path, lives: int, dice: random.Random, tally: Tally, number: int, ranks: int, handled: bool) -> None:
    log, errors = here / "run.jsonl", here / "stderr.txt"
    acknowledged: dict[int, list[int]] = {rank: [] for rank in range(ranks)}
    for life in range(lives):
        begin = life * _STEPS
        run = [Child(_training(log, rank, begin, number if handled else None), errors) for rank in range(ranks)]
        # a third of them die while they open the log, the others between two steps or within one
        steps = 0 if dice.random() < 0.3 else dice.randint(1, 16)
        run[0].wait_for_steps(steps)
        time.sleep(dice.uniform(0, 0.002 if steps else 0.015 * ranks))
        tally.tries += 1
        for rank, child in dice.sample(list(enumerate(run)), ranks):
            status = child.end(number)
            expected = (0, 128 + number, -number) if handled else (-number,)
            tally.require(status in expected, f"a process ended with {status} ({errors})")
            acknowledged[rank] += child.steps
        if not handled:
            for rank in range(ranks):
                tally.torn += inspection.read(log, rank).torn
    for rank in range(ranks):
        _close(log, rank, lives * _STEPS, errors, tally)
        acknowledged[rank].append(lives * _STEPS + 1)
        found = inspection.judge(log, acknowledged[rank], tally, rank)
        tally.require(found.gaps == 0, f"{found.gaps} numbers of events are missing ({here}, rank {rank})")
        tally.require(not found.torn, f"the log ends within a line ({here}, rank {rank})")
        attempts = sorted(found.seqs())
        tally.require(attempts == list(range(len(attempts))), f"attempts are {attempts} ({here}, rank {rank})")
        tally.resumed += lives if rank == 0 else 0
    tally.require(not (left := inspection.left_over(here)), f"{left} are left over ({here})")
    tally.require("Traceback" not in said(errors), f"an exception was seen ({errors})")
    tally.warnings += said(errors).count("RuntimeWarning: ")


def _training(log: Path, rank: int, begin: int, number: int | None) -> Callable[[Callable[[int], None]], None]:
    def train(acknowledge: Callable[[int], None]) -> None:
        if number is not None:
            signal.signal(number, lambda *_: sys.exit(128 + number))
        recorder = grpolog.Recorder(log, rank=rank, **workload.OPTIONS | ({"max_bytes": 4096} if rank else {}))
        for step in count(begin + 1):
            workload.record(recorder, step)
            acknowledge(step)
            time.sleep(0.02 if rank else 0)  # other ranks write little, and need no processor for it

    return train


def _close(log: Path, rank: int, begin: int, errors: Path, tally: Tally) -> None:
    def train(_: object) -> None:
        with grpolog.Recorder(log, rank=rank, **workload.OPTIONS) as recorder:
            workload.record(recorder, begin + 1)

    tally.require(Child(train, errors).end() == 0, f"the log cannot be written on ({errors})")
