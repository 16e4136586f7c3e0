"""What the rules said, as values: findings, and every single alert behind them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class GroupLink:
    """A recorded group that a finding tells to read."""

    key: str
    """Key of the group in this report; empty where the report does not hold it."""

    name: str
    """Where it was generated."""

    shows: str
    """What it shows of the finding."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """An alert from its opening to its end, explained."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    rule: str
    """Name of the rule that speaks."""

    severity: Literal["info", "warning", "error"]
    """The highest it reached."""

    state: Literal["open", "resolved"]
    """Whether it still stands at the end of the log."""

    step: int
    """Step at which it was raised."""

    onset_step: int | None
    """Step at which what it tells is estimated to have begun; null when unknown."""

    resolved_step: int | None
    """Step at which it was over; null while it is open."""

    metric: str
    """Canonical name of the metric that it speaks of."""

    panel: str
    """Key of the panel that shows its metric; empty where none does."""

    window: tuple[int, int] | None
    """Steps around it that show it; null where there is no step beside it."""

    message: str
    """What happened, one line."""

    evidence: str
    """The values behind it, and the effect against noise; empty where there are none."""

    causes: str
    """Likely ones."""

    remedy: str
    """What to do, the first thing first."""

    source: str
    """Where thresholds and remedy come from."""

    system: bool
    """Whether it is about the machine and not about what is learned."""

    groups: tuple[GroupLink, ...] = ()
    """Recorded groups to read, the most telling first."""

    details: tuple[tuple[str, str], ...] = ()
    """What else it has to say, such as the stacks of a stall."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    severity: Literal["info", "warning", "error"]
    """How grave it is."""

    state: str
    """Opened, escalated, or resolved."""

    step: int
    """Optimizer step at which it was raised."""

    rule: str
    """Name of the rule that speaks."""

    metric: str
    """Canonical name of the metric that it speaks of."""

    message: str
    """What happened, one line."""

    before: float | None = None
    """The metric before; null when there is no such value."""

    after: float | None = None
    """The metric now; null when there is no such value."""

    origin: str = ""
    """Empty when log and replay agree, else which of the two knows it."""

    panel: str = ""
    """Key of the panel that shows its metric."""

    superseded: bool = False
    """Whether it is of a step that a later attempt replaced."""

    details: tuple[tuple[str, str], ...] = ()
    """What it has to say beside the message, such as the stacks of a stall."""

    onset_step: int | None = None
    """Step at which what it tells is estimated to have begun; null when unknown."""

    remedy: str = ""
    """What to do about it; empty where it is over, where it is no more than a note, and when unknown."""
