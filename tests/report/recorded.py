"""A synthetic log with the curves of a real run, written with the events and the encoding that the recorder uses."""

import math
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from grpolog import jsonl
from grpolog.events import (
    Envelope,
    ExampleEvent,
    GroupEvent,
    PerfEvent,
    QualityEvent,
    RewardEvent,
    RunEvent,
    StepEvent,
)
from grpolog.record.detection import Detection
from grpolog.trends import Setting, attempts, resumed_state

START = 1_790_000_000.0
FUNCTIONS = ("accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty")
# (first, last, noise) of each function's mean
CURVES = ((0.22, 0.84, 0.05), (0.35, 0.99, 0.04), (0.25, 0.61, 0.05), (-0.12, 0.55, 0.06), (-0.31, -0.02, 0.03))


class LogBuilder:
    """Numbers events and gives them their time; judges them as they pass when it is told to."""

    def __init__(self, *, judged: bool = False) -> None:
        self.lines: list[bytes] = []
        self.attempt = 0
        self.seq = 0
        self.time = START
        self.detection = Detection(window_size=100, clock=map(float, count()).__next__) if judged else None

    def add(self, event: type[Envelope], step: int, **fields: Any) -> None:
        made = event(step=step, **fields)
        if isinstance(made, RunEvent) and made.phase == "start" and self.detection is not None:
            self.detection.begin(Setting.of(made))
            if made.resumed_from_step:
                earlier = attempts(jsonl.decode(line)[0] for line in self.lines)
                before = self.detection.monitor.state
                self.detection.monitor.state = resumed_state(before, earlier, made.resumed_from_step)
        self._write(made)
        if self.detection is not None:
            for alert in self.detection.judge([made]):
                self._write(alert)

    def _write(self, made: Envelope) -> None:
        made.attempt, made.seq, made.time = self.attempt, self.seq, round(self.time, 3)
        self.lines.append(jsonl.encode(made))
        self.seq += 1
        self.time += 0.01

    def resume(self) -> None:
        """Go on as the next attempt, an hour later."""
        self.attempt, self.seq = self.attempt + 1, 0
        self.time += 3600

    def write(self, path: Path) -> Path:
        path.write_bytes(b"".join(self.lines))
        return path


def run_fields(name: str = "demo", functions: tuple[str, ...] = FUNCTIONS, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "status": "running",
        "run_id": "a1b2c3d4e5f60718",
        "name": name,
        "grpolog_version": "0.1.0",
        "framework": "trl",
        "trainer": "GRPOTrainer",
        "versions": {"python": "3.11.7", "torch": "2.13.0", "transformers": "5.23.0", "trl": "1.16.0"},
        "model": "Qwen/Qwen2.5-1.5B-Instruct",
        "config": {
            "learning_rate": 1e-6,
            "beta": 0.02,
            "num_generations": 8,
            "max_completion_length": 256,
            "hub_token": "***",
            "lr_scheduler_type": "cosine",
            "reward_weights": [1.0] * len(functions),
            "output_dir": "runs/demo",
        },
        "reward_functions": list(functions),
        "reward_weights": dict.fromkeys(functions, 1.0),
        "primary": functions[0],
        "primary_source": "guessed",
        "group_size": 8,
        "max_completion_length": 256,
        "max_steps": 300,
        "beta": 0.02,
        "advantage_mode": "sum_then_normalize/group",
        "world_size": 1,
        "capture": "trainer",
        "host": "node-7",
        "command": "python train.py --beta 0.02",
        "git_commit": "3f9c2e11aa",
        "resumed_from_step": 0,
    }
    return fields | more


