"""Seeded runs in which anything may happen: what judges them must say the same however their rows come.

A run has some of the metrics that rules read. Each has its own curve (calm, a jump, a ramp, swings, all zero), may
come late, end early, have gaps and numbers that are none. Rewards may come with every few rows only, as with several
optimizer steps on one generation.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from grpolog import jsonl
from grpolog.events import TOTAL, Envelope, PerfEvent, QualityEvent, RewardEvent, RunEvent, StepEvent
from grpolog.trends import (
    CATALOGUE,
    Alert,
    Monitor,
    RowBuilder,
    Setting,
    State,
    Table,
    advance,
    attempts,
    naming,
    resumed_state,
    start,
)
from grpolog.trends.table import Row

REWARDS = (
    "reward", "reward_std", "frac_reward_zero_std", "group/equal_share", "group/best_share", "group/worst_share",
    "rewards/accuracy/mean", "rewards/accuracy/best_share", "rewards/accuracy/worst_share",
    "rewards/accuracy/equal_share",
    "rewards/accuracy/std", "rewards/accuracy/advantage_share", "rewards/style/mean", "rewards/style/std",
    "rewards/style/advantage_share", "completions/mean_length", "completion_length", "completions/clipped_ratio",
    "quality/truncated_share", "quality/empty_share", "quality/distinct_share", "quality/format_rate",
    "tools/failure_frequency", "sampling/sampling_logp_difference/mean",
)  # fmt: skip
UPDATES = ("loss", "grad_norm", "kl", "entropy", "perf/step_seconds", "step_time", "perf/gpu0/allocated_gib")
EVALUATIONS = ("eval_reward", "eval_rewards/accuracy/mean")
LEVELS = {"completions/mean_length": 300.0, "completion_length": 300.0, "perf/gpu0/allocated_gib": 40.0}


def _curve(name: str, n: int, dice: np.random.Generator) -> np.ndarray:
    """Values of one metric, one for each row."""
    start = int(dice.integers(0, n))
    time = np.arange(n) - start
    shape = (
        np.zeros(n),
        np.where(time > 0, dice.choice([-3.0, 3.0]), 0.0),
        np.clip(time / dice.integers(10, 200), 0.0, 1.0) * dice.choice([-4.0, 4.0]),
        np.where(time > 0, 2.0 * np.sin(time / dice.integers(2, 12)), 0.0),
        np.where((time > 0) & (time < dice.integers(2, 40)), -6.0, 0.0),
    )[dice.integers(0, 5)]
    level = dice.normal(0.0, 0.6) + shape + dice.choice([0.02, 0.3]) * dice.normal(size=n)
    level += dice.choice([0.0, 0.0, 6.0 / n]) * np.arange(n)
    if name in UPDATES or name in LEVELS:
        values = LEVELS.get(name, 0.5) * np.exp(dice.choice([0.01, 0.4, 1.0]) * level)
    else:
        values = 1.0 / (1.0 + np.exp(-2.0 * level))
        if dice.random() < 0.3:
            values = np.round(values * 8) / 8
    if dice.random() < 0.1:
        values[start:] = 0.0
    if dice.random() < 0.1 and name not in LEVELS:
        values -= 0.4
    values[dice.random(n) < dice.choice([0.0, 0.0, 0.01])] = dice.choice([np.nan, np.inf, -np.inf])
    return values


def run(seed: int) -> list[Row]:
    """A run of 20 to 700 rows."""
    dice = np.random.default_rng(seed)
    n = int(dice.choice([20, 120, 300, 700]) * dice.uniform(0.8, 1.0))
    every, evaluated = int(dice.choice([1, 1, 1, 3])), int(dice.choice([1, 5, 20]))
    strides = np.where(dice.random(n) < 0.02, dice.integers(-3, 2, n), int(dice.choice([1, 1, 5])))
    rows = [Row(int(step), {}) for step in np.cumsum(strides)]
    for name in (*REWARDS, *UPDATES, *EVALUATIONS, "learning_rate", "epoch"):
        if dice.random() < 0.35:
            continue
        values = _curve(name, n, dice).tolist()
        first = int(dice.integers(0, n)) if dice.random() < 0.2 else 0
        last = int(dice.integers(first, n)) if dice.random() < 0.1 else n
        pace = every if name in REWARDS else evaluated if name in EVALUATIONS else 1
        gaps = dice.random(n) < dice.choice([0.0, 0.0, 0.05])
        for row in range(first, last):
            if row % pace == 0 and not gaps[row]:
                rows[row].metrics[name] = values[row]
    return rows


def begin(seed: int) -> State:
    """The state before the first row: something else is known of each run, and some are judged by few rules."""
    dice = np.random.default_rng(seed)
    setting = Setting(
        completions_per_step=(None, 64)[dice.integers(2)],
        primary=(None, "accuracy")[dice.integers(2)],
        reward_range=({}, {"accuracy": (0.0, 1.0)})[dice.integers(2)],
        half_precision=bool(dice.integers(2)),
        reference_sync_steps=(None, 80)[dice.integers(2)],
    )
    few = dice.random(len(CATALOGUE)) < (1.0, 0.2)[dice.integers(2)]
    return start(setting, tuple(rule for rule, kept in zip(CATALOGUE, few, strict=True) if kept), window_size=20)


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts of one run: told in pieces they come in another order."""
    return sorted(alerts, key=lambda alert: (alert.step, alert.rule, alert.metric, alert.state, alert.message))


