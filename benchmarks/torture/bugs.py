"""Bugs of ours: each function that recording a step calls raises for some steps."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.torture.surroundings import Fault, Scene
from grpolog import jsonl
from grpolog.generation import statistics
from grpolog.record import recorder as recorder_module
from grpolog.record import session as session_module

_PLACES = {
    "Session.generation": lambda scene: scene.recorder.session,
    "Session.row": lambda scene: scene.recorder.session,
    "Session.cost": lambda scene: scene.recorder.session,
    "Session.listener": lambda scene: scene.recorder.session,
    "Statistics.parts": lambda scene: scene.recorder.session._statistics,
    "Examples.end_window": lambda scene: scene.recorder.session._statistics.examples,
    "Detection.judge": lambda scene: scene.recorder.session._detection,
    "Monitor.update": lambda scene: scene.recorder.session._detection.monitor,
    "Announcer.tell": lambda scene: scene.recorder.session._announcer,
    "Console.step": lambda scene: scene.recorder.session._console,
    "Window.add": lambda scene: scene.recorder.session._window,
    "Reported.gather": lambda scene: scene.recorder.session.reported,
    "Watchdog.beat": lambda scene: scene.recorder.session._watchdog,
    "Stopwatch.end": lambda scene: scene.recorder.session.stopwatch,
    "Stopwatch.sampled": lambda scene: scene.recorder.session.stopwatch,
    "Stopwatch.begin": lambda scene: scene.recorder.session.stopwatch,
    "Probe.sample": lambda scene: scene.recorder.session._probe,
    "EventLog.write": lambda scene: scene.recorder.session._log,
    "EventLog._open_part": lambda scene: scene.recorder.session._log,
    "Writer.write": lambda scene: scene.recorder.session._log._writer,
    "Writer._append": lambda scene: scene.recorder.session._log._writer,
    "Writer._rotate": lambda scene: scene.recorder.session._log._writer,
    "Writer._recover": lambda scene: scene.recorder.session._log._writer,
    "jsonl.encode": lambda scene: jsonl,
    "jsonl.compress_part": lambda scene: jsonl,
    "step_event": lambda scene: session_module,
    "Batch": lambda scene: recorder_module,
    "computed_advantages": lambda scene: recorder_module,
    "quality_event": lambda scene: statistics,
    "clock": lambda scene: scene.recorder.session._log,
}
"""Where each function is looked up."""


def faults() -> dict[str, Fault]:
    """A fault for each function, by its name."""
    return {name: _breaking(name) for name in _PLACES}


def _breaking(name: str) -> Fault:
    @contextmanager
    def broken(scene: Scene) -> Iterator[None]:
        def fail(*args: object, **kwargs: object) -> None:
            raise RuntimeError(f"a bug in {name}")

        place = _PLACES[name](scene)
        attribute = {"clock": "_clock"}.get(name, name.rpartition(".")[2])
        if not hasattr(place, attribute):
            scene.complaints.append(f"there is no {name} any more")
        own = vars(place).get(attribute) if hasattr(place, "__dict__") else None
        setattr(place, attribute, fail)
        yield
        if own is None:
            delattr(place, attribute)
        else:
            setattr(place, attribute, own)

    return broken
