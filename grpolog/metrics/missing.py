"""Which metrics a framework logs in every run and a log lacks.

Of a log that does not say its version the metrics that it holds tell which ones can have written it; only what all of
these log is missed. Where none can have, as of forks that mix versions, nothing is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from grpolog.metrics.caveats import applies
from grpolog.metrics.frameworks import ALWAYS, FRAMEWORKS, VERSIONS, pattern
from grpolog.metrics.keys import Always, Key


@dataclass(frozen=True, slots=True)
class Missing:
    """What a log lacks."""

    versions: str
    """Versions that can have written it: one, or first and last."""

    metrics: tuple[Always, ...]
    """What all of these log and it does not hold."""


def missing_metrics(
    framework: str | None, version: str | None, trainer: str | None, beta: float | None, names: Collection[str]
) -> Missing | None:
    """What a log of this framework should hold and does not; None where nothing, and where that cannot be told.

    A log without `reward` may be of a trainer of another kind: frameworks have many.

    Args:
        framework: name in FRAMEWORKS.
        version: its version; None when unknown.
        trainer: class name of the trainer; None when unknown.
        beta: weight of the KL term; None when unknown.
        names: canonical names, or own ones, of the metrics in the rows of training.
    """
    always = ALWAYS.get(framework or "", ())
    if not always or "reward" not in names or _is_of_its_own(framework or "", trainer, names):
        return None
    versions = [version] if version else _possible(framework or "", names)
    if not versions:
        return None
    found = tuple(
        each
        for each in always
        if all(applies(each, version) for version in versions)
        and not any(pattern(each.metric).fullmatch(name) for name in names)
        and not any(name in names for name in each.shown_by)
        and (not each.only_with_kl or bool(beta))
    )
    span = versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
    return Missing(span, found) if found else None


def _possible(framework: str, names: Collection[str]) -> Sequence[str]:
    """The versions in which each of these metrics may be logged."""
    told = [same for name in names if (same := _keys_of(framework, name))]
    return [v for v in VERSIONS[framework] if all(any(applies(key, v) for key in same) for same in told)]


def _is_of_its_own(framework: str, trainer: str | None, names: Collection[str]) -> bool:
    """Whether the trainer is another than GRPO's and RLOO's, by its name or by what only another one logs."""
    if trainer is not None:
        return not trainer.endswith(("GRPOTrainer", "RLOOTrainer")) or "Async" in trainer
    return any((same := _keys_of(framework, name)) and all(key.trainer for key in same) for name in names)


def _keys_of(framework: str, name: str) -> list[Key]:
    """The keys that a framework may log as a metric."""
    return [k for k in FRAMEWORKS[framework] if k.mode == "train" and pattern(k.metric or k.key).fullmatch(name)]
