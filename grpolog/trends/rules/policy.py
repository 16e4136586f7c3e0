"""Rules on the policy and its updates: entropy, KL, gradient, numbers that are none, the sampler."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
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
        low = drop.significant() & (drop.size > -np.log(self.left))
        solved = view.solved(0.85)
        stalled = ~view.rising(64) & ~view.rising(16) & ~solved
        yield Finding(
            entropy.name,
            levels(info=low & ~solved, warning=low & stalled),
            lambda i: (
                f"entropy fell to {np.exp(-drop.size[i]):.0%} of its highest level "
                f"({np.exp(drop.before[i]):.3g} to {np.exp(drop.after[i]):.3g} nats)"
            ),
            hold=(8, 8, 8),
            clear=(drop.size < -np.log(2 * self.left)) | solved,
            before=np.exp(drop.before),
            after=np.exp(drop.after),
            window=16,
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
        log = entropy.map("plain log", lambda v: np.log(np.where(v > 0, v, np.nan)))
        rise = log.rise(2)
        high = rise.significant(2.5) & (rise.size > np.log(self.growth))
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
            clear=(rise.size < np.log(0.5 * self.growth)) | ~lost,
            before=np.exp(rise.before),
            after=np.exp(rise.after),
            window=2,
        )


@dataclass(frozen=True, slots=True)
class KlBlowUp:
    """KL grows faster than a policy that moves away at a steady pace.

    GRPO's KL is the k3 estimator, never negative; a signed one (RLOO's k1) has no logarithm and is left alone.
    Healthy growth is concave: KL per step never rises.
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
        return None if view.metric("kl") is not None else "no KL was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        kl = view.metric("kl")
        if kl is None or view.setting.beta == 0:
            return
        log = kl.log()
        signed = kl.lowest(1) < 0
        now, count = log.mean(8), kl.count
        blown = np.zeros(len(view), bool)
        before = np.full(len(view), np.nan)
        for lag in (32, 128):
            past = log.past(16, lag)
            with np.errstate(all="ignore"):
                steady = np.log(count / np.maximum(count - lag - 8, 1))
            # as much above the level a while ago as no steady growth explains, and above all levels before
            here = (now - past > np.log(self.growth) + steady) & (count > 1.5 * lag)
            here &= now - past > 3.5 * log.noise(16) * np.sqrt(1.0 / 8 + 1.0 / 16)
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
            window=32,
        )


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
        high = rise.significant() & (rise.size > np.log(self.growth))
        high &= log.mean(16) - reference > 0.8 * np.log(self.growth)
        yield Finding(
            norm.name,
            levels(warning=high),
            lambda i: f"the gradient norm rose from {np.exp(rise.before[i]):.3g} to {np.exp(rise.after[i]):.3g}",
            hold=(4, 4, 4),
            clear=rise.size < 0.5 * np.log(self.growth),
            hold_clear=32,
            before=np.exp(rise.before),
            after=np.exp(rise.after),
            window=24,
        )


@dataclass(frozen=True, slots=True)
class NoUpdate:
    """Groups differ, and still nothing changes."""

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
        live = spread.now > 0
        if equal is not None:
            live &= ~(equal.now >= 0.999)
        still = (norm.now == 0) & live
        # a row of several steps may show the norm of one without a signal: only a long silence counts
        yield Finding(
            norm.name,
            levels(error=still),
            lambda i: "the gradient is zero although rewards within groups differ: nothing is updated",
            hold=(self.cycles, self.cycles, self.cycles),
            clear=norm.now > 0,
            hold_clear=1,
            after=norm.now,
            window=self.cycles,
        )


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Loss or gradient is NaN or infinite.

    Rewards are left alone: functions that skip rows give None or NaN. In fp16 single infinite gradients are the loss
    scaler at work.
    """

    half_precision_rows: int = 5
    name: str = "non_finite"
    about: ClassVar[About] = About(
        looks_for="Loss, gradient norm or KL is NaN or infinite.",
        causes="Log-probabilities of minus infinity, a division by an empty mask, NaN rewards, fp16 overflow, corrupt "
        "weights.",
        remedy="Stop and go back to the last checkpoint with finite weights; use bf16; guard rewards against NaN.",
        source="ms-swift #3136; TRL PR #5773",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric("loss") is None and view.metric("grad_norm") is None:
            return "neither loss nor gradient norm was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for name in ("loss", "grad_norm", "kl"):
            mark = (name, "non-finite", 0)
            rows = view.cycles.non_finite.get(name)
            if rows is None and mark not in view.memory:
                continue
            view.memory[mark] = True
            bad = np.zeros(len(view), bool)
            if rows is not None:
                bad[rows] = True
            hold = self.half_precision_rows if name == "grad_norm" and view.setting.half_precision else 1
            yield Finding(
                name,
                levels(warning=bad, error=bad if name != "kl" else None),
                lambda i, name=name: f"{name} is not a finite number",  # type: ignore[misc]
                hold=(1, 1, hold),
                hold_clear=8,
            )


@dataclass(frozen=True, slots=True)
class SamplerMismatch:
    """The engine that samples gives other probabilities than the trainer.

    Only the mean difference of log-probabilities is judged. The importance ratio is logged after masking, and its
    maximum grows with the number of tokens: they never alarm.
    """

    growth: float = 5.0
    zone: float = 0.1
    """Nats."""

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
        yield Finding(
            difference.name,
            levels(warning=apart, error=apart & flat),
            lambda i: (
                f"sampler and trainer differ by {now[i]:.3g} nats per token (lowest {low[i]:.3g})"
                + (": the sampler does not follow the trainer" if flat[i] else "")
            ),
            hold=(3, 3, 8),
            clear=(now < 0.6 * self.zone) & (now < 0.6 * self.growth * low),
            hold_clear=3,
            before=low,
            after=now,
            window=3,
        )
