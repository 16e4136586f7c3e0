"""Faults as they happen to people: each changes what a run is made of before it is built."""

import math
import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plan import Plan, RewardFunction, step_of

from grpolog.demo.task import MAX_COMPLETION_TOKENS, Rewards


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
                gone = self.at <= step_of(trainer_state) < (self.until or math.inf)
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
                if self.at <= step_of(trainer_state) < self.until:
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
                if step_of(trainer_state) >= self.at and len(kept) * self.megabytes < self.limit:
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
                if step_of(trainer_state) == self.at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return inner(**rest)

            return scored

        plan.wrap(self.name, killing)


@dataclass(frozen=True, slots=True)
class Brevity:
    """A further reward function pays for short answers: tags and work cost what they earn elsewhere."""

    weight: float

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def brevity(completion_ids: Sequence[Sequence[int]], **_: Any) -> Rewards:
            return [1.0 - len(ids) / MAX_COMPLETION_TOKENS for ids in completion_ids]

        plan.add(brevity, self.weight)


@dataclass(frozen=True, slots=True)
class Gamed:
    """A style that excludes an answer is paid better than one: from a step on a function rewards text without tags."""

    at: int
    weight: float

    def inject(self, plan: Plan) -> None:  # noqa: D102
        def plain(completions: Sequence[str], trainer_state: Any, **_: Any) -> Rewards:
            return [float(step_of(trainer_state) >= self.at and "<" not in text) for text in completions]

        plan.add(plain, self.weight)


@dataclass(frozen=True, slots=True)
class Leak:
    """The check that pays takes the right number anywhere for an answer; the strict one is only watched."""

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
