"""What one kind of fault did to the log."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """A row of the table; it is added to while the fault is tried."""

    fault: str
    tries: int = 0
    acknowledged: int = 0
    """Events whose step was recorded, as far as the training process could see: the call had returned."""

    lost: int = 0
    """Events that were acknowledged and are neither in the log nor counted in it as lost."""

    counted: int = 0
    """Events that could not be written, and that the log says so of."""

    invalid: int = 0
    """Lines that are no event, but for a torn one at the end of the live part."""

    torn: int = 0
    """Tries that left a torn last line."""

    warnings: int = 0
    """Warnings that the user saw."""

    resumed: int = 0
    """Tries after which the log was written on."""

    violations: list[str] = field(default_factory=list)
    """Broken promises, in words."""

    def require(self, kept: bool, what: str) -> None:
        """Note `what` as a violation unless the promise was kept."""
        if not kept:
            self.violations.append(f"{self.fault}: {what}")

    def add(self, other: "Tally") -> None:
        """Count another row in."""
        for name in TITLES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.violations += other.broken

    @property
    def broken(self) -> list[str]:
        """All that is not as promised."""
        found = list(self.violations)
        if self.lost:
            found.append(f"{self.fault}: {self.lost} acknowledged events are missing")
        if self.invalid:
            found.append(f"{self.fault}: {self.invalid} lines are no events")
        if self.resumed < self.tries:
            found.append(f"{self.fault}: {self.tries - self.resumed} of {self.tries} tries were not written on")
        return found


TITLES = {
    "tries": "tries",
    "acknowledged": "events acknowledged",
    "lost": "lost",
    "counted": "counted as lost",
    "invalid": "invalid lines",
    "torn": "torn last lines",
    "warnings": "warnings",
    "resumed": "resumed",
}
"""Of the columns, which are what is added up."""


def table(tallies: list[Tally]) -> str:
    """The rows as a Markdown table."""
    rows = [["fault", *TITLES.values()], [":--", *["--:"] * len(TITLES)]]
    rows += [[tally.fault, *(f"{getattr(tally, name):,}" for name in TITLES)] for tally in tallies]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
