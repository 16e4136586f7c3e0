"""Which of the groups that were kept to be read tell most of an alert: the same choice live and when a log is read."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from grpolog.events import TOTAL
from grpolog.trends import naming, roles
from grpolog.trends.alert import Alert

MOST: Final = 5
"""Groups named with an alert at most."""

REMEMBERED: Final = 512
"""Kept groups that are looked at, the newest first: what a run in training remembers."""

FAR: Final = 64
"""Steps that are looked back on where the onset is not known."""

_MACHINE: Final = frozenset({"memory_growth", "slow_down", "staleness", "stall"})
"""Rules that completions say nothing of."""


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """A group whose completions are in the log, in numbers."""

    step: int
    mode: str
    eval_name: str | None
    generation: int | None
    group: int
    prompt_id: str
    size: int
    """Completions."""

    means: Mapping[str, float]
    """Mean reward by function, TOTAL among them; of those that scored here."""

    spreads: Mapping[str, float]
    """Sample standard deviation, of those that scored at least two completions."""

    cut_off: int | None
    """Completions cut off at the length limit; None where unknown."""

    length: float
    """Mean length; tokens, or characters where tokens are unknown."""

    unit: str
    """Of the length."""

    distinct: int
    """Different completions."""


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """A group to read for an alert; the fields are those of the event's `groups`."""

    step: int
    mode: str
    eval_name: str | None
    generation: int | None
    group: int
    prompt_id: str
    shows: str
    """What it was chosen for, a few words."""


def kept_groups(records: Iterable[Mapping[str, Any]]) -> Iterator[KeptGroup]:
    """The groups of example events that are given in the order of writing: those of a group stand together."""
    for _, completions in groupby(records, key=lambda record: tuple(map(record.get, _IDENTITY))):
        yield _kept(list(completions))


def telling(alert: Alert, onset: int | None, groups: Iterable[KeptGroup]) -> tuple[AlertGroup, ...]:
    """The groups to read for an alert, the most telling first.

    Args:
        alert: opened or escalated.
        onset: step at which it began: that of its opening, where it escalates. None: unknown.
        groups: what was kept, in the order of writing.
    """
    if alert.rule in _MACHINE:
        return ()
    measure = _measure(alert)
    first = alert.step - FAR if onset is None else onset
    inside = [group for group in groups if first <= group.step <= alert.step and _speaks(group, alert.metric)]
    found = []
    for group in inside[-REMEMBERED:]:
        score, shows = measure(group) or _newest(group)
        found.append((score if score == score else -math.inf, group.step, shows, group))
    found.sort(key=lambda entry: entry[:2], reverse=True)  # of equals the newest
    return tuple(
        AlertGroup(g.step, g.mode, g.eval_name, g.generation, g.group, g.prompt_id, shows)
        for _, _, shows, g in found[:MOST]
    )


_IDENTITY: Final = ("mode", "eval_name", "step", "generation", "group")
_REWARD: Final = re.compile(r"(?:eval_(?:.+_)?)?(?:reward|rewards/(?P<name>.+)/[a-z0-9_]+)")
_ROUNDING: Final = 1e-6
"""Spread of rewards that are equal but for float32."""

_Measured = tuple[float, str]
"""How telling a group is, and what it shows."""

_Measure = Callable[[KeptGroup], _Measured | None]


def _kept(completions: list[Mapping[str, Any]]) -> KeptGroup:
    first = completions[0]
    rewards: dict[str, list[float]] = {}
    for completion in completions:
        scored = {**naming.mapping(completion.get("rewards")), TOTAL: completion.get("total")}
        for name, value in scored.items():
            if value is not None and math.isfinite(value):
                rewards.setdefault(name, []).append(value)
    cut_off = [completion.get("truncated") for completion in completions]
    tokens = [completion.get("tokens") for completion in completions]
    said = [_said(completion) for completion in completions]
    told = [length for length in tokens if length is not None]
    return KeptGroup(
        step=first["step"],
        mode=first.get("mode") or "train",
        eval_name=first.get("eval_name"),
        generation=first.get("generation"),
        group=first["group"],
        prompt_id=first["prompt_id"],
        size=len(completions),
        means={name: _mean(values) for name, values in rewards.items()},
        spreads={name: _spread(values) for name, values in rewards.items() if len(values) > 1},
        cut_off=None if None in cut_off else sum(map(bool, cut_off)),
        length=_mean(told or [length for _, length in said]),
        unit="tokens" if told else "characters",
        distinct=len({text for text, _ in said}),
    )


