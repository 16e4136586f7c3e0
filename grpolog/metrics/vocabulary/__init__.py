"""The vocabulary: every canonical metric, what it means and where a log keeps it.

Names are TRL 1.16's where it has one; ours are `group/...`, `quality/...`, `perf/...`, the statistics under
`rewards/<f>/`, and a few that several other frameworks share. In evaluation a name is prefixed with `eval_`, or with
`eval_<set>_` where there are several sets.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Final

from grpolog.metrics.vocabulary import costs, policy, rewards, texts
from grpolog.metrics.vocabulary.entry import Better, Bounds, Metric

__all__ = ["METRICS", "Better", "Bounds", "Metric", "canonical", "metric", "reading_order"]

METRICS: Final[tuple[Metric, ...]] = (*rewards.METRICS, *texts.METRICS, *policy.METRICS, *costs.METRICS)
"""Every canonical metric in reading order: what is paid, what is written, how the policy moves, what it costs."""

_BY_NAME: Final = {m.name: (place, m) for place, m in enumerate(METRICS) if "<" not in m.name}
_PATTERNS: Final = [
    (re.compile(re.escape(m.name).replace("<f>", "(.+)").replace("<i>", r"(\d+)"), re.DOTALL), place, m)
    for place, m in enumerate(METRICS)
    if "<" in m.name
]


def metric(name: str) -> Metric | None:
    """The canonical metric of this name, under this name, or None; knows functions, GPUs and eval prefixes."""
    found = _find(name)
    return found[1] if found else None


def canonical(name: str) -> Metric | None:
    """The entry of METRICS that a name belongs to, `<f>` and all; None for a name that is not canonical."""
    found = _find(name)
    return METRICS[found[0]] if found else None


def reading_order(names: Iterable[str]) -> list[str]:
    """Names as people read them: canonical ones as in METRICS, training before evaluation, then the others by name."""

    def key(name: str) -> tuple[bool, bool, int, str]:
        found = _find(name)
        return (name.startswith("eval_"), found is None, found[0] if found else 0, name)

    return sorted(names, key=key)


@cache
def _find(name: str) -> tuple[int, Metric] | None:
    found = _match(name)
    if found is None and name.startswith("eval_"):
        # eval_<name> before eval_<set>_<name>; the shortest set wins
        found = next((f for f in map(_match, _rests(name)) if f), None)
    return (found[0], replace(found[1], name=name)) if found else None


def _rests(name: str) -> list[str]:
    """What follows `eval_` and each possible name of an eval set, the shortest set first."""
    pieces = name.split("_")
    return ["_".join(pieces[i:]) for i in range(1, len(pieces))]


def _match(name: str) -> tuple[int, Metric] | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    for pattern, place, known in _PATTERNS:
        match = pattern.fullmatch(name)
        if match:
            return place, replace(known, name=name, field=known.field.replace("<f>", match[1]))
    return None
