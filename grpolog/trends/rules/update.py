"""Rules on the update: gradient, no change at all, numbers that are none."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.series import SIGNIFICANCE
from grpolog.trends.table import Mask
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class GradientSpike:
    """The gradient norm stands far above its calm level, not once but all the time."""

    growth: float = 2.5
    name: str = "gradient"
    about: ClassVar[About] = About(
        looks_for="The gradient norm is 2.5 times its calm level for many cycles.",
        causes="A learning rate too high, rewards of very different scale, a bad batch that threw the policy off.",
        remedy="max_grad_norm 0.1 to 1, a lower learning rate, check the scale of the rewards.",
        source="TRL #2980; DanceGRPO #55; ms-swift #3713; thresholds published: x10 (post-training-toolkit), 8 sigma "
        "(rldoctor)",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.metric("grad_norm") is not None else "no gradient norm was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        norm = view.metric("grad_norm")
        if norm is None:
            return
        log = norm.log()
        rise = log.rise(16)
        reference = log.past(64, 32)
        high = rise.significant() & (rise.size > math.log(self.growth))
        high &= log.mean(16) - reference > 0.8 * math.log(self.growth)
        yield Finding(
            norm.name,
            levels(warning=high),
            lambda i: f"the gradient norm rose from {np.exp(rise.before[i]):.3g} to {np.exp(rise.after[i]):.3g}",
            hold=(4, 4, 4),
            clear=rise.size < 0.5 * math.log(self.growth),
            hold_clear=32,
            before=np.exp(rise.before),
            after=np.exp(rise.after),
            effect=rise.effect,
            window=24,
            averaged=16,
        )


@dataclass(frozen=True, slots=True)
class NoUpdate:
    """Groups differ, and still nothing changes. A norm of zero beside a task that rises was rounded by its log."""

    cycles: int = 16
    name: str = "no_update"
    about: ClassVar[About] = About(
        looks_for="The gradient norm is zero although rewards within groups differ.",
        causes="No trainable parameters, adapters that are not attached, an optimizer that was not restored, weights "
        "that do not reach the trainer.",
        remedy="Print the trainable parameters; check the adapter and the optimizer after a resume; compare a weight "
        "before and after a step.",
        source="ms-swift #5890; EchoInk #4",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric("grad_norm") is None or view.metric("reward_std") is None:
            return "no gradient norm or no spread of rewards was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        norm, spread = view.metric("grad_norm"), view.metric("reward_std")
        if norm is None or spread is None:
            return
        equal = view.role(roles.NO_CONTRAST)
        live = (spread.now > 0) & ~self._rises(view)
        if equal is not None:
            live &= ~(equal.now >= 0.999)
        # a norm that is logged with every few cycles counts once
        rows, finite = view.cycles.finite.get(norm.name, _NOTHING)
        rows = np.unique(rows[finite])
        if not len(rows):
            return
        still = ((norm.now == 0) & live)[rows]
        # a row of several steps may show the norm of one without a signal: only a long silence counts
        yield Finding(
            norm.name,
            levels(error=still),
            lambda i: "the gradient is zero although rewards within groups differ: nothing is updated",
            hold=(self.cycles, self.cycles, self.cycles),
            clear=((norm.now > 0) | self._rises(view))[rows],
            hold_clear=1,
            after=norm.now[rows],
            limit=0.0,
            window=self.cycles,
            averaged=1,
            rows=rows,
        )

    def _rises(self, view: View) -> Mask:
        """Whether the task surely rises: a young run is held against its beginning."""
        found = view.rising(16, 16, SIGNIFICANCE) | view.rising(64, 16, SIGNIFICANCE)
        return found if view.task is None else found | (view.learned(SIGNIFICANCE) & (view.task.count < 64))


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Loss or gradient is NaN or infinite.

    Each value counts, not each cycle. Rewards are left alone: functions that skip rows give None or NaN. In fp16 single
    infinite gradients are the loss scaler at work: it skips the step and scales less.
    """

    half_precision_rows: int = 5
    """Gradients in a row that may overflow in fp16."""

    name: str = "non_finite"
    about: ClassVar[About] = About(
        looks_for="Loss, gradient norm or KL is NaN or infinite; in fp16 the gradient norm five times in a row.",
        causes="Log-probabilities of minus infinity, a division by an empty mask, NaN rewards, fp16 overflow, corrupt "
        "weights.",
        remedy="Stop and go back to the last checkpoint with finite weights; use bf16; guard rewards against NaN.",
        source="ms-swift #3136; TRL PR #5773",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        for name in ("loss", "grad_norm"):
            if name in view.cycles.finite or view.metric(name) is not None or _mark(name) in view.memory:
                return None
        return "neither loss nor gradient norm was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for name in roles.CHECKED:
            rows, finite = view.cycles.finite.get(name, _NOTHING)
            if not len(rows) or (finite.all() and _mark(name) not in view.memory):
                continue
            view.memory[_mark(name)] = True
            hold = self.half_precision_rows if name == "grad_norm" and view.setting.half_precision else 1
            yield Finding(
                name,
                levels(warning=~finite, error=~finite if name != "kl" else None),
                lambda i, name=name, hold=hold: (  # type: ignore[misc]
                    f"{name} is not a finite number" + (f", {hold} times in a row" if hold > 1 else "")
                ),
                hold=(hold, hold, hold),
                hold_clear=8,
                window=hold,
                averaged=1,
                rows=rows,
            )


_NOTHING = (np.empty(0, np.int64), np.empty(0, bool))


def _mark(name: str) -> tuple[str, str, int]:
    """Where it is remembered that a metric once was no number."""
    return (name, "non-finite", 0)
