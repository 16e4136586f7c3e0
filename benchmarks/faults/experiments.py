"""The runs that are trained, with what ought to be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from injected import (
    Brevity,
    BrokenVerifier,
    Gamed,
    Hoarding,
    Jitter,
    Killed,
    Leak,
    NanWeights,
    Waiting,
    WrongColumn,
)
from plan import Fault

from grpolog.demo.task import REWARD_FUNCTIONS

FUNCTIONS = {function.__name__: function for function in REWARD_FUNCTIONS[:3]}


@dataclass(frozen=True)
class Expected:
    """What someone who knows reinforcement learning would say of a run."""

    verdict: Literal["ok", "warning", "error"] = "ok"
    """What the run deserves at its end; ok includes info. A failure that was over counts as a warning."""

    rules: tuple[str, ...] = ()
    """Rules of which any names the trouble."""

    severity: Literal["warning", "error"] | None = None
    """What one of them ought to reach; None: the verdict's."""

    onset: int = 0
    """Step from which on the trouble is there; 0: from the start."""

    within: int = 50
    """Steps after the onset in which it ought to be said."""

    @property
    def reached(self) -> str:
        """The severity that one of the rules ought to reach."""
        return self.severity or self.verdict


@dataclass(frozen=True)
class Experiment:
    """One training run and its label. Its `repr` tells what made it, and leaves out the label."""

    name: str
    about: str = field(repr=False)
    """What happened to it, for people."""

    expected: Expected = field(repr=False, default=Expected())
    steps: int = 120
    seed: int = 0
    functions: tuple[str, ...] = tuple(FUNCTIONS)
    config: Mapping[str, Any] = field(default_factory=lambda: {"learning_rate": LEARNING_RATE})
    """Settings of `GRPOConfig` that are not those of the demo."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of `grpolog.attach`."""

    fault: Fault | None = None
    fails: bool = False
    """Whether the fault ends training with an exception."""

    resume_from: int | None = None
    """Step of the checkpoint from which a killed run goes on."""


LEARNING_RATE = 2e-4
"""Of a healthy run: the task is learned within 120 steps, not at once."""

_SPARSE = ("accuracy", "format")

EXPERIMENTS = (
    *(Experiment(f"healthy-{seed}", f"a healthy run, seed {seed}", seed=seed) for seed in range(3)),
    Experiment(
        "slower", "the healthy run of seed 0 with half its learning rate", config={"learning_rate": LEARNING_RATE / 2}
    ),
    Experiment(
        "solved", "the task is solved early and training goes on", functions=_SPARSE, steps=150,
        config={"learning_rate": 1e-3},
    ),
    Experiment(
        "resumed", "killed at step 78 and resumed from step 60", fault=Killed(78), resume_from=60,
        config={"learning_rate": LEARNING_RATE, "save_strategy": "steps", "save_steps": 20},
    ),
    Experiment(
        "tug", "a function that pays for short answers pulls against the others, and the task is learned all the same",
        fault=Brevity(5.0),
    ),
    Experiment(
        "stalled", "a reward function hangs for four seconds",
        Expected("ok", ("stall",), "warning", onset=39, within=1), fault=Waiting(40, 41, 4.0), steps=60,
        options={"stall_seconds": 2.0},
    ),
    Experiment(
        "collapse", "a learning rate far too high: the task is lost for its format",
        Expected("error", ("reward_drop",)), steps=100, config={"learning_rate": 1e-2},
    ),
    Experiment(
        "overshoot", "a learning rate too high: what was learned is lost at step 30, and few answers are left",
        Expected("error", ("reward_drop", "mode_collapse", "no_contrast", "eval_drop"), onset=25),
        config={"learning_rate": 4e-3},
    ),
    Experiment(
        "verifier", "the verifier fails from step 80 on", Expected("error", ("reward_drop",), onset=80, within=10),
        fault=BrokenVerifier(80),
    ),
    Experiment(
        "outage", "the verifier fails from step 60 to 80",
        Expected("warning", ("reward_drop",), "error", onset=60, within=10), fault=BrokenVerifier(60, 81),
    ),
    Experiment(
        "gamed", "from step 30 on a function pays more for text without tags than answers earn",
        Expected("error", ("reward_hacking", "dominance"), onset=75), fault=Gamed(30, 10.0),
        config={"learning_rate": 3e-4, "lr_scheduler_type": "constant"},
    ),
    Experiment(
        "leak", "what is paid for is a lenient check that takes any right number for an answer",
        Expected("warning", ("dominance", "reward_hacking")), functions=("accuracy",), fault=Leak(),
    ),
    Experiment(
        "jitter", "a function that is chance decides what is learned", Expected("warning", ("dominance",)),
        functions=("accuracy",), fault=Jitter(20.0),
    ),
    Experiment(
        "truncated", "answers are cut off before their end",
        Expected("error", ("truncation", "no_contrast"), within=15), functions=_SPARSE, steps=60,
        config={"learning_rate": LEARNING_RATE, "max_completion_length": 8},
    ),
    Experiment(
        "equal", "the verifier compares a number with a text: nothing is ever right",
        Expected("error", ("no_contrast",), within=15), functions=("accuracy",), fault=WrongColumn(), steps=60,
    ),
    Experiment(
        "nan", "NaN gets into the weights at step 50", Expected("error", ("non_finite",), onset=50, within=1),
        fault=NanWeights(50), steps=80, fails=True,
    ),
    Experiment(
        "memory", "from step 50 on a reward function keeps 4 MB of every call",
        Expected("warning", ("memory_growth",), onset=50, within=100), fault=Hoarding(50, 4), steps=200,
    ),
    Experiment(
        "slow", "from step 80 on a reward function waits for its service",
        Expected("warning", ("slow_down",), onset=80), fault=Waiting(80, 1000, 0.1), steps=140,
    ),
)  # fmt: skip
