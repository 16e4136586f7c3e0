"""What is trained: the model that all runs start from, and one run, each in the process that calls it."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments import FUNCTIONS, Experiment
from plan import Plan
from transformers import TrainerCallback

from grpolog import attach
from grpolog.demo import train as demo
from grpolog.demo.task import REWARD_RANGE


def teach(folder: Path, tell: Callable[[int], None]) -> None:
    """Put the model into a folder."""
    tell(0)
    demo.teach(folder, say=lambda _: None)


def train(experiment: Experiment, model: Path, folder: Path, tell: Callable[[int], None]) -> None:
    """Record the run to `folder`/<its name>.jsonl; one that was killed goes on when this is called once more.

    Raises:
        RuntimeError: it failed, and was not meant to.
    """
    plan = Plan([FUNCTIONS[name] for name in experiment.functions], config=dict(experiment.config))
    log, out = folder / f"{experiment.name}.jsonl", folder / "out"
    again = log.exists()
    if experiment.fault is not None and not again:
        experiment.fault.inject(plan)
    with demo.quiet():
        settings = {"reward_functions": plan.functions, "save_strategy": "no", **plan.config}
        trainer = demo.build_trainer(model, out, experiment.steps, seed=experiment.seed, **settings)
        trainer.add_callback(_AfterStep([*plan.after_step, lambda step, _: tell(step)]))
        ranges = {name: REWARD_RANGE[name] for name in experiment.functions}
        options = {"primary": "accuracy", "reward_range": ranges, "example_bytes": 32_768, "console": 0}
        recorder = attach(trainer, log, compress=False, **options | experiment.options)
        recorder.session.stopwatch.clock = plan.clock
        try:
            trainer.train(resume_from_checkpoint=str(out / f"checkpoint-{experiment.resume_from}") if again else None)
        except RuntimeError:
            if not experiment.fails:
                raise
    shutil.rmtree(out, ignore_errors=True)


class _AfterStep(TrainerCallback):
    """Calls functions with the step that ended and the model."""

    def __init__(self, functions: Sequence[Callable[[int, Any], None]]) -> None:
        self._functions = functions

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        for function in self._functions:
            function(state.global_step, model)