def at_once(state: State, rows: Sequence[Row]) -> list[Alert]:
    """What is said of all rows together."""
    _, opened, changed = advance(state, Table.of(rows))
    return in_order(opened + changed)


def in_pieces(state: State, rows: Sequence[Row], dice: np.random.Generator) -> list[Alert]:
    """What is said of pieces of random lengths."""
    cuts = np.unique(dice.integers(0, len(rows) + 1, int(dice.integers(0, 60)))).tolist()
    found = []
    for low, high in pairwise([0, *cuts, len(rows)]):
        state, opened, changed = advance(state, Table.of(rows[low:high]))
        found += opened + changed
    return in_order(found)


def row_by_row(state: State, rows: Sequence[Row], dice: np.random.Generator) -> list[Alert]:
    """What a monitor says, from which what is left is asked at random rows."""
    monitor = Monitor()
    monitor.state = state
    found = []
    often = dice.choice([0.0, 0.05, 1.0])
    for row in rows:
        found += [*monitor.update(*row), *monitor.changes()]
        if dice.random() < often:
            found += [*monitor.finish(), *monitor.changes()]
    return in_order([*found, *monitor.finish(), *monitor.changes()])


_REWARD_FIELDS = {
    metric: (name, field) for name in (TOTAL, "accuracy", "style") for field, metric in naming.reward(name).items()
}
_FIELDS = {
    kind: {metric: field for field, metric in fields.items()}
    for kind, fields in ((QualityEvent, naming.QUALITY), (PerfEvent, naming.PERF), (StepEvent, naming.STEP))
}


def events(row: Row) -> Iterator[Envelope]:
    """What a recorder writes for a row."""
    rewards: dict[tuple[str, str], dict[str, float]] = {}
    fields: dict[type[Envelope], dict[str, float]] = {kind: {} for kind in _FIELDS}
    others = {}
    for metric, value in row.metrics.items():
        if metric.removeprefix("eval_") in _REWARD_FIELDS:
            name, field = _REWARD_FIELDS[metric.removeprefix("eval_")]
            rewards.setdefault(("eval" if metric.startswith("eval_") else "train", name), {})[field] = value
            continue
        kind = next((kind for kind, known in _FIELDS.items() if metric in known), None)
        if kind is None:
            others[metric] = value
        else:
            fields[kind][_FIELDS[kind][metric]] = value
    for (mode, name), numbers in rewards.items():
        yield RewardEvent(step=row.step, mode=mode, name=name, n=8, **numbers)
    if fields[QualityEvent]:
        yield QualityEvent(step=row.step, n=8, **fields[QualityEvent])
    if fields[PerfEvent]:
        yield PerfEvent(step=row.step, **fields[PerfEvent])
    yield StepEvent(step=row.step, metrics=others, **fields[StepEvent])


class Training:
    """As much of a recorder as its monitor sees: one log, written over several attempts and judged while written."""

    def __init__(self, state: State) -> None:
        self.state = state
        """Before the first row."""
        self.lines: list[bytes] = []
        self.alerts: dict[int, list[Alert]] = {}
        """What was said in each attempt that came to a row."""

    def attempt(self, resumed: int, rows: Sequence[Row], dice: np.random.Generator) -> None:
        """Train again from a step on, until a random event or to the end."""
        number = len(self.alerts)
        builder, monitor = RowBuilder(), Monitor()
        monitor.state = resumed_state(self.state, attempts(map(decoded, self.lines)), resumed)
        log = [event for row in rows if row.step > resumed for event in events(row)]
        killed = dice.random() < 0.5
        log = [_run("start", number, resumed), *log[: dice.integers(1, len(log) + 1) if killed and log else None]]
        often = dice.choice([0.0, 0.05, 1.0])
        found: list[Alert] = []
        for event in [*log, *([] if killed else [_run("end", number, resumed)])]:
            self.lines.append(jsonl.encode(event))
            row = builder.add(event.__dict__)
            if row is None:
                continue
            found += [*monitor.update(*row), *monitor.changes()]
            if dice.random() < often:
                found += [*monitor.finish(), *monitor.changes()]
        self.alerts[number] = in_order([*found, *monitor.finish(), *monitor.changes()])


def decoded(line: bytes) -> dict[str, object]:
    """A line of the log as it is read again."""
    return jsonl.decode(line)[0]


def _run(phase: str, attempt: int, resumed: int) -> RunEvent:
    return RunEvent(
        step=resumed,
        phase=phase,
        status="running" if phase == "start" else "finished",
        run_id="0",
        name="wild",
        grpolog_version="0",
        attempt=attempt,
        resumed_from_step=resumed,
    )


def trained(seed: int) -> Training:
    """A run that is killed and resumed a few times, each time with other luck."""
    dice = np.random.default_rng(seed)
    training = Training(begin(seed))
    rows = run(seed)
    for resumed in [0, *dice.integers(0, max(row.step for row in rows) + 1, int(dice.integers(1, 4))).tolist()]:
        training.attempt(resumed, rows, dice)
    return training
