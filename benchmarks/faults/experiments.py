"""The runs that are trained, with what ought to be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from injected import (
    Brevity,
    BrokenVerifier,
    Fault,
    Hoarding,
    Jitter,
    Killed,
    Leak,
    NanWeights,
    Waiting,
    WrongColumn,
)

from grpolog.demo.task import REWARD_FUNCTIONS

FUNCTIONS = {function.__name__: function for function in REWARD_FUNCTIONS[:3]}


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

    steps: int = 120
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


LEARNING_RATE = 2e-4
"""Of a healthy run: the task is learned within 120 steps, not at once."""

_HEALTHY = {"learning_rate": LEARNING_RATE}

EXPERIMENTS = (
    *(
        Experiment(f"healthy-{seed}", f"a healthy run, seed {seed}", "ok", seed=seed, config=_HEALTHY)
        for seed in range(3)
    ),
    Experiment(
        "slower", "the healthy run of seed 0 with half its learning rate", "ok",
        config={"learning_rate": LEARNING_RATE / 2},
    ),
    Experiment(
        "solved", "the task is solved early and training goes on", "ok", functions=("accuracy", "format"), steps=150,
        config={"learning_rate": 1e-3},
    ),
    Experiment(
        "resumed", "killed at step 78 and resumed from step 60", "ok", fault=Killed(78), resume_from=60,
        config=_HEALTHY | {"save_strategy": "steps", "save_steps": 20},
    ),
    Experiment(
        "stalled", "a reward function hangs for four seconds", "ok", ("stall",), 40, fault=Waiting(40, 41, 4.0),
        options={"stall_seconds": 2.0}, steps=60, config=_HEALTHY,
    ),
    Experiment(
        "collapse", "a learning rate far too high", "error", ("reward_drop", "entropy_explosion"),
        config={"learning_rate": 1e-2}, steps=100,
    ),
    Experiment(
        "verifier", "the verifier fails from step 80 on", "error", ("reward_drop",), 80, fault=BrokenVerifier(80),
        config=_HEALTHY,
    ),
    Experiment(
        "outage", "the verifier fails from step 60 to 80", "warning", ("reward_drop",), 60,
        fault=BrokenVerifier(60, 81), config=_HEALTHY,
    ),
    Experiment(
        "gamed", "short answers are paid better than right ones", "error", ("reward_hacking",), fault=Brevity(5.0),
        config=_HEALTHY,
    ),
    Experiment(
        "leak", "a lenient check pays wrong answers, too", "error", ("dominance", "reward_hacking", "no_contrast"),
        functions=("accuracy",), fault=Leak(), config=_HEALTHY,
    ),
    Experiment(
        "truncated", "answers are cut off before their end", "error", ("truncation", "no_contrast"),
        functions=("accuracy", "format"), steps=60, config=_HEALTHY | {"max_completion_length": 8},
    ),
    Experiment(
        "equal", "the verifier compares a number with a text", "error", ("no_contrast",), functions=("accuracy",),
        fault=WrongColumn(), steps=60, config=_HEALTHY,
    ),
    Experiment(
        "nan", "NaN gets into the weights at step 50", "error", ("non_finite",), 50, fault=NanWeights(50), steps=80,
        fails=True, config=_HEALTHY,
    ),
    Experiment(
        "jitter", "a function that is chance decides what is learned", "warning", ("dominance",),
        functions=("accuracy",), fault=Jitter(20.0), config=_HEALTHY,
    ),
    Experiment(
        "memory", "a reward function keeps 4 MB of every call", "warning", ("memory_growth",), 50, steps=200,
        fault=Hoarding(50, 4), config=_HEALTHY,
    ),
    Experiment(
        "slow", "a reward function comes to wait for its service", "warning", ("slow_down",), 80,
        fault=Waiting(80, 1000, 0.1), config=_HEALTHY, steps=140,
    ),
)  # fmt: skip
