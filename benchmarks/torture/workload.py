"""What is recorded in a try: steps whose events are known in advance."""

import random
from collections import Counter
from typing import Any, Final

import grpolog

PROMPTS: Final = ["2 + 2", "2 + 2", "1 + 1", "1 + 1"]

_EVENTS: Final = Counter(reward=3, group=2, quality=1, example=4, perf=1, step=1)
"""Events of a step on rank 0: two reward functions and their total, two groups, all four completions as examples."""

_EVENTS_OF_OTHERS: Final = Counter(perf=1)

_LONG: Final = 6_000
"""Characters of a long completion: its line spans several pages of memory, between which a kill can cut a write."""

OPTIONS: Final[dict[str, Any]] = {
    "console": 0,
    "console_examples": 0,
    "examples": "all",
    "group_size": 2,
    "max_bytes": 16_384,
    "primary": "accuracy",
}
"""Parts that are full every few steps, so that a fault often meets a rotation or a compression."""


def loss(step: int) -> float:
    """What the row of a step holds, by which it is known again."""
    return step / 8


def record(recorder: grpolog.Recorder, step: int) -> None:
    """Record one step: a generation and a row."""
    dice = random.Random(step)
    length = _LONG if dice.random() < 0.1 else 60
    completions = [f"<think>{'so ' * (length // 3)}</think><answer>{dice.randrange(9)}</answer>" for _ in PROMPTS]
    rewards = {
        "accuracy": [float(dice.random() < 0.5) for _ in PROMPTS],
        "brevity": [dice.random() if dice.random() < 0.9 else None for _ in PROMPTS],
    }
    recorder.log_batch(step, PROMPTS, completions, rewards)
    recorder.log_step(step, {"loss": loss(step), "kl": 0.01, "grad_norm": float("inf") if step % 50 == 0 else 1.0})


def events(rank: int) -> Counter[str]:
    """The events of one step on one rank, by type; alerts may come on top."""
    return _EVENTS if rank == 0 else _EVENTS_OF_OTHERS
