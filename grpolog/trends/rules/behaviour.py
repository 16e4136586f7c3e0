"""Rules on what completions are like: format, variety, tools, and which function decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import NOT_HERE, About
from grpolog.trends.series import Series
from grpolog.trends.table import Mask
from grpolog.trends.view import View

_OTHERS: Final = 3
"""Other functions whose shares are told."""


@dataclass(frozen=True, slots=True)
class FormatCollapse:
    """Completions leave the format that they had learned."""

    loss: float = 0.25
    """Share of completions."""

    name: str = "format_collapse"
    about: ClassVar[About] = About(
        looks_for="The share of completions in the asked format falls by a quarter from its best.",
        causes="A format reward with too little weight, a learning rate too high, truncation before the closing tag.",
        remedy="Read completions around the onset; give the format reward more weight; check for truncation.",
        source="open-r1 #403",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric("quality/format_rate") is None:
            return f"{NOT_HERE}no format is checked"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        rate = view.metric("quality/format_rate")
        if rate is None:
            return
        drop = rate.drop(4)
        bad = drop.significant() & (drop.size >= self.loss)
        rising = view.rising(16) | view.rising(64)
        yield Finding(
            rate.name,
            levels(info=bad, warning=bad & ~rising),
            lambda i: f"the share of completions in format fell from {drop.before[i]:.0%} to {drop.after[i]:.0%}",
            hold=(4, 4, 4),
            clear=drop.size < 0.5 * self.loss,
            before=drop.before,
            after=drop.after,
            effect=drop.effect,
            window=4,
        )


@dataclass(frozen=True, slots=True)
class ModeCollapse:
    """One canned answer for everything: distinct completions vanish, and the spread of lengths with them, while the
    task is not solved. Where lengths still differ or are not known, it is a warning only if the task gained nothing.
    """

    share: float = 0.3
    name: str = "mode_collapse"
    about: ClassVar[About] = About(
        looks_for="The distinct share of completions falls to less than a third of what it was.",
        causes="A reward that one fixed text satisfies, a temperature too low, entropy gone.",
        remedy="Read the repeated completion: if it is paid, mend the reward function; else raise temperature or clip "
        "higher.",
        source="own judgement: without different answers groups have no contrast",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.metric("quality/distinct_share") is not None else "no completions were recorded"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        distinct = view.metric("quality/distinct_share")
        if distinct is None:
            return
        now, best = distinct.mean(8), distinct.highest(8)
        bad = (now < self.share * best) & (best > 0.5)
        # short answers become equal by becoming right; one canned answer has one length
        paid = view.rising(16) | view.rising(64) | view.learned()
        yield Finding(
            distinct.name,
            levels(info=bad, warning=bad & ~view.solved(0.85) & (self._one_length(view) | ~paid)),
            lambda i: f"only {now[i]:.0%} of the completions are distinct, {best[i]:.0%} were",
            hold=(4, 4, 4),
            clear=now > 0.5 * best,
            before=best,
            after=now,
            effect=distinct.drop(8).effect,
            window=8,
        )

    def _one_length(self, view: View) -> Mask:
        """Whether the spread of lengths is nearly gone: within a cycle a tenth of what it was over all cycles."""
        shortest, longest = view.metric("completions/min_length"), view.metric("completions/max_length")
        if shortest is None or longest is None:
            return np.zeros(len(view), bool)
        found: Mask = longest.mean(8) - shortest.mean(8) < 0.1 * (longest.highest(8) - shortest.lowest(8))
        return found


@dataclass(frozen=True, slots=True)
class ToolFailures:
    """Tools fail: the sandbox is down, or calls are malformed. Cycles with hardly a call say nothing."""

    much: float = 0.5
    nearly_all: float = 0.8
    patience: int = 16
    calls: float = 0.1
    """Of a completion, below which a cycle is not judged: the failures of a handful of calls are chance."""

    name: str = "tool_failures"
    about: ClassVar[About] = About(
        looks_for="Most tool calls fail where they did not before, or nearly all do for a long time.",
        causes="A sandbox or service that is down or slow, an expired token, calls that the model no longer forms.",
        remedy="Check the sandbox's own log and its limits; pause training until it answers; do not train on steps "
        "without working tools.",
        source="TRL's tools/failure_frequency; ms-swift #3372, TRL #3452 (verifier outages)",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if view.metric("tools/failure_frequency") is None:
            return f"{NOT_HERE}no tools are called"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        failures = view.metric("tools/failure_frequency")
        if failures is None:
            return
        now, low = failures.now, failures.lowest(2)
        error = failures.noise(2) * np.sqrt(1.0 + 1.0 / 2)
        more = (now >= low + 0.3) & ~(now - low <= 3.0 * error)
        never = failures.mean(self.patience) >= 0.9  # a model that learns to call is better by then
        called = np.isfinite(now)
        asked = view.metric("tools/call_frequency")
        if asked is not None:
            called &= ~(asked.now < self.calls)
        rows = np.flatnonzero(called)
        if not len(rows):
            return
        bad = levels(warning=(now >= self.much) & more | never, error=(now >= self.nearly_all) & more)
        low, now, more, error = low[rows], now[rows], more[rows], error[rows]
        yield Finding(
            failures.name,
            bad[rows],
            lambda i: f"{now[i]:.0%} of the tool calls fail, " + (f"{low[i]:.0%} did" if more[i] else "as ever"),
            hold=(2, 2, 2),
            clear=now < 0.5 * self.much,
            hold_clear=3,
            before=low,
            after=now,
            effect=lambda i: (now[i] - low[i]) / error[i],
            window=2,
            averaged=1,
            rows=rows,
        )


@dataclass(frozen=True, slots=True)
class Dominance:
    """A function that is not the task decides most of the advantage while the task stands still."""

    share: float = 0.8
    name: str = "dominance"
    about: ClassVar[About] = About(
        looks_for="One function that is not the primary decides more than 80 % of the advantage, the primary less than "
        "20 %, and the primary is below its ceiling and not rising.",
        causes="A task that gives no contrast, so that any small difference of another function is blown up by the "
        "normalisation; a function with a far larger scale.",
        remedy="Do not normalise by the group's spread (scale_rewards=False) or drop groups without contrast in the "
        "task; give the function less weight, or a threshold.",
        source="GDPO (TRL paper index); rldoctor (one reward above 0.7 of the variance)",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        if len(view.functions) < 2:
            return f"{NOT_HERE}there are not two reward functions"
        if not any(f"rewards/{name}/advantage_share" in view.cycles.values for name in view.functions):
            return "no advantages by function were recorded"
        if view.primary is None:
            return "which function is the task is not known: name it as primary"
        if view.metric(f"rewards/{view.primary}/mean") is None:
            return f"no reward of {view.primary}, the primary, was logged"
        return None

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        primary = view.metric(f"rewards/{view.primary}/mean") if view.primary else None
        if primary is None:
            return
        stands = ~view.gains(primary, 16, 8) & ~(view.position(primary) >= 0.9)
        drop = primary.drop(8)
        falls = (drop.size > 2.0 * drop.error) & (drop.size > 0.25 * view.spread(primary))
        falls |= view.evaluation_fell
        own = view.metric(f"rewards/{view.primary}/advantage_share")
        # where functions pull against each other, several may be above the limit
        takes_part = np.zeros(len(view), bool) if own is None else _part(own).mean(4) > 1.0 - self.share
        told = {name: share for name in view.functions if (share := view.metric(f"rewards/{name}/advantage_share"))}
        for name, series in told.items():
            if name == view.primary:
                continue
            share = _part(series)
            now = share.mean(4)
            decides = (now >= self.share) & stands & ~takes_part
            yield Finding(
                f"rewards/{name}/mean",
                levels(
                    info=decides,
                    warning=decides if view.certain else None,
                    error=decides & falls if view.certain else None,
                ),
                lambda i, name=name, now=now: (  # type: ignore[misc]
                    f"{name} decides {now[i]:.0%} of the advantage{_others(told, name, i)} while {view.primary} "
                    + ("falls" if falls[i] else "does not rise")
                ),
                hold=(4, 4, 8),
                clear=(now < 0.6 * self.share) | ~stands | takes_part,
                hold_clear=8,
                after=now,
                limit=self.share,
                effect=share.beyond(4, self.share),
                window=4,
                kind="advantage",
            )


def _part(share: Series) -> Series:
    """A share from 0 to 1: where terms nearly cancel it may be a large number of either sign."""
    return share.map("part", lambda values: np.clip(values, 0.0, 1.0))


def _others(shares: Mapping[str, Series], name: str, i: int) -> str:
    """The shares of the other functions, the largest first."""
    others = sorted(
        ((float(share.mean(4)[i]), other) for other, share in shares.items() if other != name), reverse=True
    )
    told = [f"{other} {share:.0%}" for share, other in others[:_OTHERS] if np.isfinite(share)]
    return f" ({', '.join(told)})" if told else ""
