"""Rules on the length of completions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.reward import judged
from grpolog.trends.rules.rule import About
from grpolog.trends.series import SIGNIFICANCE
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class Truncation:
    """Completions reach the limit before they end.

    Where the share of truncated completions is not logged it is inferred: mean lengths that stand exactly at the
    longest one seen. Truncation is an error only if the reward does not pay for it: it neither rises nor lies near its
    ceiling. Completions that count as truncated and end below the limit were not cut off: their end is not recognised.
    """

    some: float = 0.5
    nearly_all: float = 0.9
    name: str = "truncation"
    about: ClassVar[About] = About(
        looks_for="Most completions are cut off at the length limit.",
        causes="max_completion_length too small for the task; an end token that the trainer does not know; answers "
        "that never come to an end.",
        remedy="Read a truncated completion: if it ends properly, set the end token (eos_token_id, stop strings); else "
        "raise max_completion_length, or penalise overlong answers softly.",
        source="TRL #5697 (256 tokens cut 97 to 99 % on DeepMath, 1024 about 14 %); DAPO's overlong shaping",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.role(roles.CLIPPED) is None and view.role(roles.LENGTH) is None:
            return "no share of truncated completions and no length was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        share = view.role(roles.CLIPPED)
        length = view.role(roles.LENGTH)
        inferred = share is None and length is not None
        if share is None:
            if length is None:
                return
            _, longest = view.extremes(length)
            limit = view.setting.max_completion_length
            top = np.full(len(length), float(limit)) if limit else longest
            counted = [length.past(1, lag) >= 0.999 * top for lag in range(8)]
            part = np.mean(counted, axis=0)
            part = np.where(length.count >= 8, part, np.nan)
            many, all_ = part >= 0.75, part >= self.nearly_all
            value, averaged = part, np.full(len(view), 8)
            metric = length.name
        else:
            averaged = np.where(np.isnan(share.mean(4)), 2, 4)
            value = np.where(averaged == 2, share.mean(2), share.mean(4))
            many = (share.mean(8) >= self.some) | (share.mean(2) >= self.nearly_all)
            all_ = share.mean(8) >= self.nearly_all
            metric = share.name
        paid, surely = view.solved(0.75).copy(), view.solved(0.75).copy()
        for reward in judged(view):  # a run that still learns anything pays for it
            gain = (reward.mean(8) - reward.beginning(8)) / (reward.noise() * math.sqrt(2.0 / 8))
            paid |= gain > 2.0
            surely |= gain > SIGNIFICANCE
        paid &= ~view.fallen(0.4, 8)
        if view.task is None:
            paid[:] = True
        ends = view.metric("quality/eos_unrecognised_share")
        unknown = np.zeros(len(view), bool) if ends is None else ends.mean(2) >= 0.5 * value
        yield Finding(
            metric,
            levels(warning=many, error=all_ & ~paid & ~unknown & (not inferred)),
            lambda i: (
                f"{value[i]:.0%} of the completions "
                + (
                    "count as cut off, and most of them end below the limit: their end token is not recognised"
                    if unknown[i]
                    else "were cut off at the length limit"
                )
                if not inferred
                else f"in {value[i]:.0%} of the cycles the mean length stands at its longest ({metric}): "
                "completions are cut off, most likely"
            ),
            hold=(2, 2, 8),
            clear=((value < 0.6 * self.some) | (paid & surely)) if not inferred else ~many,
            hold_clear=4,
            after=value,
            limit=0.75 if share is None else self.some,
            effect=None if share is None else share.beyond(4, self.some),
            window=4,
            averaged=averaged,
        )


@dataclass(frozen=True, slots=True)
class LengthDrift:
    """Length explodes or collapses, and the reward does not pay for it."""

    growth: float = 1.6
    shrinkage: float = 0.5
    within: int = 128
    name: str = "length_drift"
    about: ClassVar[About] = About(
        looks_for="Completions become 1.6 times as long, or half as long, within 128 cycles while the reward does not "
        "rise.",
        causes="Longer: a loss that favours long wrong answers, padding to please a judge, no proper end. Shorter: a "
        "brevity incentive, a format that is rewarded without an answer.",
        remedy='Longer: loss_type="dr_grpo" or "dapo", a soft overlong penalty, check the end token. Shorter: remove '
        "the brevity incentive, gate format on content.",
        source="Dr. GRPO (2503.20783); rldoctor (+50 %); collapse: post-training-toolkit (-50 %)",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.role(roles.LENGTH) is not None else "no length was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        length = view.role(roles.LENGTH)
        if length is None:
            return
        log = length.log()
        now = log.mean(16)
        longer, shorter = np.zeros(len(view), bool), np.zeros(len(view), bool)
        before = np.full(len(view), np.nan)
        error = log.noise(16) * math.sqrt(2.0 / 16)
        # a young run has grown since its beginning, and so may its reward have
        young = (length.count < 1.5 * self.within) & view.learned()
        solved = view.solved()
        for lag in (32, 64, self.within):
            past = log.past(16, lag)
            change = now - past
            up, down = change > math.log(self.growth), change < math.log(self.shrinkage)
            if not (up | down).any():
                continue
            paid = view.rising(lag, 16, 1.0) | ~(np.abs(change) > 3.5 * error)
            for reward in () if view.certain else judged(view):
                paid |= view.gains(reward, lag)
            perhaps = view.rising(lag, 32, 0.3) & (change < math.log(2.0 * self.growth))
            up &= ~(paid | perhaps | young)
            down &= ~(paid | solved)
            before = np.where((up | down) & np.isnan(before), past, before)
            longer |= up
            shorter |= down
        bad = longer | shorter
        yield Finding(
            length.name,
            levels(warning=bad),
            lambda i: (
                f"completions became {'longer' if longer[i] else 'shorter'} ({np.exp(before[i]):.0f} to "
                f"{np.exp(now[i]):.0f} tokens) and the reward did not rise"
            ),
            hold=(4, 4, 4),
            hold_clear=16,
            before=np.exp(before),
            after=np.exp(now),
            effect=lambda i: abs(now[i] - before[i]) / error[i],
            window=32,
            averaged=16,
        )


@dataclass(frozen=True, slots=True)
class EmptyAnswers:
    """Completions without an answer."""

    share: float = 0.1
    name: str = "empty_answers"
    about: ClassVar[About] = About(
        looks_for="More than a tenth of the completions are empty.",
        causes="The end token comes first; a brevity incentive; a chat template that already ends the turn.",
        remedy="Look at the prompt as the model sees it; gate every other reward on a non-empty answer.",
        source="detection of empty answers above 10 %: post-training-toolkit; own judgement",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.metric("quality/empty_share") is not None else "no completions were recorded"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        empty = view.metric("quality/empty_share")
        if empty is None:
            return
        now = empty.mean(4)
        yield Finding(
            empty.name,
            levels(warning=now >= self.share, error=now >= 0.8),
            lambda i: f"{now[i]:.0%} of the completions are empty",
            hold=(4, 4, 8),
            clear=now < 0.5 * self.share,
            after=now,
            limit=self.share,
            effect=empty.beyond(4, self.share),
            window=4,
        )