def _said(completion: Mapping[str, Any]) -> tuple[Any, int]:
    """What tells a completion from others, and its characters; of one that was read without its text `fingerprint` and
    `length`.
    """
    if "fingerprint" in completion:
        return completion["fingerprint"], completion["length"] or 0
    text = completion.get("completion")
    text = repr(completion.get("completion_messages")) if text is None else text
    return text, len(text)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _spread(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(sum((value - mean) * (value - mean) for value in values) / (len(values) - 1))


def _speaks(group: KeptGroup, metric: str) -> bool:
    """Whether a metric of this name is about such a group: of training, or of its eval set."""
    prefix = naming.eval_prefix({"mode": group.mode, "eval_name": group.eval_name})
    if not prefix:
        return not roles.own_clock(metric)
    return roles.is_reward(metric.removeprefix(prefix)) and metric.startswith(prefix)


def _measure(alert: Alert) -> _Measure:
    rule, before, after = alert.rule, alert.before, alert.after
    sign = 1.0 if before is not None and after is not None and after > before else -1.0
    name = _function(alert.metric)
    of = name or TOTAL
    if rule == "no_contrast":
        return lambda group: _equal(group, of)
    if rule == "truncation":
        return _cut_off
    if rule == "mode_collapse":
        return lambda group: (-group.distinct / group.size, f"{group.distinct} of {group.size} answers differ")
    if rule == "empty_answers":
        return lambda group: _length(group, sign=-1.0)
    if rule == "length_drift":
        return lambda group: _length(group, sign=sign)
    if rule == "reward_hacking":  # what pays most, not what the task fell to
        return lambda group: _level(group, TOTAL, sign=1.0)
    if rule in ("dominance", "stagnation", "oscillation"):
        return lambda group: _divided(group, of)
    if name is not None:
        return lambda group: _level(group, name, sign=sign)
    return lambda group: None


def _function(metric: str) -> str | None:
    """The reward function that a metric is about, TOTAL for their sum; None where it is about something else."""
    found = _REWARD.fullmatch(metric)
    return found and (found["name"] or TOTAL)


def _level(group: KeptGroup, name: str, *, sign: float) -> _Measured | None:
    mean = group.means.get(name)
    return None if mean is None else (sign * mean, f"mean {name} {mean:.3g}")


def _divided(group: KeptGroup, name: str) -> _Measured | None:
    spread = group.spreads.get(name)
    return None if spread is None else (spread, f"{name} {group.means[name]:.3g} ± {spread:.3g}")


def _equal(group: KeptGroup, name: str) -> _Measured | None:
    """The lowest of the equal ones first."""
    if group.spreads.get(name, math.inf) > _ROUNDING:
        return None
    return -group.means[name], f"{name} {group.means[name]:.3g} in all {group.size}"


def _cut_off(group: KeptGroup) -> _Measured | None:
    return (group.cut_off, f"{group.cut_off} of {group.size} cut off") if group.cut_off else None


def _length(group: KeptGroup, *, sign: float) -> _Measured:
    return sign * group.length, f"mean length {group.length:.0f} {group.unit}"


def _newest(group: KeptGroup) -> _Measured:
    """What is said of groups that a rule measures nothing of."""
    mean = group.means.get(TOTAL)
    return -math.inf, "not scored" if mean is None else f"mean {TOTAL} {mean:.3g}"
