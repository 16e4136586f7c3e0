"""What detection costs and what it is worth: row by row, a log replayed, and scorers where they are at hand.

python benchmarks/detection.py [SCORERS]

SCORERS: a folder with score_real_runs.py and score_scenarios.py, which judge `grpolog check` on labelled logs and
`grpolog.Monitor` on seeded curves, beside a rule that tells every change of 10 % (`--naive`). Default:
`../shared/bench` beside the checkout; left out where it is absent.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from grpolog.trends import Column, Monitor, Setting, Table, advance, start

ROWS = 100_000
NAMES = (
    "reward", "reward_std", "frac_reward_zero_std", "rewards/accuracy/mean", "rewards/accuracy/std",
    "rewards/format/mean", "rewards/format/std", "kl", "entropy", "grad_norm", "loss", "completions/mean_length",
    "completions/clipped_ratio", "perf/step_seconds", "perf/rss_gib", "perf/gpu0/allocated_gib",
    "quality/empty_share", "quality/distinct_share", "quality/format_rate", "tools/failure_frequency",
)  # fmt: skip


def curves() -> dict[str, np.ndarray]:
    """A calm run of 20 metrics."""
    dice = np.random.default_rng(1)
    return {name: 0.5 + 0.02 * dice.normal(size=ROWS) for name in NAMES}


def main() -> None:
    """Print the figures; times are those of the thread, so that other processes do not count."""
    values = curves()
    setting = Setting(group_size=8, completions_per_step=64)
    table = Table(np.arange(1, ROWS + 1), {name: Column(np.arange(ROWS), column) for name, column in values.items()})
    begin = time.thread_time()
    state, _, _ = advance(start(setting), table)
    print(f"replay of {ROWS:,} rows of {len(NAMES)} metrics: {time.thread_time() - begin:.2f} s")
    monitor = Monitor(setting=setting)
    spent = []
    for row in range(1_000):
        metrics = {name: float(column[row]) for name, column in values.items()}
        begin = time.thread_time()
        monitor.update(row + 1, metrics)
        monitor.finish()
        spent.append(1000 * (time.thread_time() - begin))
    p50, p99 = np.percentile(spent[500:], (50, 99))
    print(f"a row judged at once, as the recorder does from 1 s a step on: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    for what, before in (("from the first row", None), (f"after {ROWS:,} rows", state)):
        monitor = Monitor(setting=setting)
        if before is not None:
            monitor.state, monitor._count = before, ROWS
        spent = []
        for row in range(4_000):
            metrics = {name: float(column[row]) for name, column in values.items()}
            begin = time.thread_time()
            monitor.update(row + 1, metrics)
            spent.append(1000 * (time.thread_time() - begin))
        p50, p99 = np.percentile(spent, (50, 99))
        print(f"Monitor.update {what}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, maximum {max(spent):.1f} ms")
    scorers = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "bench")
    for name, *options in (("score_real_runs.py",), ("score_scenarios.py",), ("score_scenarios.py", "--naive")):
        if (scorers / name).exists():
            print("\n" + " ".join((name, *options)), flush=True)
            subprocess.run([sys.executable, scorers / name, *options], check=True)
        else:
            print(f"\n{name} is not in {scorers}: left out")


if __name__ == "__main__":
    main()
