"""A rank that all others wait for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from grpolog.analysis.case import PHASES, Case
from grpolog.analysis.finding import Finding
from grpolog.analysis.post.rule import said
from grpolog.trends.rules import NOT_HERE, About
from grpolog.trends.table import Floats, Ints

_WORDS: Final = {
    "perf/step_seconds": "a step",
    "perf/generation_seconds": "sampling",
    "perf/reward_seconds": "scoring",
}


@dataclass(frozen=True, slots=True)
class Stragglers:
    """One rank is slower than the others, window after window."""

    slower: float = 1.2
    """Median time of a rank in a window over that of the middle rank."""

    share: float = 0.75
    """Share of the window's steps in which the rank is slower by half of that: chance would not choose one rank so
    often."""

    cost: float = 0.05
    """Part of a step that waiting for it takes; less is not worth looking."""

    window: int = 16
    """Steps in a window."""

    windows: int = 3
    """Windows in a row."""

    name: str = "stragglers"
    about: ClassVar[About] = About(
        looks_for="One rank needs 1.2 times as long as the middle one for its step, its sampling or its scoring, over "
        "three windows of 16 steps in a row, and the wait takes 5 % of a step.",
        causes="A GPU that throttles or is shared, a slow link or node, a CPU that other jobs use, prompts that are "
        "longer on one rank, a reward service that answers one rank slowly.",
        remedy="Compare the rank's clock and temperature with the others' (nvidia-smi -q -d PERFORMANCE); move it to "
        "another node; spread long prompts; over-sample and drop the last.",
        source="post-training-toolkit's straggler rule (1.2 for three checks); RollPacker; verl #6747",
    )

    def unjudged(self, case: Case) -> str | None:  # noqa: D102
        ranks, world = set(case.paces.ranks.tolist()), case.pulse.opening.world_size if case.pulse.opening else None
        if world == 1:
            return f"{NOT_HERE}there is one rank"
        if len(ranks) < 2:
            return f"times of {len(ranks)} of {world or 'an unknown number of'} ranks were recorded"
        if not self._phases(case):
            return f"fewer than {self.window * self.windows} steps of several ranks were recorded"
        return None

    def judge(self, case: Case) -> Iterator[Finding]:  # noqa: D102
        phases = self._phases(case)
        whole = phases.get("perf/step_seconds")
        told: set[int] = set()
        for metric in (*PHASES[1:], PHASES[0]):  # what is slow within the step says more than the step
            if metric not in phases:
                continue
            ranks, steps, times = phases[metric]
            for rank, finding in self._slow(metric, ranks, steps, times, whole):
                if rank not in told:
                    told.add(rank)
                    yield finding

    def _phases(self, case: Case) -> dict[str, tuple[Ints, Ints, Floats]]:
        """By phase the ranks, the steps, and steps by ranks the seconds, as far as several ranks have enough of it."""
        paces, found = case.paces, {}
        for metric, seconds in paces.seconds.items():
            there = seconds > 0  # a step that reuses completions samples none
            ranks, column = np.unique(paces.ranks[there], return_inverse=True)
            steps, row = np.unique(paces.steps[there], return_inverse=True)
            times = np.full((len(steps), len(ranks)), np.nan)
            times[row, column] = seconds[there]
            shared = np.isfinite(times).all(axis=1)
            if len(ranks) > 1 and shared.sum() >= self.window * self.windows:
                found[metric] = ranks, steps[shared], times[shared]
        return found

    def _slow(
        self, metric: str, ranks: Ints, steps: Ints, times: Floats, whole: tuple[Ints, Ints, Floats] | None
    ) -> Iterator[tuple[int, Finding]]:
        """The ranks that were slow, with what is said of the newest time they were."""
        number = len(steps) // self.window
        steps = steps[: number * self.window].reshape(number, self.window)  # from the first step on: windows stay
        times = times[: number * self.window].reshape(number, self.window, -1)
        middle = np.sort(times, axis=2)[:, :, (len(ranks) - 1) // 2, None]
        medians, usual = np.median(times, axis=1), np.median(middle, axis=1)
        length = usual if whole is None else np.full(usual.shape, np.median(whole[2]))
        often = (times > (1.0 + 0.5 * (self.slower - 1.0)) * middle).mean(axis=1) >= self.share
        slow = often & (medians >= self.slower * usual) & (medians - usual >= self.cost * length)
        for place, rank in enumerate(ranks.tolist()):
            stretch = self._stretch(slow[:, place])
            if stretch is None:
                continue
            first, last = stretch
            mine, others = (float(np.median(a[first : last + 1])) for a in (medians[:, place], usual))
            lost = (mine - others) / float(length[last, 0])
            message = (
                f"rank {rank} takes {mine:.3g} s for {_WORDS[metric]}, the middle rank {others:.3g} s: waiting for it "
                f"is {lost:.0%} of a step (steps {steps[first, 0]:,} to {steps[last, -1]:,})"
            )
            seen = int(steps[first + self.windows - 1, -1])
            over = None if last == number - 1 else int(steps[last + 1, -1])
            onset = int(steps[first, 0])
            told = said(self, "warning", seen, message, metric=metric, onset=onset, resolved=over)
            yield rank, replace(told, before=others, after=mine, limit=self.slower * others, window=self.window)

    def _stretch(self, slow: np.ndarray) -> tuple[int, int] | None:
        """First and last window of the newest run of slow ones that is long enough."""
        found, begin = None, None
        for place, here in enumerate([*slow.tolist(), False]):
            if here:
                begin = place if begin is None else begin
            elif begin is not None:
                if place - begin >= self.windows:
                    found = begin, place - 1
                begin = None
        return found
