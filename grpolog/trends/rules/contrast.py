"""Whether groups differ: without contrast there is nothing to learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class NoContrast:
    """All answers of a group score the same.

    At the ceiling of the task that means solved (info: stop here), at its floor a dead run (error), between them
    wasted compute (warning). The share of equal groups is the trainer's where it tells one; else whether the batch had
    a spread at all. Never judged in evaluations.
    """

    wasted: float = 0.7
    """Warning from this share of equal groups on."""

    dead: float = 0.7
    """Error from this share on, if as large a share of the cycles lies at the worst level seen."""

    name: str = "no_contrast"
    about: ClassVar[About] = About(
        looks_for="Groups whose answers all score the same: their advantage is zero and nothing is learned from them.",
        causes="Prompts that are always or never solved; a verifier that fails everything; answers cut off before "
        "their end; a sampling temperature too low.",
        remedy="Keep prompts with a pass rate of 20 to 80 % (dynamic sampling), more generations or a higher "
        "temperature; where every answer fails, test the reward function and the length limit first; where every "
        "answer is right, the run is done.",
        source="DAPO (2503.14476); TRL's grpo_trainer docs; TRL #5697",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.role(roles.NO_CONTRAST) is None and view.metric("reward_std") is None:
            return "neither the share of equal groups nor a spread of rewards was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        share = view.role(roles.NO_CONTRAST)
        spread = view.metric("reward_std")
        task = view.task
        if share is None and spread is not None:
            share = spread.map("equal", lambda v: np.where(np.isnan(v), np.nan, (v == 0).astype(float)))
        if share is None:
            return
        metric = spread.name if "|" in share.name and spread is not None else share.name
        size = len(view)
        none = np.zeros(size, bool)
        at_floor = none
        worst = np.full(size, np.nan)
        if task is not None:
            floor, _ = view.range(task)
            low, high = view.extremes(task)
            worst = np.fmax(low, floor)
            # share of the last 8 cycles whose reward is the worst there is
            counted = [np.abs(task.past(1, lag) - worst) <= 0.05 * np.fmax(high - worst, 0.0) for lag in range(8)]
            at_floor = np.mean(counted, axis=0) >= self.dead
        equal = share.mean(8)
        dead = (equal >= self.dead) & at_floor
        solved = view.solved(0.85)
        rising = view.rising(16) | view.rising(64)
        wasted = (share.mean(16) - 2.0 * share.noise() * np.sqrt(1.0 / 16) > self.wasted - 0.1) & (
            share.mean(16) >= self.wasted
        )
        yield Finding(
            metric,
            levels(info=wasted | dead, warning=(wasted & ~solved & ~rising) | dead, error=dead),
            lambda i: (
                f"{equal[i]:.0%} of the groups (or batches) scored all the same"
                + (f", at the worst reward there is ({worst[i]:.3g})" if dead[i] else "")
                + (", at the ceiling: the task is solved" if solved[i] and not dead[i] else "")
            ),
            hold=(8, 8, 6),
            clear=(share.mean(16) < self.wasted - 0.1) & ~dead,
            hold_clear=8,
            after=equal,
            window=8,
        )
