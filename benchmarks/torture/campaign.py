"""All faults, one after the other."""

import signal
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.torture import dying, enduring, interrupting, killing, power, training
from benchmarks.torture.tally import Tally

Fault = Callable[[Path], Tally]


def faults(seed: int, scale: float = 1.0) -> Iterator[tuple[str, Fault]]:
    """The rows of the table, each with the function that makes it in a folder of its own.

    Args:
        seed: chooses all moments.
        scale: share of the tries of a full campaign.
    """

    def tries(full: int) -> int:
        return max(1, round(full * scale))

    def killed(full: int, number: int, ranks: int = 1, handled: bool = False) -> Callable[[str], Fault]:
        options = {"number": number, "ranks": ranks, "handled": handled}
        return lambda name: lambda folder: killing.torture(name, tries(full), seed, folder, **options)  # type: ignore[arg-type]

    every = max(1, round(1 / scale))
    rows: dict[str, Callable[[str], Fault]] = {
        "`kill -9`, one process": killed(500, signal.SIGKILL),
        "`kill -9`, eight ranks": killed(500, signal.SIGKILL, ranks=8),
        "SIGTERM, one process": killed(250, signal.SIGTERM),
        "SIGTERM, eight ranks": killed(50, signal.SIGTERM, ranks=8),
        "SIGTERM that raises `SystemExit`": killed(250, signal.SIGTERM, handled=True),
        "Ctrl-C at a line of the recorder": lambda name: (
            lambda folder: interrupting.torture(name, tries(250), seed, folder)
        ),
        "death before each call to the file system": lambda name: (
            lambda folder: dying.torture(name, folder, min(every, 7))
        ),
        "power cut at each byte": lambda name: lambda folder: power.cuts(name, folder, every),
        "power cut while a part is closed": lambda name: (
            lambda folder: power.states(name, seed, folder, min(every, 10))
        ),
    }
    for title, trial in enduring.TRIALS.items():
        rows[title] = lambda name, trial=trial: lambda folder: enduring.torture(name, trial, tries(20), seed, folder)  # type: ignore[misc]
    rows["an exception in each function"] = lambda name: (
        lambda folder: enduring.bugs_of_ours(name, tries(4), seed, folder)
    )
    if find_spec("trl") is not None:
        for title, ranks in (("a bug in a TRL training", 1), ("a bug on one of two ranks with TRL", 2)):
            rows[title] = lambda name, ranks=ranks: (
                lambda folder: training.torture(  # type: ignore[misc]
                    name, seed, folder, ranks=ranks, every=min(every, 20)
                )
            )
    for title, made in rows.items():
        yield title, made(title)
