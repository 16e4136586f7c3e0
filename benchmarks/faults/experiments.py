"""The runs that are trained, with what ought to be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from injected import (
    BrokenVerifier,
    Fault,
    Gamed,
    Hoarding,
    Jitter,
    Killed,
    NanWeights,
    Waiting,
    WrongColumn,
)

from grpolog.demo.task import REWARD_FUNCTIONS

FUNCTIONS = {function.__name__: function for function in REWARD_FUNCTIONS}


@dataclass(frozen=True)
class Experiment:
    """One training run and its label."""

    name: str
    about: str
    """What happened to it, for people."""

    verdict: Literal["ok", "warning", "error"]
    """What a run like it deserves; ok includes info."""

    rules: tuple[str, ...] = ()
    """Rules of which any names the trouble."""

    onset: int = 0
    """Step from which on the trouble is there; 0: from the start."""

    steps: int = 200
    seed: int = 0
    functions: tuple[str, ...] = tuple(FUNCTIONS)
    config: Mapping[str, Any] = field(default_factory=dict)
    """Settings of `GRPOConfig` that are not those of a healthy run."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of `grpolog.attach`."""

    fault: Fault | None = None
    fails: bool = False
    """Whether the fault ends training with an exception."""

    resume_from: int | None = None
    """Step of the checkpoint from which a killed run goes on."""


LEARNING_RATE = 1e-4
"""Of a healthy run: the task is learned within 200 steps, not at once."""

EXPERIMENTS = (
    *(
        Experiment(
            f"healthy-{seed}", f"a healthy run, seed {seed}", "ok", seed=seed, config={"learning_rate": LEARNING_RATE}
        )
        for seed in range(3)
    ),
    Experiment(
        "solved", "the task is solved early and training goes on", "ok", functions=("accuracy", "format"),
        steps=250,
    ),
    Experiment(
        "learning-rate", "a learning rate 300 times too high", "error", ("reward_drop", "entropy_explosion"),
        config={"learning_rate": 3e-2}, steps=120
    ),
    Experiment(
        "verifier", "the verifier fails from step 100 on", "error", ("reward_drop",), 100, fault=BrokenVerifier(100),
        config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "gamed", "a function pays for words that are no answer", "error", ("reward_hacking",),
        fault=Gamed("The answer is", 3.0), config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "leak", "a function can be had without the task", "warning", ("dominance", "reward_hacking"),
        fault=Gamed("Step 3", 5.0), config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "truncated", "answers are cut off before their end", "error", ("truncation", "no_contrast"),
        config={"learning_rate": LEARNING_RATE, "max_completion_length": 10},
    ),
    Experiment(
        "equal", "the verifier compares a number with a text", "error", ("no_contrast",), functions=("accuracy",),
        fault=WrongColumn(), steps=60, config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "nan", "NaN gets into the weights", "error", ("non_finite",), 60, fault=NanWeights(60), steps=100, fails=True,
        config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "memory", "a reward function keeps 4 MB of every call", "warning", ("memory_growth",), 50,
        fault=Hoarding(50, 4), config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "slow", "a reward function comes to wait for its service", "warning", ("slow_down",), 100,
        fault=Waiting(100, 1000, 0.1), config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "stalled", "a reward function hangs for four seconds", "ok", ("stall",), 40, fault=Waiting(40, 41, 4.0),
        options={"stall_seconds": 2.0}, steps=60, config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "jitter", "a task that is never rewarded, beside a function that is chance", "warning", ("dominance",),
        functions=("accuracy",), fault=Jitter(), config={"learning_rate": LEARNING_RATE},
    ),
    Experiment(
        "resumed", "killed at step 112 and resumed from step 75", "ok", fault=Killed(112), resume_from=75,
        config={"save_strategy": "steps", "save_steps": 25, "learning_rate": LEARNING_RATE},
    ),
)  # fmt: skip
