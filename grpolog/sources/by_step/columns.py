"""Which columns say the step, the time and what was learned: guessed by name and checked by value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any, Final

from grpolog.metrics import framework_of, metric, normalised, translation
from grpolog.sources.numbers import number

Values = Mapping[str, Any]

_STEPS: Final = (
    *("train_global_step", "trainer_global_step", "training_global_step", "global_step", "globalstep"),
    *("optimizer_step", "optim_step", "training_step", "train_step", "trainer_step", "step", "steps"),
    *(
        "update",
        "updates",
        "update_step",
        "num_updates",
        "policy_update",
        "training_iteration",
        "iteration",
        "iterations",
    ),
    *("iter", "it", "batch", "progress_batch", "progress_step", "rollout_step", "_step", "round", "episode", "epoch"),
)
"""Names of the step, the surest first, in small letters with underscores."""

_COUNTERS: Final = frozenset({"step", "_step", "global_step"})
"""Names that no metric may have."""

_TIMES: Final = (
    *("time", "timestamp", "ts", "_timestamp", "recorded_at", "created_at", "logged_at", "datetime", "date"),
    *("wall_time", "unix_time"),
)
_INDEX: Final = re.compile(r"|unnamed: ?\d+|index|row", re.IGNORECASE)
"""Columns that only count the rows of a table."""

_LEARNED: Final = re.compile(
    r"reward|advantage|\bloss|loss\b|(?<![a-z])(?:return|returns|score|scores|kl|entropy|accuracy|pass)(?![a-z])",
    re.IGNORECASE,
)
"""Words in the names of what training is about."""

_REWARD: Final = re.compile(
    r"(?<![a-z])(?:(?:mean|avg|average|total|episode|episodic|train|raw) )?(?:reward|return|score)s?"
    r"(?:[ /](?:mean|avg|average|total))?$",
    re.IGNORECASE,
)
"""Names that people give to the mean reward of a step."""

_MISSING: Final = frozenset({"", "no log", "none", "null", "n/a", "na", "-", "–", "—", "<na>"})
"""Cells without a value; `No log` is what notebooks show before the loss is logged first."""

_UNIX: Final = (1e9, 1e10)
"""Seconds since 1970 that are a time of today: 2001 to 2286."""

_LABELLED: Final = "Training Loss"
"""The column by which the table of Hugging Face's trainers in notebooks is known."""


def step_column(rows: Sequence[Values]) -> str | None:
    """The key that says the optimizer step; None where no key does."""
    spelled: dict[str, str] = {}
    for row in rows:
        for key in row:
            spelled.setdefault(_plain(key), key)
    return next((spelled[name] for name in _STEPS if name in spelled and _counts(rows, spelled[name])), None)


def other_step_columns(rows: Sequence[Values], step: str | None) -> set[str]:
    """The keys that count steps besides, and so tell nothing, or have a name that no metric may have."""
    keys = {key for row in rows for key in row if key != step and _plain(key) in _STEPS}
    taken = {key for key in keys if _plain(key) in _COUNTERS}
    return taken | {key for key in keys if all(row.get(key) in (None, row.get(step or "")) for row in rows)}


def time_column(rows: Sequence[Values]) -> str | None:
    """The key that says when a row was written; None where no key does."""
    keys = dict.fromkeys(key for row in rows for key in row)
    for key in sorted((key for key in keys if _plain(key) in _TIMES), key=lambda key: _TIMES.index(_plain(key))):
        known = [row[key] for row in rows if row.get(key) is not None]
        if known and all(unix_time(value) is not None for value in known):
            return key
    return None


def framework_of_columns(names: Iterable[str]) -> str | None:
    """The framework that logs these columns; a notebook's table is one of Hugging Face's trainers."""
    names = list(names)
    found = framework_of([normalised(name) for name in names])
    return found or ("trl" if _LABELLED in names else None)


def likely_reward(names: Iterable[str], framework: str | None) -> str | None:
    """The column that is the reward by its looks, where none is by its name; None where one is, or none looks so."""
    meaning = translation(framework)
    names = list(names)
    if any(meaning(name).metric in ("reward", "eval_reward") for name in names):
        return None
    return next((name for name in names if _REWARD.search(name.replace("_", " "))), None)


@cache
def is_index(name: str) -> bool:
    """Whether a column only counts the rows."""
    return _INDEX.fullmatch(name.strip()) is not None


def tells(name: str) -> bool:
    """Whether a column is what training is about: a reward, a loss, a divergence, or a metric that we know by name."""
    plain = normalised(name.removeprefix("train/").removeprefix("eval/").removeprefix("eval_"))
    if plain in ("epoch", "step_time", "learning_rate", "grad_norm", "num_tokens"):
        return False
    return metric(plain) is not None or _LEARNED.search(name.replace("_", " ")) is not None


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _MISSING)


def unix_time(value: Any) -> float | None:
    """A time as Unix seconds, from seconds, milliseconds or ISO 8601; None for anything else."""
    real = number(value)
    if real is not None:
        seconds = real / 1e3 if _UNIX[0] <= real / 1e3 < _UNIX[1] else real
        return float(seconds) if _UNIX[0] <= seconds < _UNIX[1] else None
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _counts(rows: Sequence[Values], key: str) -> bool:
    """Whether values are whole numbers that most rows have and that do not all stay the same.

    Epochs must grow with each row: usually they are no step.
    """
    found = [number(row[key]) for row in rows if not is_missing(row.get(key))]
    steps = [step for step in found if step is not None and abs(step) < 2**53 and step == int(step)]
    if not steps or len(steps) < len(found) * 0.9 or len(steps) * 2 <= len(rows):
        return False
    if _plain(key) == "epoch":
        return all(a < b for a, b in pairwise(steps))
    return len(rows) == 1 or min(steps) < max(steps)


def _plain(key: str) -> str:
    return re.sub(r"[\s/.\-]+", "_", key.strip()).lower()