def typical(
    *,
    steps: int = 300,
    functions: tuple[str, ...] = FUNCTIONS,
    resume_at: int | None = 150,
    died_at: int | None = 163,
    eval_every: int | None = 50,
    examples_every: int = 50,
    name: str = "demo",
    beta: float = 0.02,
    texts: tuple[str, ...] | None = None,
) -> LogBuilder:
    """A run that learns; it dies at `died_at` and goes on from `resume_at`."""
    log, rng = LogBuilder(judged=True), np.random.default_rng(7)
    assert log.detection is not None
    run = run_fields(name, functions, max_steps=steps, beta=beta, rules_hash=log.detection.monitor.rules_hash)
    log.add(RunEvent, 0, phase="start", **run)
    if eval_every:
        _evaluate(log, rng, 0, steps, functions)
    first = 1
    if resume_at is not None and died_at is not None:
        for step in range(1, died_at + 1):
            _step(log, rng, step, steps, functions, eval_every, examples_every, beta, texts)
        log.resume()
        first = resume_at + 1
        log.add(RunEvent, resume_at, phase="start", **run | {"resumed_from_step": resume_at})
    for step in range(first, steps + 1):
        _step(log, rng, step, steps, functions, eval_every, examples_every, beta, texts)
    for alert in log.detection.finish():
        log._write(alert)
    log.add(RunEvent, steps, phase="end", **run | {"status": "finished", "events_written": log.seq + 1})
    return log


def _along(step: int, steps: int) -> float:
    return 1 / (1 + math.exp(-9 * (step / steps - 0.4)))


def _means(rng: np.random.Generator, step: int, steps: int, functions: tuple[str, ...]) -> list[float]:
    along = _along(step, steps)
    curves = [CURVES[i % len(CURVES)] for i in range(len(functions))]
    return [first + (last - first) * along + rng.normal(0, noise) for first, last, noise in curves]


