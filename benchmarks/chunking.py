"""Whether alerts are the same live and replayed: random runs in random pieces, killed and resumed at random steps.

python benchmarks/chunking.py [RUNS] [FIRST]

RUNS: runs, default 100. FIRST: seed of the first, default 0. A run is judged at once, in pieces, and row by row; then
it is trained over several attempts, and what was said while its log was written is held against the log replayed.
Ends with 1 if anything differs.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "trends"))

import wild_runs

from grpolog.trends import attempts, replay


def differs(seed: int, told: Counter[str]) -> bool:
    """Whether a run is judged differently in any way; what is said of it is counted in `told`."""
    dice = np.random.default_rng(seed)
    rows = wild_runs.run(seed)
    state = wild_runs.begin(seed)
    whole = wild_runs.at_once(state, rows)
    told.update(alert.rule for alert in whole)
    pieces = wild_runs.in_pieces(state, rows, dice)
    live = wild_runs.row_by_row(state, rows, dice)
    training = wild_runs.trained(seed)
    log = attempts(map(wild_runs.decoded, training.lines))
    replayed = {number: wild_runs.in_order(each.alerts) for number, each in replay(lambda _: state, log).items()}
    said = {number: alerts for number, alerts in training.alerts.items() if number in replayed or alerts}
    return not repr(whole) == repr(pieces) == repr(live) or repr(replayed) != repr(said)


def main() -> int:
    """Print the figures."""
    runs, first = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((1, 100), (2, 0)))
    begin, told = time.perf_counter(), Counter[str]()
    bad = [seed for seed in range(first, first + runs) if differs(seed, told)]
    spent = time.perf_counter() - begin
    print(f"{len(bad)} of {runs:,} runs differ; {told.total():,} alerts of {len(told)} rules; {spent:.0f} s")
    if bad:
        print("seeds:", *bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
