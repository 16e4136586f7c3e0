"""Logs of runs that a test compares."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from built import LATER, Log

import grpolog
from grpolog.analysis import Run
from grpolog.events import ExampleEvent, GroupEvent, RewardEvent, StepEvent
from grpolog.report import Comparison, build_comparison

Course = Mapping[int, float]
"""Values by step."""

NEVER: Course = {}


def rising(steps: int, end: float, seed: int, noise: float = 0.02, start: float = 0.2) -> dict[int, float]:
    """A curve that levels out at `end` in the first half, with noise."""
    dice = np.random.default_rng(seed)
    rise = [1 - math.exp(-12 * step / steps) for step in range(1, steps + 1)]
    return {step: start + (end - start) * r + dice.normal(0, noise) for step, r in enumerate(rise, start=1)}


def run_log(
    course: Course, evaluated: Course = NEVER, *, task: str = "accuracy", group_size: int = 8, **told: Any
) -> Log:
    """A run whose task has these means, in training and in evaluation; its total is twice that.

    Args:
        course: means of training.
        evaluated: means of evaluations.
        task: the reward function.
        group_size: completions per prompt.
        told: of the run event.
    """
    fields = {
        "framework": "trl", "trainer": "GRPOTrainer", "versions": {"trl": "1.16.0"}, "group_size": group_size,
        "reward_functions": [task, "style"], "reward_weights": {task: 1.0, "style": 1.0}, "primary": task,
        "max_steps": max(course, default=0),
    }  # fmt: skip
    log = Log(**fields | {"config": {"learning_rate": 1e-6, "seed": 0}} | told)
    for step, value in evaluated.items():
        if step < min(course, default=0):
            _reward(log, step, value, task, "eval")
    for step, value in course.items():
        log.time += 10.0
        _reward(log, step, value, task, "train")
        log.add(StepEvent, step, loss=0.1, kl=0.01 * step, num_tokens=1000.0 * step)
        if step in evaluated:
            _reward(log, step, evaluated[step], task, "eval")
    return log.end(max(course, default=0))


def _reward(log: Log, step: int, value: float, task: str, mode: str) -> None:
    for name, mean in ((task, value), ("style", value), ("total", 2 * value)):
        log.add(RewardEvent, step, name=name, n=8, mean=mean, std=0.1, mode=mode)


def answered(log: Log, step: int, prompt: str, totals: Iterable[float], mode: str = "train", group: int = 0) -> None:
    """A recorded group, its group event and its answers."""
    numbers = list(totals)
    where: dict[str, Any] = {"mode": mode, "generation": step, "group": group, "prompt_id": prompt}
    log.add(GroupEvent, step, n=len(numbers), mean=float(np.mean(numbers)), **where)
    for index, total in enumerate(numbers):
        log.add(
            ExampleEvent, step, index=index, kept="lot", prompt=f"What of {prompt}?", completion=f"answer {total:g}",
            total=total, rewards={"accuracy": total}, tokens=3, **where,
        )  # fmt: skip


def read_all(folder: Path, logs: Mapping[str, Log]) -> list[Run]:
    """The logs written and read back, each called by its key unless its run event says otherwise."""
    runs = []
    for name, log in logs.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(log.lines).replace(b'"name":"exp1"', b'"name":"%s"' % name.encode()))
        runs.append(grpolog.read(path, now=LATER))
    return runs


def compared(folder: Path, logs: Mapping[str, Log], **options: Any) -> Comparison:
    return build_comparison(read_all(folder, logs), **options)
