"""Where trained runs lie: one folder each, named by what made it."""

import hashlib
import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from experiments import Experiment

from grpolog import demo
from grpolog.events import SCHEMA_VERSION

_HERE = Path(__file__).parent
_DEMO = Path(demo.__file__).parent
_MODEL_SOURCES = (_DEMO / "task.py", _DEMO / "model.py", _DEMO / "train.py")
_RUN_SOURCES = (_HERE / "plan.py", _HERE / "training.py")
_PACKAGES = ("torch", "transformers", "trl", "accelerate")


@dataclass(frozen=True)
class Cache:
    """Trained runs, and the model that all of them start from."""

    folder: Path

    @property
    def model(self) -> Path:
        """Folder of the model."""
        return self.folder / f"model-{_key(*_MODEL_SOURCES)}"

    def run(self, experiment: Experiment) -> Path:
        """Folder of a run."""
        fault = "" if experiment.fault is None else inspect.getsource(type(experiment.fault))
        key = _key(*_MODEL_SOURCES, *_RUN_SOURCES, said=f"{experiment}{fault}")
        return self.folder / f"{experiment.name}-{key}"

    def log(self, experiment: Experiment) -> Path:
        """Log of a run."""
        return self.run(experiment) / f"{experiment.name}.jsonl"

    def has(self, experiment: Experiment) -> bool:
        """Whether the run was trained to its end."""
        return self.log(experiment).exists()

    def make(self, final: Path, work: Callable[[Path], None]) -> None:
        """Have `work` fill a folder, which gets its name when it is done; what another make of it left goes."""
        unfinished = final.with_name(f"{final.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        work(unfinished)
        for old in self.folder.glob(f"{final.name.rpartition('-')[0]}-{'?' * _DIGITS}"):
            shutil.rmtree(old)
        unfinished.rename(final)


_DIGITS = 10


def _key(*sources: Path, said: str = "") -> str:
    parts = [*map(_text, sources), *map(version, _PACKAGES), str(SCHEMA_VERSION), said]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]


@cache
def _text(source: Path) -> str:
    return source.read_text()  # once: what is edited meanwhile makes no run that is being trained
