"""Whether groups differ: without contrast there is nothing to learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
from grpolog.trends.series import SIGNIFICANCE, Series
from grpolog.trends.table import Floats, Mask
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class Groups:
    """How the groups of the task ended, as shares of them; NaN where its range is not known."""

    best: Series
    """All completions got the best reward."""

    worst: Series
    """All got the worst."""

    equal: Series
    """All got the same."""

    lost: Series
    """All got the same, and not the best."""

    @classmethod
    def of(cls, view: View) -> Self | None:
        """Those of the task; None where groups are not at hand."""
        if view.task is None:
            return None
        name = view.function(view.task)
        of = "group" if name is None else f"rewards/{name}"
        best, worst, equal = (view.metric(f"{of}/{which}_share") for which in ("best", "worst", "equal"))
        if best is None or worst is None or equal is None:
            return None
        return cls(best, worst, equal, equal.like("lost", equal.values - best.values))

    def told(self, i: int) -> str:
        """The shares of the last 8 cycles up to a new one, where they are known."""
        best, worst = (float(series.mean(8)[i]) for series in (self.best, self.worst))
        return "" if np.isnan(best + worst) else f" ({best:.0%} all at the best reward, {worst:.0%} at the worst)"


@dataclass(frozen=True, slots=True)
class NoContrast:
    """All answers of a group score the same.

    At the ceiling of the task that means solved (info: stop here), at its floor, or where the reward stands still below
    what it was, a dead run (error), between them wasted compute (warning). The share of equal groups is the trainer's
    where it tells one; else whether the batch had a spread at all; else whether the reward is exactly what it was: as a
    log may round, and totals may cancel, this is only said of a dead run, and of none with a gradient. Never judged in
    evaluations. What was raised is over once the task lies above where it began.

    Where the groups of the task are at hand, equal ones are told apart: those that are all best are solved; only where
    the others dominate, and the task is flat, is the run dead. The task may also be without contrast while other
    functions still give the totals some: then the run learns those.
    """

    wasted: float = 0.7
    """Warning from this share of equal groups on."""

    dead: float = 0.7
    """Error from this share on, if as large a share of the cycles lies at the worst level seen; or, where groups are
    at hand, if as many of them were equal and not best for 64 cycles without any gain."""

    name: str = "no_contrast"
    about: ClassVar[About] = About(
        looks_for="Groups whose answers all score the same: their advantage is zero and nothing is learned from them.",
        causes="Prompts that are always or never solved; a verifier that fails everything; answers cut off before "
        "their end; a sampling temperature too low.",
        remedy="Where every answer fails, test the reward function on a right answer and look whether answers are cut "
        "off; where every answer is right, the run is done; else keep prompts with a pass rate of 20 to 80 % (dynamic "
        "sampling), more generations or a higher temperature.",
        source="DAPO (2503.14476); TRL's grpo_trainer docs; TRL #5697",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.setting.group_size == 1:
            return f"{NOT_HERE}a group is one completion"
        return None if self._equal(view) is not None else "no reward was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        found = self._equal(view)
        if found is None:
            return
        share, metric = found
        groups = Groups.of(view)
        yield self._of_totals(view, share, metric, groups)
        name = view.function(view.task) if view.task is not None else None
        if groups is not None and name is not None:
            yield self._of_task(view, share, groups, name)

    def _equal(self, view: View) -> tuple[Series, str] | None:
        """The share of groups, batches or cycles that scored the same, and the metric that tells; None without any."""
        share, spread = view.role(roles.NO_CONTRAST), view.metric("reward_std")
        if share is not None:
            return share, share.name
        if spread is not None:
            same = spread.map("equal", lambda v: np.where(np.isnan(v), np.nan, (v == 0).astype(float)))
            return same, spread.name
        paid = view.total or view.task
        return None if paid is None else (paid.map("still", _still), paid.name)

    def _of_totals(self, view: View, share: Series, metric: str, groups: Groups | None) -> Finding:
        """What is paid in all: without contrast in it the policy gets no gradient."""
        still = roles.is_reward(metric)
        what = "cycles" if still else "groups" if metric == share.name else "batches"
        lately = share.mean(8)
        equal = np.where(np.isnan(lately), share.mean(4), lately)
        task = (view.task is not None and view.function(view.task)) or "reward"
        clipped = view.role(roles.CLIPPED)
        cut = np.zeros(len(view)) if clipped is None else clipped.mean(8)
        at_floor, floor = self._at_floor(view)
        done = self._done(view, groups)
        solved = view.solved(0.85) | done
        rising = view.rising(16) | view.rising(64)
        rising |= view.learned() & (share.count < 32)  # so young a run is held against its beginning
        dead = (equal >= self.dead) & self._stuck(view, groups) & ~done
        if still:
            norm = view.metric("grad_norm")
            dead &= floor <= 0
            if norm is not None:
                dead &= ~(norm.mean(8) > _NO_GRADIENT)
        else:
            dead |= self._frozen(view, share) & ~done
        wasted = (share.mean(16) - 2.0 * share.noise() * np.sqrt(1.0 / 16) > self.wasted - 0.1) & (
            share.mean(16) >= self.wasted
        )
        wasted &= not still
        return Finding(
            metric,
            levels(info=wasted | dead, warning=(wasted & ~solved & ~rising) | dead, error=dead),
            lambda i: (
                f"{equal[i]:.0%} of the {what} scored all the same"
                + (groups.told(i) if groups and not (dead[i] and at_floor[i]) else "")
                + (f", {task} at the worst there is ({floor[i]:.3g})" if dead[i] and at_floor[i] else "")
                + (
                    f"; {cut[i]:.0%} of the completions are cut off at the length limit"
                    if dead[i] and cut[i] >= 0.5
                    else ""
                )
                + (", and the task does not move" if dead[i] and not at_floor[i] else "")
                + (", at the ceiling: the task is solved" if solved[i] and not dead[i] else "")
            ),
            hold=(8, 8, 6),
            clear=((share.mean(16) < self.wasted - 0.1) | (view.learned(SIGNIFICANCE) & ~view.fallen(0.4, 8))) & ~dead,
            hold_clear=8,
            after=equal,
            limit=self.wasted,
            effect=share.beyond(8, self.wasted),
            window=8,
        )

    def _of_task(self, view: View, share: Series, groups: Groups, name: str) -> Finding:
        """The task has no contrast, and the totals have some by other functions: the run learns those."""
        elsewhere = ~(share.mean(8) >= self.wasted)
        lost = (groups.lost.mean(8) >= self.dead) & elsewhere
        done = (groups.best.mean(8) >= self.wasted) & elsewhere
        gone = lost & self._stuck(view, groups) & ~done & ~view.rising(16) & ~view.rising(64)
        if view.total is not None:  # another function may have to be learned first, such as a format
            gone &= (view.total.count >= 32) & ~view.gains(view.total, 16) & ~view.gains(view.total, 64)
        equal = groups.equal.mean(8)
        return Finding(
            groups.equal.name,
            levels(info=lost | done, warning=gone, error=gone),
            lambda i: (
                f"{name} scored all the same in {equal[i]:.0%} of the groups{groups.told(i)}: "
                + ("it is nearly solved, " if done[i] else "")
                + "what is learned are the other reward functions"
            ),
            hold=(8, 16, 64),
            clear=groups.equal.mean(16) < self.wasted - 0.1,
            hold_clear=8,
            after=equal,
            limit=self.wasted,
            effect=groups.equal.beyond(8, self.wasted),
            window=8,
        )

    def _done(self, view: View, groups: Groups | None) -> Mask:
        """Whether the task is at its best, and that is sure: by its groups, or by the range that was given."""
        done = np.zeros(len(view), bool) if groups is None else groups.best.mean(8) >= self.wasted
        if view.task is not None and view.given(view.task) is not None:
            done |= view.solved(0.85)
        return done

    def _stuck(self, view: View, groups: Groups | None) -> Mask:
        """Whether the task lies at its floor; or most groups gave nothing for 64 cycles, and it gained nothing."""
        at_floor, _ = self._at_floor(view)
        if groups is None:
            return at_floor
        idle = (groups.lost.mean(64) >= self.dead) & ~view.rising(16) & ~view.rising(64) & ~view.learned()
        return at_floor | idle

    def _frozen(self, view: View, share: Series) -> Mask:
        """Whether all was equal for 16 cycles, at exactly one reward that was exceeded before: no ceiling, that is."""
        same = share.mean(16) >= 1.0
        if view.task is None or not same.any():
            return np.zeros(len(view), bool)
        low, high = view.extremes(view.task)
        found: Mask = same & (view.task.map("still", _still).mean(16) >= 1.0)
        return found & (view.task.now < high - 0.05 * (high - low))

    def _at_floor(self, view: View) -> tuple[Mask, Floats]:
        """Whether most of the last 8 cycles, or of the first five to seven, had the worst reward, and that reward."""
        task = view.task
        if task is None:
            return np.zeros(len(view), bool), np.full(len(view), np.nan)
        floor, _ = view.range(task)
        low, high = view.extremes(task)
        worst = np.fmax(low, floor)
        counted = [np.abs(task.past(1, lag) - worst) <= 0.05 * np.fmax(high - worst, 0.0) for lag in range(8)]
        return (np.sum(counted, axis=0) >= self.dead * np.clip(task.count, 5, 8)), worst


_NO_GRADIENT: Final = 1e-3
"""Norms up to which a gradient may be that of a KL term or of rounding alone."""


def _still(values: Floats) -> Floats:
    """1 where a value is exactly the one before, 0 where it is another."""
    found = np.full(len(values), np.nan)
    found[1:] = values[1:] == values[:-1]
    found[np.isnan(values)] = np.nan
    return found
