"""Rules on the entropy of the policy."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class EntropyCollapse:
    """The policy has stopped exploring, and the task has stalled below its ceiling."""

    left: float = 0.25
    """Of the highest level so far."""

    name: str = "entropy_collapse"
    about: ClassVar[About] = About(
        looks_for="Entropy falls below a quarter of its highest level while the task neither rises nor is solved.",
        causes="Clipping that only lets likely tokens grow, a temperature too low, too many steps per generation.",
        remedy="Clip higher (epsilon_high 0.28), keep temperature at 1.0, train on-policy, adaptive entropy.",
        source="2505.22617 (-73 % after 200 steps had bought 76 % of the gain); DAPO; Skywork-OR1 (2505.22312)",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.metric("entropy") is not None else "no entropy was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        entropy = view.metric("entropy")
        if entropy is None:
            return
        log = entropy.log()
        drop = log.drop(8)
        low = drop.significant() & (drop.size > -math.log(self.left))
        solved = view.solved(0.85)
        young = (entropy.count < 96) & view.learned()  # so young a run is held against its beginning
        stalled = ~view.rising(64) & ~view.rising(16) & ~young & ~solved
        yield Finding(
            entropy.name,
            levels(info=low & ~solved, warning=low & stalled),
            lambda i: (
                f"entropy fell to {np.exp(-drop.size[i]):.0%} of its highest level "
                f"({np.exp(drop.before[i]):.3g} to {np.exp(drop.after[i]):.3g} nats)"
            ),
            hold=(8, 8, 8),
            clear=(drop.size < -math.log(2 * self.left)) | solved,
            before=np.exp(drop.before),
            after=np.exp(drop.after),
            effect=drop.effect,
            window=16,
            averaged=8,
        )


@dataclass(frozen=True, slots=True)
class EntropyExplosion:
    """The policy dissolves: entropy multiplies while the task falls."""

    growth: float = 3.0
    fallen: float = 0.2
    """Share of the task's best level that is gone by then."""

    name: str = "entropy_explosion"
    about: ClassVar[About] = About(
        looks_for="Entropy triples while the reward falls: answers turn into gibberish.",
        causes="A learning rate too high, sampler and trainer that disagree, stale or corrupt weights.",
        remedy="Go back to the checkpoint before the onset; lower the learning rate; correct for the sampler's "
        "probabilities (importance sampling).",
        source="Liu & Li 2025; 2602.01103",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.metric("entropy") is not None else "no entropy was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        entropy = view.metric("entropy")
        if entropy is None:
            return
        log = entropy.log()
        rise = log.rise(2)
        high = rise.significant(2.5) & (rise.size > math.log(self.growth))
        lost = view.fallen(self.fallen)
        most = view.fallen(0.6)
        yield Finding(
            entropy.name,
            levels(warning=high & lost, error=high & most),
            lambda i: (
                f"entropy is {np.exp(rise.size[i]):.1f} times its lowest level "
                f"({np.exp(rise.before[i]):.3g} to {np.exp(rise.after[i]):.3g} nats)"
                + (" and the reward falls" if lost[i] else "")
            ),
            hold=(4, 2, 2),
            clear=(rise.size < math.log(0.5 * self.growth)) | ~lost,
            before=np.exp(rise.before),
            after=np.exp(rise.after),
            effect=rise.effect,
            window=2,
        )
