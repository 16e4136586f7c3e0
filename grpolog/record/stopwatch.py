"""Seconds of one optimizer step, split into sampling, scoring and the rest."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """Measures steps on the training thread.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.phase: str | None = None
        """What training is doing now, for whoever looks at it from another thread."""
        self._logging = 0.0
        self._costing = False
        self._begun: float | None = None
        self._clear()

    def _clear(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._rewards: dict[str, float] = defaultdict(float)
        self._completions = 0
        self._tokens: int | None = 0

    def begin(self) -> None:
        """A step begins; what was measured since the last one ended (an evaluation, say) is none of its own."""
        self._clear()
        self._begun = self.clock()

    @contextmanager
    def cost(self) -> Iterator[None]:
        """Time in here is grpolog's own; what is nested in it counts once."""
        if self._costing:
            yield
            return
        self._costing, begun = True, self.clock()
        try:
            yield
        finally:
            self._costing = False
            self._logging += self.clock() - begun

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Time in here is `phase`'s. Phases may nest: the inner one shows, and its time counts for the outer too."""
        begun, outer = self.clock(), self.phase
        self.phase = phase
        try:
            yield
        finally:
            self.phase = outer
            self._seconds[phase] += self.clock() - begun

    def scored(self, name: str, seconds: float) -> None:
        """Reward function `name` took so long."""
        self._rewards[name] += seconds

    def sampled(self, completions: int, tokens: int | None) -> None:
        """So many completions and tokens were made, over all ranks; None tokens: unknown."""
        self._completions += completions
        self._tokens = None if tokens is None or self._tokens is None else self._tokens + tokens

    def end(self) -> dict[str, Any]:
        """The fields of the perf event of the step that ends now; the cost of logging starts again from 0."""
        fields: dict[str, Any] = {"logging_seconds": self._logging, "completions": self._completions}
        if self._begun is not None:
            seconds = self.clock() - self._begun
            fields["step_seconds"] = seconds
            if "sampling" in self._seconds or "scoring" in self._seconds or not self._completions:
                fields["generation_seconds"] = self._seconds["sampling"]
                spent = self._seconds["sampling"] + self._seconds["scoring"]
                fields["update_seconds"] = max(0.0, seconds - spent)
            if seconds > 0:
                fields["samples_per_second"] = self._completions / seconds
                if self._tokens is not None:
                    fields["tokens_per_second"] = self._tokens / seconds
        if self._rewards:
            fields["reward_seconds"] = dict(self._rewards)
        self._logging, self._begun = 0.0, None
        self._clear()
        return fields
