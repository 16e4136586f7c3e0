"""Rules on the machine: memory and time. They warn and never lift a verdict above warning."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grpolog.trends import roles
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """Memory creeps up: not by jumps of an allocator, which are permanent and harmless, but all the time."""

    growth: float = 0.008
    """Share of the level that is gained over six windows of 16, 32 or 64 cycles, judged by the median step."""

    name: str = "memory_growth"
    about: ClassVar[About] = About(
        looks_for="Memory grows steadily, cycle after cycle.",
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
                median = steps[5]  # three jumps touch six of the eleven steps at most
                error = memory.noise() * np.sqrt(2.0 / window)
                here = np.isfinite(parts).all(axis=0) & (median > 2.2 * error) & (steps[2] > 0)
                here &= 11.0 * median > self.growth * level
                rate = np.where(here, median / window, rate)
                grows |= here
            past = memory.past(32, 256)
            before = np.where(np.isnan(past), memory.beginning(32), past)
            yield Finding(
                name,
                levels(warning=grows),
                lambda i, level=level, rate=rate, name=name: (  # type: ignore[misc]
                    f"{name} grows steadily ({level[i]:.1f}, {1000 * rate[i]:+.2f} per 1,000 cycles)"
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
    """Steps take longer, and not because completions became longer."""

    growth: float = 1.25
    per_token: float = 1.10
    name: str = "slow_down"
    about: ClassVar[About] = About(
        looks_for="A step takes 1.25 times as long as it did, and 1.1 times as long per token.",
        causes="A slow node, a reward function or sandbox that waits, thermal throttling, a full disk, other jobs.",
        remedy="Look which phase grew (generation, reward, update); check the node and the sandbox.",
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
        for lag in (32, 64, 128):
            past = log.past(32, lag)
            more = now - past
            here = (more > math.log(self.growth)) & (more > 4.0 * math.sqrt(1.0 / 16 + 1.0 / 32) * log.noise(16))
            if not here.any():
                continue
            each = log if length is None else log.map("per token", lambda values: values - length.log().values)
            slower = each.mean(16) - each.past(32, lag)
            here &= slower > math.log(self.per_token)
            here &= slower > 3.0 * math.sqrt(1.0 / 16 + 1.0 / 32) * each.noise(16)
            before = np.where(here & np.isnan(before), past, before)
            slow |= here
        yield Finding(
            time.name,
            levels(warning=slow),
            lambda i: f"a step takes {np.exp(now[i]):.3g} s, it took {np.exp(before[i]):.3g} s",
            hold=(6, 6, 6),
            hold_clear=64,
            before=np.exp(before),
            after=np.exp(now),
            effect=lambda i: (now[i] - before[i]) / (log.noise(16)[i] * np.sqrt(1.0 / 16 + 1.0 / 32)),
            window=32,
            averaged=16,
        )