def _reward_events(
    log: LogBuilder, rng: np.random.Generator, step: int, means: list[float], functions: tuple[str, ...], **where: Any
) -> None:
    shares = rng.dirichlet([6, 2, 2, 3, 1] * (len(functions) // 5 + 1))[: len(functions)]
    shares /= shares.sum()
    for name, mean, share in zip(functions, means, shares, strict=True):
        std = max(0.02, 0.42 * (1 - abs(mean)))
        log.add(
            RewardEvent, step, name=name, n=64, mean=mean, std=std, min=mean - 2 * std, max=mean + 2 * std,
            median=mean, q25=mean - std / 2, q75=mean + std / 2, none_share=0.0, weight=1.0,
            group_std=std * 0.8, equal_share=float(np.clip(abs(mean) * 0.6 + rng.normal(0, 0.05), 0, 1)),
            best_share=0.3, worst_share=0.05, advantage_share=float(share), **where,
        )  # fmt: skip
    total = float(np.sum(means))
    std = float(0.9 - 0.12 * total)
    log.add(
        RewardEvent, step, name="total", n=64, mean=total, std=std, min=total - 2, max=total + 1,
        group_std=std * 0.9, equal_share=0.08, **where,
    )  # fmt: skip


def _evaluate(log: LogBuilder, rng: np.random.Generator, step: int, steps: int, functions: tuple[str, ...]) -> None:
    means = [mean - 0.04 for mean in _means(rng, step, steps, functions)]
    _reward_events(log, rng, step, means, functions, mode="eval", generation=step)
    log.add(StepEvent, step, mode="eval", loss=0.01, reward=float(np.sum(means)))


def _step(
    log: LogBuilder,
    rng: np.random.Generator,
    step: int,
    steps: int,
    functions: tuple[str, ...],
    eval_every: int | None,
    examples_every: int,
    beta: float,
    texts: tuple[str, ...] | None,
) -> None:
    along = _along(step, steps)
    means = _means(rng, step, steps, functions)
    where: dict[str, Any] = {"mode": "train", "generation": step - 1}
    log.time += 3.2
    _reward_events(log, rng, step, means, functions, **where)
    length = 96 + 84 * along + rng.normal(0, 6)
    truncated = max(0.0, 0.14 - 0.12 * along + rng.normal(0, 0.015))
    log.add(
        QualityEvent, step, n=64, format_compliant=int(64 * min(1, max(0, means[1 % len(means)]))),
        format_rate=float(np.clip(means[1 % len(means)], 0, 1)), response_chars=4 * length, think_chars=3.1 * length,
        answer_chars=14 + rng.normal(0, 1), response_tokens=length, reasoning_indicators=1.1 + 2 * along,
        truncated_share=truncated, empty_share=0.0, distinct_share=0.98 - 0.2 * along, repetition=0.06 - 0.03 * along,
        live_share=float(np.clip(0.95 - 0.4 * along + rng.normal(0, 0.05), 0, 1)), **where,
    )  # fmt: skip
    log.add(GroupEvent, step, group=0, prompt_id="00ff", n=8, mean=1.0, std=0.4, signal=True, **where)
    generation, update = 1.9 + 1.1 * along + abs(rng.normal(0, 0.1)), 1.1 + abs(rng.normal(0, 0.05))
    scoring = dict.fromkeys(functions, 0.004) | {functions[0]: 0.22}
    log.add(
        PerfEvent, step, step_seconds=generation + update + 0.24, generation_seconds=generation, update_seconds=update,
        reward_seconds=scoring, completions=64, samples_per_second=18.2, tokens_per_second=64 * length / generation,
        rss_gib=4.3, ram_used_gib=12.4, ram_percent=62.3, cpu_percent=45.0, logging_seconds=0.004,
        gpus=[{"index": 0, "allocated_gib": 4.3, "reserved_gib": 5.1, "peak_gib": 6.2, "used_gib": 7.0}],
    )  # fmt: skip
    grad_norm = float("nan") if step == 97 else abs(rng.normal(0.6, 0.12)) + (9 if step == 211 else 0)
    kl = 0.0004 + 0.09 * along + abs(rng.normal(0, 0.004))
    log.add(
        StepEvent, step, loss=0.004 * beta + rng.normal(0, 0.002), learning_rate=1e-6 * (1 - step / steps),
        epoch=step / 100, grad_norm=grad_norm, kl=kl if beta else None,
        entropy=0.62 - 0.35 * along + rng.normal(0, 0.01),
        clip_ratio_low_mean=abs(rng.normal(0.002, 0.001)), clip_ratio_high_mean=abs(rng.normal(0.004, 0.002)),
        clip_ratio_region_mean=abs(rng.normal(0.006, 0.002)), reward=float(np.sum(means)), reward_std=0.5,
        num_tokens=step * 64 * 150.0, completions_mean_length=length, completions_max_length=256.0,
        completions_min_length=40.0, completions_mean_terminated_length=length - 6, completions_clipped_ratio=truncated,
    )  # fmt: skip
    if examples_every and step % examples_every == 0:
        for group, kept in enumerate(("best", "worst", "divided", "lot")):
            _examples(log, rng, step, group, kept, functions, along, texts, where)
    if eval_every and step % eval_every == 0:
        _evaluate(log, rng, step, steps, functions)


def _examples(
    log: LogBuilder,
    rng: np.random.Generator,
    step: int,
    group: int,
    kept: str,
    functions: tuple[str, ...],
    along: float,
    texts: tuple[str, ...] | None,
    where: dict[str, Any],
) -> None:
    a, b = (int(v) for v in rng.integers(2, 10, 2))
    good = {"best": 0.95, "worst": 0.1}.get(kept, 0.5)
    totals = []
    rows = []
    for index in range(8):
        right = bool(rng.random() < good)
        answer = a + b if right else a + b + int(rng.integers(1, 4))
        think = f"Step 1: I start with {a}.\nStep 2: Adding {b} gives {answer}.\n"
        text = f"<think>\n{think * (1 + index % 3)}</think>\n\n<answer>\n{answer}\n</answer>"
        if texts is not None:
            text = texts[(step + group + index) % len(texts)]
        rewards = {name: round(float(rng.normal(0.8 if right else 0.1, 0.1)), 3) for name in functions}
        rewards[functions[0]] = 1.0 if right else 0.0
        totals.append(sum(rewards.values()))
        rows.append((text, rewards))
    spread = float(np.std(totals, ddof=1)) + 1e-4
    for index, (text, rewards) in enumerate(rows):
        log.add(
            ExampleEvent, step, group=group, index=index, prompt_id=f"{group:016x}", source="sums", kept=kept,
            prompt=f"What is {a} + {b}? Think step by step." if texts is None else texts[group % len(texts)],
            completion=text, rewards=rewards, total=totals[index],
            advantage=(totals[index] - float(np.mean(totals))) / spread, tokens=len(text) // 3,
            truncated=index == 7, finish="length" if index == 7 else "stop", **where,
        )  # fmt: skip
