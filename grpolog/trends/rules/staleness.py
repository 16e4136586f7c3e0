"""The rule on what asynchronous runs learn from: completions of an older policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
from grpolog.trends.view import View

_METRIC = "sampling/staleness/mean"


@dataclass(frozen=True, slots=True)
class Staleness:
    """Completions are older, in optimizer steps, than the run allows."""

    usual: float = 8.0
    """Steps that count as too old where the run does not say what it allows: the most generous default of the trainers
    that have one."""

    growth: float = 2.0
    """Where the run does not say, the staleness has to have grown by this factor as well."""

    name: str = "staleness"
    about: ClassVar[About] = About(
        looks_for="What is learned from was sampled more optimizer steps ago than the run allows (max_staleness and "
        "the like in its configuration); where that is not known, over 8 steps ago and twice as long as it was.",
        causes="A sampler that is too slow for the trainer, weights that do not reach it, long answers that hold up a "
        "batch, a queue that is too long.",
        remedy="Give sampling more devices or let it hold fewer requests in flight; check the weight sync; lower the "
        "allowed level; correct with importance sampling.",
        source="defaults of TRL's AsyncGRPO (max_staleness 4), NeMo-RL (max_trajectory_age_steps 1), prime-rl "
        "(max_off_policy_steps 8); AReaL (2505.24298) learns from up to 8 with a decoupled objective",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric(_METRIC) is not None:
            return None
        if view.setting.max_staleness:
            return "the run samples ahead of training, and no staleness was logged"
        return f"{NOT_HERE}no staleness is logged, as where each step samples anew"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        stale = view.metric(_METRIC)
        if stale is None:
            return
        now, least = stale.mean(4), stale.lowest(4)
        allowed = view.setting.max_staleness
        limit = self.usual if allowed is None else float(allowed)
        old = now > limit
        if allowed is None:
            old &= now >= self.growth * least
            known = f"{limit:.0f} are usual at most, and it was {{:.3g}}"
        else:
            known = f"{allowed} are allowed"
        yield Finding(
            stale.name,
            levels(warning=old),
            lambda i: f"what is learned from was sampled {now[i]:.3g} steps ago, {known.format(least[i])}",
            hold=(4, 4, 4),
            clear=now <= limit,
            before=None if allowed is not None else least,
            after=now,
            limit=None if allowed is None else limit,
            effect=lambda i: (
                (now[i] - least[i]) / (stale.noise()[i] * np.sqrt(2.0 / 4))
                if allowed is None
                else (now[i] - limit) / (stale.noise()[i] * np.sqrt(1.0 / 4))
            ),
            window=4,
        )
