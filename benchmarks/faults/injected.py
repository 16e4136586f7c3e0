"""Faults as they happen to people: each changes what a run is made of before it is built."""

import functools
import math
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from grpolog.demo.task import MAX_COMPLETION_TOKENS, Rewards

RewardFunction = Callable[..., Rewards]


class OwnTime:
    """Seconds that a run would take on a machine of its own: its processor's time and what it waits for. Other
    processes on the cores of a benchmark are no fault of the run.
    """

    def __init__(self) -> None:
        self._waited = 0.0

    def __call__(self) -> float:
        """Seconds since any time."""
        return time.process_time() + self._waited

    def wait(self, seconds: float) -> None:
        """Let them pass."""
        time.sleep(seconds)
        self._waited += seconds


@dataclass
class Plan:
    """What a run is made of, for a fault to change."""

    functions: list[RewardFunction]
    clock: OwnTime = field(default_factory=OwnTime)
    config: dict[str, Any] = field(default_factory=dict)
    after_step: list[Callable[[int, Any], None]] = field(default_factory=list)
    """Called with the step that ended and the model."""

    def add(self, function: RewardFunction, weight: float, others: float = 1.0) -> None:
        """Pay for something more."""
        self.config["reward_weights"] = [others] * len(self.functions) + [weight]
        self.functions.append(function)

    def wrap(self, name: str, change: Callable[[RewardFunction], RewardFunction]) -> None:
        """Put something around the reward function of a name."""
        place = [function.__name__ for function in self.functions].index(name)
        inner = self.functions[place]
        self.functions[place] = functools.wraps(inner)(change(inner))


class Fault(Protocol):
    """A frozen dataclass whose fields say when and how much."""

    def inject(self, plan: Plan) -> None:
        """Change the plan."""


@dataclass(frozen=True, slots=True)
class BrokenVerifier:
    """The service that checks answers is gone: from one step to another all answers are wrong."""

    at: int
    until: int | None = None
    """The step at which it is back; None: never."""

    name: str = "accuracy"

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def broken(inner: RewardFunction) -> RewardFunction:
            def scored(solution: Sequence[int], trainer_state: Any, **rest: Any) -> Rewards:
                gone = self.at <= _step(trainer_state) < (self.until or math.inf)
                return inner(solution=[-1] * len(solution) if gone else solution, **rest)

            return scored

        plan.wrap(self.name, broken)


@dataclass(frozen=True, slots=True)
class WrongColumn:
    """The verifier compares a number with a text: nothing is ever right."""

    name: str = "accuracy"

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def confused(inner: RewardFunction) -> RewardFunction:
            return lambda solution, **rest: inner(solution=[float(right) for right in solution], **rest)

        plan.wrap(self.name, confused)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reward function waits for a service: from one step to another, in each call."""

    at: int
    until: int
    seconds: float
    name: str = "accuracy"

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def slow(inner: RewardFunction) -> RewardFunction:
            def scored(trainer_state: Any, **rest: Any) -> Rewards:
                if self.at <= _step(trainer_state) < self.until:
                    plan.clock.wait(self.seconds)
                return inner(**rest)

            return scored

        plan.wrap(self.name, slow)


@dataclass(frozen=True, slots=True)
class Hoarding:
    """A reward function keeps something of every call: from a step on, until a limit."""

    at: int
    megabytes: int
    limit: int = 1000
    """Megabytes in all."""

    name: str = "accuracy"

    def inject(self, plan: Plan) -> None:  # noqa: D102
        kept: list[np.ndarray] = []

        def hoarding(inner: RewardFunction) -> RewardFunction:
            def scored(trainer_state: Any, **rest: Any) -> Rewards:
                if _step(trainer_state) >= self.at and len(kept) * self.megabytes < self.limit:
                    kept.append(np.ones(self.megabytes * 2**17))
                return inner(**rest)

            return scored

        plan.wrap(self.name, hoarding)


@dataclass(frozen=True, slots=True)
class NanWeights:
    """One update writes NaN into a layer. What was generated before is still trained on; the next generation fails."""

    at: int

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def corrupt(step: int, model: Any) -> None:
            if step == self.at - 1:
                model.model.layers[0].mlp.down_proj.weight.data.fill_(math.nan)

        plan.config["num_iterations"] = 2  # the second update on one generation is the first with NaN
        plan.after_step.append(corrupt)


@dataclass(frozen=True, slots=True)
class Killed:
    """The process is killed while rewards of a step are computed, as by the kernel when memory runs out."""

    at: int
    name: str = "accuracy"

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def killing(inner: RewardFunction) -> RewardFunction:
            def scored(trainer_state: Any, **rest: Any) -> Rewards:
                if _step(trainer_state) == self.at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return inner(**rest)

            return scored

        plan.wrap(self.name, killing)


@dataclass(frozen=True, slots=True)
class Brevity:
    """A further reward function pays for short answers, and more than the task does: tags and work are dropped."""

    weight: float

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def brevity(completion_ids: Sequence[Sequence[int]], **_: Any) -> Rewards:
            return [1.0 - len(ids) / MAX_COMPLETION_TOKENS for ids in completion_ids]

        plan.add(brevity, self.weight)


@dataclass(frozen=True, slots=True)
class Leak:
    """The check that is paid for takes the number anywhere in the text for an answer; the strict one is only watched."""

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def lenient(completions: Sequence[str], solution: Sequence[int], **_: Any) -> Rewards:
            return [float(str(right) in text) for text, right in zip(completions, solution, strict=True)]

        plan.add(lenient, 1.0, others=0.0)


@dataclass(frozen=True, slots=True)
class Jitter:
    """A further reward function that is chance, on a scale beside which the task is nothing."""

    weight: float

    def inject(self, plan: Plan) -> None:  # noqa: D102
        dice = random.Random(0)

        def judge(completions: Sequence[str], **_: Any) -> Rewards:
            return [dice.random() for _ in completions]

        plan.add(judge, self.weight)


def _step(state: Any) -> int:
    """The step that a generation belongs to."""
    return int(state.global_step) + 1
