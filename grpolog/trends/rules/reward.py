"""Rules on the level of rewards: lost, never learned, gamed, swinging."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
from grpolog.trends.series import SIGNIFICANCE, Series
from grpolog.trends.table import Floats, Mask
from grpolog.trends.view import View

NO_REWARD = "no reward was logged"


def judged(view: View) -> list[Series]:
    """The total, and the functions where they are more than one."""
    total = view.total
    names = view.functions if total is None or len(view.functions) > 1 else ()
    series = [view.metric(f"rewards/{name}/mean") for name in names]
    return [s for s in (total, *series) if s is not None]


def is_task(view: View, series: Series) -> bool:
    """Whether a reward says how the run fares: the total, a primary that was given, or the best guess without a
    total.
    """
    name = view.function(series)
    if name is None or (view.certain and name == view.primary):
        return True
    return view.total is None and view.primary in (None, name)


@dataclass(frozen=True, slots=True)
class RewardDrop:
    """A reward lost what it had reached.

    Windows of 2 to 64 cycles are held against the best level that such a window had before. A loss counts when it is
    beyond noise and the luck of the best window. Error: most of what lay above the floor is gone. A shaping function
    that falls while the task rises is worth an info only.
    """

    spreads: float = 0.25
    """Warning from this loss on, in standard deviations of one completion's reward."""

    share: float = 0.67
    """Error from this share on of what lay above the floor."""

    name: str = "reward_drop"
    about: ClassVar[About] = About(
        looks_for="A reward falls from the best level it had: slowly, or at once.",
        causes="A learning rate too high, too many steps on one generation, a KL term too weak, a broken verifier or "
        "sandbox, completions that run into the length limit.",
        remedy="Read the groups around the onset; go back to the checkpoint before it; lower the learning rate, raise "
        "beta or clip tighter; if the reward fell to its floor at once, test the reward function first.",
        source="fast loss: Hunter/Otava (significance and size); best level: measured on seeded curves and real logs",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if judged(view) else NO_REWARD

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for series in judged(view):
            yield self._finding(view, series)

    def _finding(self, view: View, series: Series) -> Finding:
        floor, _ = view.range(series)
        spread = view.spread(series)
        size = len(series)
        lost_most, lost_some = np.zeros(size, bool), np.zeros(size, bool)
        before, after = np.full(size, np.nan), series.mean(2).copy()
        effect, averaged = np.full(size, np.nan), np.full(size, 2)
        for window in (2, 4, 16, 64):
            change = series.drop(window)
            real = change.significant()
            if not real.any():
                continue
            chance = view.chance(series, change.before) * math.sqrt(2.0 / window)
            real &= ~(change.size <= SIGNIFICANCE * chance)
            above = change.before - floor
            most = real & (change.size >= self.share * above) & (change.size >= self.spreads * spread)
            some = real & (change.size >= np.maximum(self.spreads * spread, 0.04 * above)) & (window >= 16)
            lost_most |= most
            lost_some |= some
            here = (most | some) & np.isnan(before)
            before[here], after[here] = change.before[here], change.after[here]
            effect[here], averaged[here] = (change.size / change.error)[here], window
        best = np.fmax(series.highest(4), before)
        left = best - series.mean(4)
        clear = (left < 0.4 * (best - floor)) & ~lost_some
        task = is_task(view, series)
        shaping = np.zeros(size, bool) if task else self._paid(view, series)
        return Finding(
            series.name,
            levels(
                info=lost_some | lost_most,
                warning=(lost_some | lost_most) & ~shaping,
                error=lost_most if task else None,
            ),
            lambda i: (
                f"{series.name} fell from {before[i]:.3g} to {after[i]:.3g}"
                + ("" if not lost_most[i] else ", most of what it had")
            ),
            hold=(4, 4, 2),
            clear=clear,
            hold_clear=4,
            before=before,
            after=after,
            effect=lambda i: effect[i],
            window=4,
            averaged=averaged,
        )

    def _paid(self, view: View, shaping: Series) -> Mask:
        """Whether the task, or what is named like it, rises while another function falls."""
        paid = view.rising(64) | view.rising(16)
        guessed = view.metric(f"rewards/{view.primary}/mean") if view.primary else None
        if guessed is not None and guessed is not shaping:
            paid = paid | view.gains(guessed, 64) | view.gains(guessed, 16)
        found: Mask = paid & ~view.fallen(0.3, 2)
        return found


@dataclass(frozen=True, slots=True)
class RewardHacking:
    """The task falls while what is optimised rises."""

    spreads: float = 0.25
    name: str = "reward_hacking"
    about: ClassVar[About] = About(
        looks_for="The primary reward falls while the total, or another function, rises.",
        causes="Another function is easier to raise than the task: format, length, a style score, a leak in a check.",
        remedy="Read the groups with the largest total; give the gamed function less weight or gate it on a correct "
        "answer; go back to the checkpoint before the onset.",
        source="LeetCode hack in 80 to 100 steps (LessWrong hBjn9rqg); RLVR book, ch. 7",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if len(view.functions) < 2:
            return f"{NOT_HERE}there are not two reward functions"
        if view.primary is None:
            return "which function is the task is not known: name it as primary"
        if view.metric(f"rewards/{view.primary}/mean") is None:
            return f"no reward of {view.primary}, the primary, was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        primary = view.metric(f"rewards/{view.primary}/mean") if view.primary else None
        if primary is None or len(view.functions) < 2:
            return
        drop = primary.drop(16)
        least = self.spreads * view.spread(primary)
        lost = drop.before - primary.mean(4)  # what is back does not count, though the mean of 16 remembers it
        fallen = drop.significant() & (drop.size >= least) & (lost >= least)
        gamed = np.zeros(len(view), bool)
        for other in judged(view):
            enough = self.spreads * view.spread(other)
            if other is not primary and fallen.any():
                gain = other.mean(16) - other.past(16, 64)
                gamed |= (gain > 3.0 * math.sqrt(2.0 / 16) * other.noise()) & (gain >= enough)
        bad = fallen & gamed
        yield Finding(
            primary.name,
            levels(warning=bad, error=bad if view.certain else None),
            lambda i: f"{primary.name} fell from {drop.before[i]:.3g} to {drop.after[i]:.3g} while other rewards rose",
            hold=(4, 4, 8),
            clear=(drop.size < 0.5 * least) | (lost < 0.5 * least),
            hold_clear=8,
            before=drop.before,
            after=drop.after,
            effect=drop.effect,
            window=16,
        )


@dataclass(frozen=True, slots=True)
class Stagnation:
    """Nothing was learned in a long time: an equivalence test, so that mere noise is not reported as stagnation."""

    cycles: int = 300
    gain: float = 0.08
    """A rate that can have risen by no more than this (95 %) has not moved."""

    spreads: float = 0.2
    """The same for other rewards, in standard deviations of one completion's reward."""

    name: str = "stagnation"
    about: ClassVar[About] = About(
        looks_for="After 300 cycles the task has not risen, and that is sure: the upper end of the interval is small.",
        causes="Prompts too hard or too easy, a reward that does not tell answers apart, a learning rate too low, an "
        "optimizer that updates nothing.",
        remedy="Read groups with contrast; take prompts that the model solves at times; test the reward function on "
        "samples; raise the learning rate.",
        source="Unsloth's tutorial (train 300 steps before judging); equivalence test on the slope",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.task is None:
            return NO_REWARD
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        task = view.task
        if task is None:
            return
        start, now = task.beginning(64), task.mean(64)
        rise, error = task.trend()
        limit = np.where(view.bounded(task), self.gain, self.spreads * view.spread(task))
        flat = (np.abs(rise) + 1.64 * error < limit) & (task.count >= self.cycles) & ~view.solved(0.85)
        flat &= np.abs(now - start) + math.sqrt(2.0 / 64) * task.noise() < 1.5 * limit
        yield Finding(
            task.name,
            levels(warning=flat),
            lambda i: f"{task.name} has not moved since the beginning ({start[i]:.3g}, now {now[i]:.3g})",
            hold=(8, 8, 8),
            clear=rise > limit,
            before=start,
            after=now,
            effect=lambda i: -rise[i] / error[i],
            window=64,
        )


@dataclass(frozen=True, slots=True)
class Oscillation:
    """A reward swings far more than it did before."""

    ratio: float = 4.0
    name: str = "oscillation"
    about: ClassVar[About] = About(
        looks_for="The task's level swings over tens of cycles, several times more than it did.",
        causes="A learning rate too high, batches too small, two rewards that pull against each other.",
        remedy="Lower the learning rate; more prompts or generations per step; look whether two rewards alternate.",
        source="open-r1 #403, Search-R1 #97; variance ratio in arcsine scale",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.task is not None else NO_REWARD

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        task = view.task
        if task is None:
            return
        swing = task.map("swing", _swings)
        level, calm = swing.mean(64), np.fmax(swing.lowest(128), swing.beginning(128))
        if view.setting.completions_per_step:  # a reward that stood at 0 is no calm to compare with
            calm = np.maximum(calm, 0.25 / view.setting.completions_per_step)
        wide = (level >= self.ratio * calm) & (np.sqrt(level) >= 0.15) & view.bounded(task)
        yield Finding(
            task.name,
            levels(warning=wide & ~view.fallen(0.6, 16)),
            lambda i: (
                f"{task.name} swings: its spread over tens of cycles is {np.sqrt(level[i] / calm[i]):.1f} times "
                "what it was"
            ),
            hold=(16, 16, 16),
            clear=level < 0.5 * self.ratio * calm,
            hold_clear=16,
            before=calm,
            after=level,
            effect=lambda i: (level[i] - calm[i]) / (swing.noise(64)[i] * np.sqrt(1.0 / 64 + 1.0 / 128)),
            window=32,
            averaged=64,
        )


def _swings(values: Floats) -> Floats:
    """Squared difference of neighbouring means of 4 cycles, in arcsine scale where noise does not depend on the
    level.
    """
    scale = Series.alone("", 2.0 * np.arcsin(np.sqrt(np.minimum(np.maximum(values, 0.0), 1.0))), 0, 0, {})
    now = scale.mean(4)
    near, far, farther = (now - scale.past(4, lag) for lag in (8, 16, 24))
    return (near * near + far * far + farther * farther) / 6.0
