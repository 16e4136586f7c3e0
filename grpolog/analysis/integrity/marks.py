"""What is found wrong with a log, each with its place: damage, and what is to be known and is none."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

Damage = Literal[
    "invalid line",
    "invalid event",
    "missing event",
    "wrong number",
    "unordered line",
    "repeated line",
    "changed part",
    "cut-off part",
    "missing part",
    "missing checksum",
    "missing attempt",
    "missing rank",
    "archive",
]
"""What a crash or a full disk does not do."""

Note = Literal["torn line", "lost in recording", "repaired", "unknown", "no checksum", "no live part"]

MAX_NAMED: Final = 100
"""Marks of one kind that are named; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that was found."""

    kind: Damage | Note
    path: Path
    line: int | None
    """From 1 within the part's uncompressed lines; None where it is about no line."""

    what: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else f"{self.path}"
        return f"{place}: {self.what}"


@dataclass(slots=True)
class Marks:
    """Collects marks."""

    damage: list[Mark] = field(default_factory=list)
    notes: list[Mark] = field(default_factory=list)
    counts: Counter[Damage | Note] = field(default_factory=Counter)
    """All of them by kind, those that are not named included."""

    unfit: dict[Path, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By part the lines that a clean copy leaves out."""

    displaced: dict[Path, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By part the lines that stand in the wrong place and are whole."""

    _told: set[str] = field(default_factory=set)

    def damaged(self, kind: Damage, path: Path, line: int | None, what: str) -> None:
        """Take damage."""
        self._add(self.damage, Mark(kind, path, line, what))

    def note(self, kind: Note, path: Path, line: int | None, what: str, once: bool = False) -> None:
        """Take what is no damage; `once` for what many lines share."""
        if not once or what not in self._told:
            self._told.add(what)
            self._add(self.notes, Mark(kind, path, line, what))

    def _add(self, marks: list[Mark], mark: Mark) -> None:
        self.counts[mark.kind] += 1
        if self.counts[mark.kind] <= MAX_NAMED:
            marks.append(mark)
