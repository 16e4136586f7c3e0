"""Rules on how far the policy is from its reference and from its sampler."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
from grpolog.trends.series import SIGNIFICANCE, Series
from grpolog.trends.table import Floats
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class KlBlowUp:
    """KL grows faster than a policy that moves away at a steady pace.

    GRPO's KL is the k3 estimator, never negative; a signed one (RLOO's k1) has no logarithm and is left alone.
    KL is about the square of a distance: a policy that goes on at a steady pace has a KL that grows with the square of
    the steps. When the reference is synced with the policy, KL drops at once and grows again: from there on it is
    compared with what came after the sync.
    """

    growth: float = 3.0
    zone: float = 0.03
    name: str = "kl_blow_up"
    about: ClassVar[About] = About(
        looks_for="KL triples beyond what the steps since explain.",
        causes="A KL weight too small for the learning rate, a few huge updates, a reward that pulls out of the "
        "reference's support.",
        remedy="Raise beta, lower the learning rate, sync the reference model, stop early.",
        source="post-training-toolkit (0.1 target, 0.3 cap), rldoctor (0.5, 2.0): so the run's own past decides",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.setting.beta == 0:
            return f"{NOT_HERE}beta is 0, no KL is measured"
        sync = view.setting.reference_sync_steps
        if sync is not None and sync < _LEAST:
            return f"{NOT_HERE}the reference follows the policy every {sync} steps, too often to see KL grow"
        return None if view.metric("kl") is not None else "no KL was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        kl = view.metric("kl")
        if kl is None or view.setting.beta == 0:
            return
        log = kl.log()
        signed = kl.lowest(1) < 0
        now, start = log.mean(8), self._start(view, kl, log)
        count = kl.count - start + 1
        blown = np.zeros(len(view), bool)
        before = np.full(len(view), np.nan)
        for lag in (32, 128):
            past = log.past(16, lag)
            growth = now - past
            here = (growth > math.log(self.growth)) & (count > 1.5 * lag)
            if not here.any():
                continue
            # as much above the level a while ago as no steady growth explains, and above all levels before
            here &= growth > math.log(self.growth) + 2.0 * np.log(count / np.maximum(count - lag - 8, 1))
            here &= growth > 3.5 * math.sqrt(1.0 / 8 + 1.0 / 16) * log.noise(16)
            before = np.where(here & np.isnan(before), past, before)
            blown |= here
        blown &= (kl.mean(8) > self.zone) & ~signed & (now > log.highest(8) - 0.7)
        yield Finding(
            kl.name,
            levels(warning=blown),
            lambda i: f"KL grew from {np.exp(before[i]):.3g} to {np.exp(now[i]):.3g} nats per token, faster than steps",
            hold=(3, 3, 3),
            hold_clear=32,
            before=np.exp(before),
            after=np.exp(now),
            effect=lambda i: (now[i] - before[i]) / (log.noise(16)[i] * np.sqrt(1.0 / 8 + 1.0 / 16)),
            window=32,
            averaged=8,
        )

    def _start(self, view: View, kl: Series, log: Series) -> Floats:
        """The cycle, counted from 1, since which the reference is the same: as the configuration says, or as the curve
        shows by a drop to less than half within 4 cycles.
        """
        level = kl.map("floored", lambda values: np.log(np.maximum(values, _NO_KL)))
        drop = level.past(8, 4) - level.mean(4)
        dropped = (drop > math.log(2.0)) & (drop > 5.0 * math.sqrt(1.0 / 4 + 1.0 / 8) * log.noise(8))
        start = np.where(dropped, kl.count - 3.0, 1.0)
        if view.setting.reference_sync_steps is not None:
            steps, first = view.cycles.steps, view.cycles.first
            epoch = (steps[max(0, first - 1) :] - 1) // view.setting.reference_sync_steps
            synced = np.diff(epoch, prepend=epoch[:1])[-len(kl) :] > 0
            start = np.where(synced, kl.count, start)
        mark = (kl.name, "sync", 0)
        start[0] = max(start[0], view.memory.get(mark, 1.0))
        found: Floats = np.maximum.accumulate(start)
        view.memory[mark] = float(found[-1])
        return found


_LEAST = 48
"""Cycles since a sync before which KL is not judged."""

_NO_KL = 1e-6
"""What is less is no distance: after a full sync KL is exactly 0."""


@dataclass(frozen=True, slots=True)
class SamplerMismatch:
    """The engine that samples gives other probabilities than the trainer.

    Only the mean difference of log-probabilities is judged. The importance ratio is logged after masking, and its
    maximum grows with the number of tokens: they never alarm.
    """

    growth: float = 5.0
    zone: float = 0.1
    """Nats."""

    harm: float = 0.04
    """Nats below which it is no error: a tiny level may well grow fivefold."""

    name: str = "sampler_mismatch"
    about: ClassVar[About] = About(
        looks_for="The sampler's log-probabilities drift away from the trainer's: five times the lowest level, or "
        "above 0.1 nats.",
        causes="Weights that no longer reach the sampler (weight sync), another precision or quantisation, a stale "
        "adapter, a changed sampling temperature.",
        remedy="Check the weight sync to the sampler first: compare a weight on both sides; then precision "
        "and kernels. Truncated importance sampling hides it, it does not mend it.",
        source="verl docs, rollout correction (KL above 0.1); Liu & Li 2025",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric("sampling/sampling_logp_difference/mean") is None:
            return f"{NOT_HERE}no difference of log-probabilities is logged (no separate sampler, or not told)"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        difference = view.metric("sampling/sampling_logp_difference/mean")
        if difference is None:
            return
        low = difference.lowest(2)
        now = difference.now
        apart = (now >= self.zone) | ((now >= self.growth * low) & (now >= 0.02))
        flat = ~view.rising(16, 8, 1.5) & ~view.rising(64) & ~view.solved()
        harms = apart & flat & (now >= self.harm) & (difference.count >= 24)  # before, nobody knows what is flat
        yield Finding(
            difference.name,
            levels(warning=apart, error=harms),
            lambda i: (
                f"sampler and trainer differ by {now[i]:.3g} nats per token"
                + (f" (lowest {low[i]:.3g})" if low[i] == low[i] else "")
                + (": the sampler does not follow the trainer" if harms[i] else "")
            ),
            hold=(3, 3, 8),
            clear=((now < 0.6 * self.zone) & (now < 0.6 * self.growth * low)) | view.rising(64, 16, SIGNIFICANCE),
            hold_clear=3,
            before=low,
            after=now,
            effect=lambda i: (now[i] - low[i]) / (difference.noise(3)[i] * np.sqrt(1.0 + 1.0 / 2)),
            window=3,
            averaged=1,
        )
