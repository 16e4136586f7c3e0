"""Runs as rows, and what is said of them, live and replayed."""

import math
from collections.abc import Callable

import numpy as np

from grpolog.trends import Alert, Monitor, Setting, Table, advance, start
from grpolog.trends.table import Row

Rows = list[Row]
Metrics = dict[str, float]


def run(steps: int, metrics: Callable[[int, np.random.Generator], Metrics], seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    return [Row(step, metrics(step, rng)) for step in range(1, steps + 1)]


def judged(rows: Rows, setting: Setting | None = None) -> list[Alert]:
    """The alerts of a run, the same live as replayed."""
    _, opened, changed = advance(start(setting), Table.of(rows))
    monitor = Monitor(setting=setting)
    live = [alert for row in rows for alert in (*monitor.update(*row), *monitor.changes())]
    live += [*monitor.finish(), *monitor.changes()]
    key = lambda a: (a.step, a.rule, a.metric, a.state)  # noqa: E731
    whole = sorted(opened + changed, key=key)
    assert sorted(live, key=key) == whole
    return [alert for alert in whole if alert.rule != "trend"]


def grave(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.severity != "info"]


def rate(rng: np.random.Generator, p: float, n: int = 64) -> float:
    return float(rng.binomial(n, p) / n)


def healthy(step: int, rng: np.random.Generator, total: int = 300) -> Metrics:
    """A run that learns from 0.2 to 0.8."""
    p = 0.2 + 0.6 * (1 - math.exp(-4 * step / total))
    reward = rate(rng, p)
    return {
        "reward": reward,
        "reward_std": 0.4,
        "frac_reward_zero_std": rate(rng, 0.2, 8),
        "kl": 0.05 * (1 - math.exp(-step / 60)) * math.exp(rng.normal(0, 0.2)) + 1e-5,
        "entropy": 0.8 * math.exp(-step / total) * math.exp(rng.normal(0, 0.05)),
        "grad_norm": 0.4 * math.exp(rng.normal(0, 0.3)),
        "loss": float(rng.normal(0, 0.01)),
        "completions/mean_length": 300 * math.exp(rng.normal(0, 0.05)),
        "completions/clipped_ratio": rate(rng, 0.03),
        "perf/step_seconds": 10 * math.exp(rng.normal(0, 0.08)),
        "perf/gpu0/allocated_gib": 40 * math.exp(rng.normal(0, 0.003)),
    }


def worst(rows: Rows, rule: str, setting: Setting | None = None) -> str | None:
    found = [alert.severity for alert in judged(rows, setting) if alert.rule == rule]
    return max(found, key=("info", "warning", "error").index, default=None)


def with_(**curves: Callable[[int, np.random.Generator], float]) -> Callable[[int, np.random.Generator], Metrics]:
    names = {name: name.replace("__", "/") for name in curves}
    return lambda step, rng: healthy(step, rng) | {names[n]: f(step, rng) for n, f in curves.items()}
