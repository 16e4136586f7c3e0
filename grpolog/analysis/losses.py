"""What could not be read, or was read with a correction: counted, and named up to a limit."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from grpolog.errors import Loss

LossKind = Literal[
    "torn line",
    "invalid line",
    "invalid value",
    "unknown event",
    "unknown field",
    "newer format",
    "corrected line",
    "missing event",
    "missing part",
    "changed part",
    "cut-off part",
    "repeated line",
    "repeated number",
    "unordered line",
    "recorder",
    "untold alert",
    "corrected value",
    "repeated row",
    "left out",
]

HARMLESS: Final[frozenset[str]] = frozenset(
    {
        "unknown field",
        "untold alert",
        "corrected line",
        "corrected value",
        "repeated line",
        "unordered line",
        "repeated row",
    }
)
"""Kinds that leave every recorded event readable."""

MAX_NAMED: Final = 100
"""Losses of one kind that are named; the others are only counted."""


@dataclass(slots=True)
class Losses:
    """Collects losses; those of one `key` share an entry that names the first."""

    counts: Counter[str] = field(default_factory=Counter)
    """By kind, how many."""

    _entries: dict[tuple[str, str], tuple[Path, int | None, str, int]] = field(default_factory=dict)
    _named: Counter[str] = field(default_factory=Counter)

    def note(
        self, kind: LossKind, path: Path, line: int | None, what: str, key: str | None = None, count: int = 1
    ) -> None:
        """Count a loss.

        Args:
            kind: what sort of loss.
            path: the part it is in.
            line: its line, from 1, or None.
            what: one line for people.
            key: losses of one kind and key are one entry with a count; None: an entry of its own.
            count: events that it means; `what` says so itself.
        """
        self.counts[kind] += count
        entry = (kind, key if key is not None else f"{path}:{line}:{what}")
        if entry in self._entries:
            first_path, first_line, first_what, n = self._entries[entry]
            self._entries[entry] = (first_path, first_line, first_what, n + 1)
        elif self._named[kind] < MAX_NAMED:
            self._named[kind] += 1
            self._entries[entry] = (path, line, what, 1)

    def name_files(self, shown: Callable[[Path], Path]) -> None:
        """Name the files of all entries in another way."""
        self._entries = {key: (shown(path), *rest) for key, (path, *rest) in self._entries.items()}  # type: ignore[misc]

    def named(self) -> tuple[Loss, ...]:
        """The entries by path and line of their first appearance."""
        return tuple(
            Loss(path, line, f"{what} ({n} times, first here)" if n > 1 else what)
            for path, line, what, n in sorted(self._entries.values(), key=lambda entry: (entry[0], entry[1] or 0))
        )
