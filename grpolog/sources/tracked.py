"""Keys as experiment trackers show them: which framework logged them, and under which names it knows them itself.

Hugging Face's reporters rename the keys of TensorBoard and W&B: `reward` becomes `train/reward`, `eval_reward` becomes
`eval/reward`. Other frameworks' keys reach the trackers as they are.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from grpolog import metrics
from grpolog.metrics.frameworks import HUGGING_FACE
from grpolog.sources.items import Row
from grpolog.trends.naming import TOTALS

_REPORTED: Final = frozenset({"train/epoch", "train/train_runtime", "eval/runtime"})
"""Keys that Hugging Face's reporters write for every trainer, and nothing else does."""

STEPS: Final = (
    ("train/global_step", "eval/global_step"),
    ("training/global_step",),
    ("trainer/global_step",),
    ("global_step",),
    ("train/step",),
    ("step",),
)
"""Keys that say the optimizer step, the surest first; those of one entry go together."""

_STEPS: Final = frozenset(key for keys in STEPS for key in keys)
_PREFIXES: Final = (("train/", ""), ("eval/", "eval_"), ("test/", "test_"))
_ALONE: Final = frozenset({"epoch"})
"""What an evaluation is logged with besides its own keys."""

_EVAL_SET: Final = re.compile(r"eval_(.+)_runtime")


def framework_of(keys: Collection[str]) -> str | None:
    """The framework that logs such keys; None when they tell nothing."""
    found = metrics.framework_of(keys)
    is_reported = any(key in _REPORTED for key in keys)
    return "trl" if is_reported and found not in HUGGING_FACE else found


def own_names(framework: str | None, keys: Collection[str]) -> dict[str, str]:
    """The framework's own name of each key that is a metric; keys that only say the step are left out.

    A key that a user logged beside the trainer keeps its name, unless the trainer's own key has it.
    """
    told = [key for key in keys if key not in _STEPS]
    if framework not in HUGGING_FACE:
        return {key: key for key in told}
    names = {key: _unprefixed(key) for key in told}
    renamed = {name for key, name in names.items() if name != key}
    return {key: name for key, name in names.items() if name != key or key not in renamed}


def eval_sets(names: Collection[str]) -> list[str]:
    """The eval sets that Hugging Face's names speak of, longest first; empty for one that has no name."""
    found = {match[1] for name in names if (match := _EVAL_SET.fullmatch(name))}
    return sorted(found, key=lambda name: (-len(name), name))


@dataclass(slots=True)
class StepRows:
    """Gathers what was logged for one step, call by call, into one row of training and one for each evaluation.

    Hugging Face evaluates set after set at one step. Only some keys of an evaluation name its set, as `eval_math_loss`
    does; TRL's, as `eval_reward`, are the same for every set. So a call that repeats a key, or names another set,
    begins the next evaluation.
    """

    sets: Sequence[str]
    """What `eval_sets` found."""

    train: dict[str, Any] = field(default_factory=dict)
    """The values of training by own names; of several values of one name the last."""

    repeated: int = 0
    """Values that other ones replaced."""

    _evaluations: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)
    _evaluating: bool = False

    def add(self, values: Mapping[str, Any]) -> None:
        """Take the values of one call, by own names."""
        evaluation = {name: values[name] for name in _of_evaluation(tuple(values))}
        if evaluation:
            self._evaluating = True
            self._evaluate(evaluation)
        train = {name: value for name, value in values.items() if name not in evaluation} if evaluation else values
        if self._evaluating and train.keys() <= _ALONE:
            self._evaluations[-1][1].update(train)
            return
        self._evaluating = self._evaluating and bool(evaluation)
        for name in self.train.keys() & train.keys():
            before, now = self.train[name], train[name]
            self.repeated += before != now and (before == before or now == now)
        self.train.update(train)

    def rows(self, step: int | None, line: int | None, time: float | None) -> Iterator[Row]:
        """The rows, that of training first.

        Args:
            step: optimizer step.
            line: where it stands.
            time: Unix time.
        """
        for values in (self.train, *(values for _, values in self._evaluations)):
            if values:
                yield Row(values, step, line, time)

    def _evaluate(self, values: dict[str, Any]) -> None:
        named = next((s for name in values for s in self.sets if name.startswith(f"eval_{s}_")), None)
        if self._evaluations:
            last, before = self._evaluations[-1]
            if not (named and last and named != last) and not values.keys() & before.keys():
                self._evaluations[-1] = (last or named, before | values)
                return
        self._evaluations.append((named, values))


@lru_cache(maxsize=256)
def _of_evaluation(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.startswith("eval_")]


def taken_totals(values: dict[str, Any]) -> dict[str, float]:
    """The numbers over the whole run, taken out of the values of a row."""
    found = {name: values.pop(name) for name in TOTALS & values.keys()}
    return {name: float(value) for name, value in sorted(found.items()) if isinstance(value, (int, float))}


def _unprefixed(key: str) -> str:
    return next((new + key.removeprefix(old) for old, new in _PREFIXES if key.startswith(old)), key)
