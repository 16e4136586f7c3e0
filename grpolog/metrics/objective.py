"""Which objective a run trains, by the names of its metrics: logs of other methods look much alike."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from grpolog.metrics.vocabulary import canonical

Objective = Literal["preference", "supervised"]

SHOWN_BY: Final[dict[Objective, str]] = {
    "preference": "it holds rewards of chosen and rejected answers, as trainers of preferences (DPO, KTO, ...) log",
    "supervised": "it holds a loss and nothing that comes of sampled answers, as supervised training logs",
}
"""What shows that a run trains something else than GRPO."""

_PAIRS = frozenset({"rewards/chosen", "rewards/rejected"})
_TRAINED = frozenset({"loss", "grad_norm", "learning_rate"})
_ANYWHERE = frozenset({"loss", "entropy", "grad_norm", "learning_rate", "epoch", "num_tokens", "aux_loss", "step_time"})
"""Metrics that logs of every method may hold."""

_SAMPLED = re.compile(
    r"reward|advantage|rollout|completion|response|generat|episode|policy|actor|(?<![a-z])(?:kl|score|env)(?![a-z])",
    re.I,
)
"""Words in names, known or not, that speak of sampled answers."""


def objective_of(names: Iterable[str]) -> Objective | None:
    """What a run trains that is not GRPO or a relative of it.

    Args:
        names: names of its metrics, of evaluations too.

    Returns:
        `preference` (DPO, ORPO, KTO, ...: rewards of chosen and rejected answers), `supervised` (a loss, and no metric
        that only sampling gives), None for GRPO, and where the names do not tell.
    """
    own = {name.removeprefix("train/").removeprefix("eval/").removeprefix("eval_") for name in names}
    if own >= _PAIRS:
        return "preference"
    known = {entry.name for name in own if (entry := canonical(name))}
    sampled = any(map(_SAMPLED.search, own)) or any(not name.startswith("perf/") for name in known - _ANYWHERE)
    return "supervised" if known & _TRAINED and not sampled else None
