"""Train the runs with an injected fault, and those without, that are not in the cache yet.

python benchmarks/faults [NAME ...]

NAME: experiments, default all. What is trained lies in build/faults, by what made it: the experiment, the task, the
packages. A change of rules trains nothing anew, as rules judge what was recorded.
"""

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cache import Cache
from experiments import EXPERIMENTS, Experiment

ROOT = Path(__file__).parents[2]


def main(names: list[str]) -> int:
    """Train what is missing, one run at a time, each in a process of its own."""
    if unknown := set(names) - {each.name for each in EXPERIMENTS}:
        print("no such experiments:", *sorted(unknown), file=sys.stderr)
        return 2
    cache = Cache(ROOT / "build" / "faults")
    chosen = [each for each in EXPERIMENTS if not names or each.name in names]
    missing = [each for each in chosen if not cache.has(each)]
    print(f"{len(chosen) - len(missing)} of {len(chosen)} runs are there already")
    if missing:
        _train(missing, cache)
    return 0


def _train(missing: list[Experiment], cache: Cache) -> None:
    from training import teach, train  # loads torch, once for all processes

    if not cache.model.exists():
        cache.make(cache.model, lambda folder: _aside(teach, folder, _teller("a model that knows what an answer is")))
    begun = time.monotonic()
    for number, experiment in enumerate(missing, start=1):
        tell = _teller(f"{number} of {len(missing)}: {experiment.name}, {experiment.about}", experiment.steps)

        def work(folder: Path, experiment: Experiment = experiment, tell: Callable[[int], None] = tell) -> None:
            if experiment.resume_from is not None:
                _aside(train, experiment, cache.model, folder, tell, ends=-signal.SIGKILL)
            _aside(train, experiment, cache.model, folder, tell)

        started = time.monotonic()
        cache.make(cache.run(experiment), work)
        spent = time.monotonic() - started
        left = (time.monotonic() - begun) / number * (len(missing) - number)
        progress = f"{spent:.0f} s, about {left / 60:.0f} min left"
        print(f"{number} of {len(missing)}: {experiment.name}, {progress}", flush=True)


def _aside(function: Callable[..., None], *arguments: Any, ends: int = 0) -> None:
    """Call in a process of its own, whose memory and end, with the code `ends`, are its own."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    child = context.Process(target=function, args=arguments)
    child.start()
    child.join()
    if child.exitcode != ends:
        raise SystemExit(f"{function.__name__} ended with {child.exitcode}")


def _teller(what: str, steps: int | None = None) -> Callable[[int], None]:
    """Says on a terminal how far it is."""
    limit = "" if steps is None else f" of {steps}"

    def tell(step: int) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{what}: step {step}{limit}", end="", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
