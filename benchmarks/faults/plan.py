"""What a run is made of before it is built, for a fault to change."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from grpolog.demo.task import Rewards

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


def step_of(state: Any) -> int:
    """The step that a generation belongs to."""
    return int(state.global_step) + 1
