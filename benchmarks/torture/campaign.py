"""All faults, one after the other."""

import signal
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.torture import dying, enduring, interrupting, killing, power, training
from benchmarks.torture.tally import Tally

Fault = Callable[[Path], Tally]
_Row = Callable[[str, Path], Tally]


def faults(seed: int, scale: float = 1.0) -> Iterator[tuple[str, Fault]]:
    """The rows of the table, each with the function that makes it in a folder of its own.

    Args:
        seed: chooses all moments.
        scale: share of the tries of a full campaign.
    """
    every = max(1, round(1 / scale))

    def tries(full: int) -> int:
        return max(1, round(full * scale))

    def killed(full: int, number: int, ranks: int = 1, handled: bool = False) -> _Row:
        return lambda name, folder: killing.torture(
            name, tries(full), seed, folder, number=number, ranks=ranks, handled=handled
        )

    def endured(trial: enduring.Trial) -> _Row:
        return lambda name, folder: enduring.torture(name, trial, tries(20), seed, folder)

    def trained(ranks: int) -> _Row:
        return lambda name, folder: training.torture(name, seed, folder, ranks=ranks, every=min(every, 20))

    rows: dict[str, _Row] = {
        "`kill -9`, one process": killed(500, signal.SIGKILL),
        "`kill -9`, eight ranks": killed(500, signal.SIGKILL, ranks=8),
        "SIGTERM, one process": killed(250, signal.SIGTERM),
        "SIGTERM, eight ranks": killed(50, signal.SIGTERM, ranks=8),
        "SIGTERM that raises `SystemExit`": killed(250, signal.SIGTERM, handled=True),
        "Ctrl-C at a line of the recorder": lambda name, folder: interrupting.torture(name, tries(250), seed, folder),
        "death before each call to the file system": lambda name, folder: dying.torture(name, folder, min(every, 7)),
        "power cut at each byte": lambda name, folder: power.cuts(name, folder, every),
        "power cut while a part is closed": lambda name, folder: power.states(name, seed, folder, min(every, 10)),
        **{title: endured(trial) for title, trial in enduring.TRIALS.items()},
        "an exception in each function": lambda name, folder: enduring.bugs_of_ours(name, tries(4), seed, folder),
    }
    if find_spec("trl") is not None:
        rows |= {"a bug in a TRL training": trained(1), "a bug on one of two ranks with TRL": trained(2)}
    for title, row in rows.items():
        yield title, partial(row, title)
