"""Real trainings with TRL, on one rank and on two, in which a function of the recorder raises for some steps."""

import os
import random
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.torture import inspection
from benchmarks.torture.processes import Child, said
from benchmarks.torture.tally import Tally

_STEPS = 5

_COLLECTIVE = ("Attachment.begin", "Capture.collect", "Capture._pass_over", "Capture._send", "Capture._now")
"""Ways to a collective that all ranks go together: what is called on them may fail on one rank, these few lines not."""

_FUNCTIONS = (
    *(
        f"session.Session.{name}"
        for name in ("start", "generation", "row", "perf", "saved", "redescribe", "watch_over")
    ),
    *(f"session.Session.{name}" for name in ("beat", "say", "end", "ends_as")),
    "trl.attachment.Attachment.begin",
    "trl.attachment.describe",
    *(f"trl.capture.Capture.{name}" for name in ("collect", "fall_back", "_pass_over", "_send", "_record")),
    *(f"trl.capture.Capture.{name}" for name in ("_now", "_function_began", "_function_answered")),
    *(
        f"trl.capture.{name}"
        for name in ("scored_columns", "made_of_them", "batch_of", "packed", "unpacked", "scoring_of")
    ),
    *(f"trl.hooks.RecordingCallback.{name}" for name in ("_begin_alone", "_collect")),
    *(f"trl.hooks.{name}" for name in ("checkpoints_in", "is_eval", "totals")),
    *(f"watch.{name}" for name in ("RewardWatch._note", "_named")),
    *(f"stopwatch.Stopwatch.{name}" for name in ("begin", "scored", "sampled", "end")),
    "reported.Reported.take",
    "reported.Reported.gather",
    "event_log.EventLog.write",
    "event_log.EventLog.start",
    "writer.Writer.write",
)
"""What the trainer's hooks call, by module of `grpolog.record`."""


def torture(fault: str, seed: int, folder: Path, *, ranks: int = 1, every: int = 1) -> Tally:
    """Have each function raise in a training of its own, on a random rank."""
    tally, dice = Tally(fault), random.Random(seed)
    _load()
    usual = _train(folder / "usual", None, ranks, 0)
    names = [name for name in _FUNCTIONS if ranks == 1 or not name.endswith(_COLLECTIVE)]
    for name in names[dice.randrange(every) :: every]:
        here = folder / name
        broken_rank = dice.randrange(ranks)
        ended = _train(here, name, ranks, broken_rank)
        tally.tries += 1
        tally.require(
            ended == usual, f"{name} on rank {broken_rank}: training ended with {ended}, not {usual} ({here})"
        )
        warned = [said(here / f"stderr{rank}.txt").count("RuntimeWarning: grpolog could not") for rank in range(ranks)]
        tally.warnings += sum(warned)
        tally.require(max(warned) <= 1, f"{name}: {warned} warnings ({here})")
        found = inspection.read(here / "run.jsonl")
        tally.invalid += found.invalid
        tally.acknowledged += len(found.events)
        ends = inspection.events_of(found, "end")
        losses = ends[-1].get("lost") or {} if ends else {}
        tally.counted += sum(losses.values())
        tally.lost += found.gaps - losses.get("event", 0)
        tally.resumed += ended == usual
    return tally


def _train(here: Path, name: str | None, ranks: int, broken_rank: int) -> list[tuple[int, list[int]]]:
    """Exit status and, as whole numbers, the losses of each rank."""
    here.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = [
        Child(_work(here, name if rank == broken_rank else None, ranks, rank, port), here / f"stderr{rank}.txt")
        for rank in range(ranks)
    ]
    ended = [child.end() for child in run]
    return [(status, child.steps) for status, child in zip(ended, run, strict=True)]


def _work(here: Path, name: str | None, ranks: int, rank: int, port: int) -> Callable[[Callable[[int], None]], None]:
    def work(acknowledge: Callable[[int], None]) -> None:
        if ranks > 1:
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(ranks)}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        import tiny_trl  # after `_load`, which finds it
        from transformers.trainer_callback import PrinterCallback

        import grpolog

        warnings.filterwarnings("ignore", category=FutureWarning)
        trainer = tiny_trl.trainer(
            here / "out", max_steps=_STEPS, save_strategy="steps", save_steps=2, save_only_model=True
        )
        trainer.remove_callback(PrinterCallback)
        recorder = grpolog.attach(trainer, here / "run.jsonl", console=0)
        with _broken(name, lambda: trainer.state.global_step):
            trainer.train()
        recorder.close()
        for row in trainer.state.log_history:
            if "loss" in row:
                acknowledge(round(row["loss"] * 1e9))
        acknowledge(trainer.state.global_step)

    return work


@contextmanager
def _broken(name: str | None, step: Callable[[], int]) -> Iterator[None]:
    """Has a function raise in the steps after the first and the second."""
    if name is None:
        yield
        return
    place, attribute = _place(name)
    own = getattr(place, attribute)

    def failing(*args: Any, **kwargs: Any) -> Any:
        if step() in (1, 2):
            raise RuntimeError(f"a bug in {name}")
        return own(*args, **kwargs)

    setattr(place, attribute, failing)
    yield
    setattr(place, attribute, own)


def _place(name: str) -> tuple[Any, str]:
    from importlib import import_module

    path, _, attribute = name.rpartition(".")
    module, _, kind = path.rpartition(".") if path.rpartition(".")[2][0].isupper() else (path, "", "")
    place = import_module(f"grpolog.record.{module}")
    return (getattr(place, kind) if kind else place), attribute


def _load() -> None:
    """Load the trainer once, for all children."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "TOKENIZERS_PARALLELISM": "false"}
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
    import tiny_trl  # noqa: F401
    import trl

    trl.GRPOTrainer  # noqa: B018 (is loaded when it is asked for)
