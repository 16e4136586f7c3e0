"""Score detection on the runs that `make faults` trained: what was expected, what was said in training and in replay.

python benchmarks/faults/score.py

Nothing is trained here; runs that are missing are named. An error is right if the verdict at the end is error and that
was expected; a trouble was found in time if one of its rules reached the severity within the steps of the label.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from cache import Cache
from experiments import EXPERIMENTS, Experiment

from grpolog.analysis import read
from grpolog.analysis.judgement import SYSTEM, Judgement, judge

ROOT = Path(__file__).parents[2]
_SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Scored:
    """What is said of one run."""

    experiment: Experiment
    judgement: Judgement
    found: int | None
    """Step at which a rule of the label reached its severity; None: never."""

    differences: Sequence[str]
    """What training and replay do not share, and why: rules that have changed since, or a fault of grpolog."""

    @property
    def verdict(self) -> str:
        """As in a label: info is ok."""
        return "ok" if self.judgement.verdict == "info" else self.judgement.verdict

    @property
    def in_time(self) -> bool:
        """Whether the trouble was found within the steps of the label; two before it are the row and its window."""
        expected = self.experiment.expected
        return self.found is not None and -2 <= self.found - expected.onset <= expected.within

    @property
    def false_alarms(self) -> Sequence[str]:
        """Rules that warned of a run without trouble, those about the machine left out: it has other work as well."""
        expected = self.experiment.expected
        if expected.verdict != "ok":
            return ()
        loud = {f.rule for f in self.judgement.findings if f.severity != "info" and f.rule not in SYSTEM}
        return sorted(loud - set(expected.rules))


def score(experiment: Experiment, log: Path) -> Scored:
    """Judge one run."""
    run = read(log)
    expected = experiment.expected
    enough = _SEVERITIES[_SEVERITIES.index(expected.reached) :] if expected.rules else ()
    told = run.replay.alerts.filter(
        # a stall is seen by the clock, which does not come again
        (pl.col("origin") != "recorded") | (pl.col("rule") == "stall"),
        pl.col("rule").is_in(expected.rules),
        pl.col("severity").is_in(enough),
        pl.col("state") != "resolved",
    )
    found = told["step"].min()
    return Scored(experiment, judge(run), found if isinstance(found, int) else None, run.replay.differences)


def main() -> int:
    """Print a table and the sums."""
    cache = Cache(ROOT / "build" / "faults")
    missing = [each.name for each in EXPERIMENTS if not cache.has(each)]
    if missing:
        print(f"NOT SCORED, NOT TRAINED: {', '.join(missing)}; `make faults` trains them")
    scored = [score(each, cache.log(each)) for each in EXPERIMENTS if cache.has(each)]
    if scored:
        _print(scored)
    return 0


def _print(scored: Sequence[Scored]) -> None:
    print(f"{'run':<11}{'expected':<10}{'said':<9}{'rule at step (from, within)':<70}live = replayed")
    for each in scored:
        expected = each.experiment.expected
        told = "-"
        if expected.rules:
            found = "never" if each.found is None else f"at {each.found}"
            told = f"{'/'.join(expected.rules)} {expected.reached} {found} ({expected.onset}, {expected.within})"
        marks = [f"FALSE ALARM {rule}" for rule in each.false_alarms]
        marks += [] if each.verdict == expected.verdict else ["WRONG VERDICT"]
        marks += [] if not expected.rules or each.in_time else ["NOT IN TIME"]
        same = " ".join(each.differences) or "yes"
        row = f"{each.experiment.name:<11}{expected.verdict:<10}{each.verdict:<9}{told:<70}{same} {' '.join(marks)}"
        print(row.rstrip())
    pairs = [(each.experiment.expected.verdict == "error", each.verdict == "error") for each in scored]
    right = sum(wanted and said for wanted, said in pairs)
    said, wanted = sum(said for _, said in pairs), sum(wanted for wanted, _ in pairs)
    troubled = [each for each in scored if each.experiment.expected.rules]
    calm = [each for each in scored if each.experiment.expected.verdict == "ok"]
    print(f"error: precision {right}/{said}, recall {right}/{wanted}")
    print(f"found in time: {sum(each.in_time for each in troubled)}/{len(troubled)}")
    print(f"runs without trouble that were warned of: {sum(bool(each.false_alarms) for each in calm)}/{len(calm)}")


if __name__ == "__main__":
    sys.exit(main())
