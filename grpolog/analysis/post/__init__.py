"""Rules that need more than the rows of rank 0: how the log ends, other ranks, another run.

A further one is a frozen dataclass with `name`, `about`, `unjudged` and `judge`, and an entry in `POST`.
"""

from typing import Final

from grpolog.analysis.post.baseline import Baseline
from grpolog.analysis.post.ending import Crash, Died, Hung, StoppedEarly
from grpolog.analysis.post.rule import PostRule
from grpolog.analysis.post.stragglers import Stragglers

ENDINGS: Final[tuple[PostRule, ...]] = (Crash(), Hung(), Died(), StoppedEarly())
"""Those on how a run ends."""

POST: Final[tuple[PostRule, ...]] = (*ENDINGS, Stragglers(), Baseline())
"""All of them."""

__all__ = ["ENDINGS", "POST", "PostRule"]
