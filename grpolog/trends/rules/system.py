"""Rules on the machine: memory and time. They warn and never lift a verdict above warning."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View
from grpolog.trends.words import span


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """Memory creeps up: not by jumps of an allocator, which are permanent and harmless, but all the time."""

    growth: float = 0.008
    """Share of the level that is gained over eleven windows of 8, 16 or 32 cycles, by the fifth smallest step."""

    name: str = "memory_growth"
    about: ClassVar[About] = About(
        looks_for="Memory grows steadily, cycle after cycle; where the limit of the GPU or of the machine is known, it "
        "is told at which step it is full.",
        causes="Tensors kept across steps (losses that hold their graph, lists of completions), a growing cache, "
        "fragmentation.",
        remedy="Detach what is kept; del and empty_cache between generation and training; a lower share of memory for "
        "the sampler; upgrade.",
        source="unsloth #2470 (36 to 39.9 GB in 700 steps, then out of memory); EasyR1 #268; simple_GRPO #54",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if any(map(roles.is_memory, view.cycles.values)) else "no memory in use was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for name in sorted(filter(roles.is_memory, view.cycles.values)):
            memory = view.metric(name)
            if memory is None:
                continue
            level = memory.mean(32)
            grows, rate = np.zeros(len(view), bool), np.zeros(len(view))
            for window in (8, 16, 32):
                parts = np.stack([memory.past(window, window * back) for back in range(12)])
                steps = np.sort(parts[:-1] - parts[1:], axis=0)
                calm = steps[4]  # three jumps touch six of the eleven steps at most: five are left
                error = memory.noise() * np.sqrt(2.0 / window)
                here = np.isfinite(parts).all(axis=0) & (calm > 2.2 * error) & (steps[2] > 0)
                here &= 11.0 * calm > self.growth * level
                rate = np.where(here, steps[5] / window, rate)
                grows |= here
            past = memory.past(32, 256)
            before = np.where(np.isnan(past), memory.beginning(32), past)
            yield Finding(
                name,
                levels(warning=grows),
                lambda i, level=level, rate=rate, name=name: (  # type: ignore[misc]
                    f"{name} grows steadily ({level[i]:.1f}, {1000 * rate[i]:+.2f} per 1,000 cycles)"
                    f"{_full(view, name, i, float(rate[i]))}"
                ),
                hold=(4, 4, 4),
                clear=~grows,
                hold_clear=64,
                before=before,
                after=level,
                effect=lambda i, memory=memory, level=level, before=before: (  # type: ignore[misc]
                    (level[i] - before[i]) / (memory.noise()[i] * np.sqrt(2.0 / 32))
                ),
                window=256,
                averaged=32,
            )


@dataclass(frozen=True, slots=True)
class SlowDown:
    """Steps take longer, and not because completions became longer. A few, as after a resume, do not count."""

    growth: float = 1.25
    per_token: float = 1.10
    name: str = "slow_down"
    about: ClassVar[About] = About(
        looks_for="A step takes 1.25 times as long as it did, and 1.1 times as long per token; it is told which phases "
        "grew.",
        causes="A slow node, a reward function or sandbox that waits, thermal throttling, a full disk, other jobs.",
        remedy="See which phase grew: sampling, check the sampler and the node; a reward function, what it waits for; "
        "the update, the node's clock and temperature, and its disk.",
        source="post-training-toolkit's straggler rule (1.2 for three checks); verl #6747",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.role(roles.TIME) is not None else "no time per step was logged"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        time, length = view.role(roles.TIME), view.role(roles.LENGTH)
        if time is None:
            return
        log = time.log()
        slow = np.zeros(len(view), bool)
        before, now = np.full(len(view), np.nan), log.mean(16)
        halves = np.minimum(log.mean(8), log.past(8, 8))
        lags = np.zeros(len(view), np.int64)
        for lag in (32, 64, 128):
            past = log.past(32, lag)
            more = now - past
            here = (more > math.log(self.growth)) & (more > 4.0 * math.sqrt(1.0 / 16 + 1.0 / 32) * log.noise(16))
            here &= halves - past > 0.8 * math.log(self.growth)
            if not here.any():
                continue
            each = log if length is None else log.map("per token", lambda values: values - length.log().values)
            slower = each.mean(16) - each.past(32, lag)
            here &= slower > math.log(self.per_token)
            here &= slower > 3.0 * math.sqrt(1.0 / 16 + 1.0 / 32) * each.noise(16)
            lags = np.where(here & np.isnan(before), lag, lags)
            before = np.where(here & np.isnan(before), past, before)
            slow |= here
        yield Finding(
            time.name,
            levels(warning=slow),
            lambda i: (
                f"a step takes {np.exp(now[i]):.3g} s, it took {np.exp(before[i]):.3g} s"
                f"{_per_token(view, time.name, i, int(lags[i]))}{_phases(view, i, int(lags[i]))}"
            ),
            hold=(6, 6, 6),
            hold_clear=64,
            before=np.exp(before),
            after=np.exp(now),
            effect=lambda i: (now[i] - before[i]) / (log.noise(16)[i] * np.sqrt(1.0 / 16 + 1.0 / 32)),
            window=32,
            averaged=16,
        )


def _full(view: View, name: str, entry: int, rate: float) -> str:
    """When the memory that a metric tells of is full if it goes on like this; empty where the limit is not known."""
    if not rate > 0:
        return ""
    where = re.match(r"perf/gpu(\d+)/", name)
    if where:
        limit = view.level(f"{where[0]}total_gib", entry, 8)
        used = view.level(f"{where[0]}used_gib", entry, 8) or view.level(name, entry, 8)
        what = f"GPU {where[1]}"
    else:
        used, percent = view.level("perf/ram_used_gib", entry, 8), view.level("perf/ram_percent", entry, 8)
        limit, what = 100.0 * used / percent if used and percent else None, "memory"
    if limit is None or used is None or not name.startswith("perf/"):
        return ""
    steps = view.cycles.steps
    at = view.cycles.first + entry
    back = min(at, 32)
    ahead = max(0.0, limit - used) / rate * float(steps[at] - steps[at - back]) / max(back, 1)
    time = view.role(roles.TIME)
    seconds = view.level(time.name, entry, 8) if time is not None else None
    after = f", in {span(ahead * seconds)}" if seconds is not None else ""
    return f": at this rate {what} ({limit:.1f} GiB) is full at about step {_rounded(steps[at] + ahead):,}{after}"


def _rounded(value: float) -> int:
    """Three digits of a number: more would promise what an extrapolation cannot keep."""
    return int(float(f"{value:.3g}"))


def _per_token(view: View, time: str, entry: int, lag: int) -> str:
    length = view.role(roles.LENGTH)
    if length is None or not lag:
        return ""
    levels = [view.level(name, entry, *of) for name in (time, length.name) for of in ((16, 0), (32, lag))]
    if None in levels or 0.0 in levels:
        return ""
    now, past, longer, shorter = levels
    return f" ({now / longer / (past / shorter):.3g} times as long per token)"  # type: ignore[operator]


def _phases(view: View, entry: int, lag: int) -> str:
    """The phases that grew most, those first that a fifth of the whole growth comes from; empty where none is known."""
    grown = []
    for name, what in _named_phases(view):
        now, past = view.level(name, entry, 16), view.level(name, entry, 32, lag)
        if now is not None and past is not None and now > past:
            grown.append((now - past, what, past, now))
    total = sum(more for more, *_ in grown)
    told = [f"{what} {past:.3g} to {now:.3g} s" for more, what, past, now in sorted(grown)[::-1] if more >= 0.2 * total]
    return f": {', '.join(told)}" if told else ""


def _named_phases(view: View) -> Iterator[tuple[str, str]]:
    yield "perf/generation_seconds", "sampling"
    yield "perf/update_seconds", "update"
    prefix = "perf/reward_seconds/"
    for name in sorted(view.cycles.values):
        if name.startswith(prefix):
            yield name, f"reward function {name.removeprefix(prefix)}"
