"""What a rule says about a metric."""

from dataclasses import dataclass
from typing import Literal

from grpolog.events import Severity

State = Literal["opened", "escalated", "resolved"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One word of one rule; the fields are those of the `alert` event."""

    rule: str
    """Name of the rule."""

    metric: str
    """The metric it speaks of, under the caller's own name."""

    severity: Severity
    """info: worth knowing; warning: look now; error: the run is failing."""

    step: int
    """Step of the row that raised it."""

    message: str
    """One line for people."""

    before: float | None = None
    """Value that the metric is compared with."""

    after: float | None = None
    """Value that raised the alert."""

    onset_step: int | None = None
    """Step at which the change is estimated to have begun."""

    incident: str = ""
    """Shared by alerts of one cause."""

    state: State = "opened"
    """What happened to the alert."""

    remedy: str | None = None
    """What to do about it, and why; None where there is nothing to remedy."""
