"""What every rule is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from grpolog.trends.finding import Finding
from grpolog.trends.view import View

NOT_HERE: Final = "not applicable: "
"""Begins the reason why a rule has nothing to judge in a run, as opposed to what the log lacks."""


@dataclass(frozen=True, slots=True)
class About:
    """A rule in words."""

    looks_for: str
    """One line."""

    causes: str
    """What is behind it most often."""

    remedy: str
    """What to do, the first thing first."""

    source: str
    """Where thresholds and remedy come from."""


class Rule(Protocol):
    """A frozen dataclass of thresholds: equal ones judge equally."""

    about: ClassVar[About]

    @property
    def name(self) -> str:
        """Name of the rule, as alerts carry it."""

    def unjudged(self, view: View) -> str | None:
        """Why the rule cannot judge this run: what it lacks, or, beginning with `NOT_HERE`, why it does not apply."""

    def judge(self, view: View) -> Iterator[Finding]:
        """What the new cycles show."""
