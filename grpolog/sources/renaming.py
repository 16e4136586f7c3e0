"""Keys of a foreign log that the user translates: `--map reward=avg_return --map step=update`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from grpolog.errors import UsageError
from grpolog.metrics import metric

STEP: Final = "step"
"""Our name of the optimizer step, which is no metric."""


def parsed(pairs: Iterable[str]) -> dict[str, str]:
    """Our name by foreign key, from texts like `reward=avg_return`.

    Raises:
        UsageError: a text is none of that form, or its first half is no name of ours.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours.strip() and equals and theirs.strip()):
            raise UsageError(f"--map {pair!r} is not of the form ours=theirs, such as reward=avg_return")
        found[theirs.strip()] = ours.strip()
    return checked(found)


def checked(mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping whose values are all names of ours.

    Raises:
        UsageError: one is not.
    """
    for theirs, ours in mapping.items():
        if ours != STEP and metric(ours) is None:
            raise UsageError(
                f"`{ours}`, which `{theirs}` should become, is neither `step` nor a metric such as reward, loss, kl, "
                "rewards/accuracy/mean or eval_reward"
            )
    return dict(mapping)


def key_of(mapping: Mapping[str, str], ours: str) -> str | None:
    """The foreign key that becomes `ours`; None where the user named none."""
    return next((theirs for theirs, name in mapping.items() if name == ours), None)


class Renaming:
    """Applies a mapping to the rows of a log.

    Args:
        mapping: our name by foreign key, `step` included.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._names = {key: (theirs, ours) for theirs, ours in mapping.items() for key in _spellings(theirs)}
        self.unused = {theirs for theirs, ours in mapping.items() if ours != STEP}
        """Keys that no row has had so far."""

    def applied(self, values: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
        """The values by the names that the user wants, and the step where the user names its key, else None.

        A key of the log that has a name which the user gives to another key becomes `<key> (own)`.
        """
        if self._names.keys().isdisjoint(values):
            return values, None
        named = {key: self._names[key] for key in values if key in self._names}
        self.unused -= {theirs for theirs, _ in named.values()}
        taken = {ours for _, ours in named.values()}
        found = {f"{key} (own)" if key in taken else key: value for key, value in values.items() if key not in named}
        found |= {ours: values[key] for key, (_, ours) in named.items()}
        return found, found.pop(STEP, None)


def _spellings(key: str) -> set[str]:
    """A key as the log has it, and as readers of trackers name it."""
    return {key, key.removeprefix("train/"), f"eval_{key.removeprefix('eval/')}" if key.startswith("eval/") else key}
