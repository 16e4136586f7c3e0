"""The `alert` event: a rule opened, escalated or resolved."""

from typing import Any, Literal

from grpolog.events._envelope import Envelope

Severity = Literal["info", "warning", "error"]
"""info: worth knowing; warning: look now; error: the run is failing or its compute is wasted from here on."""


class AlertEvent(Envelope):
    """A rule's word about a metric."""

    event: Literal["alert"] = "alert"
    """Type of the event."""

    rule: str
    """Name of the rule."""

    metric: str
    """The metric it speaks of."""

    severity: Severity
    """How bad it is."""

    state: Literal["opened", "escalated", "resolved"] = "opened"
    """What happened to the alert."""

    incident: str
    """Shared by alerts of one cause."""

    message: str
    """One line for people."""

    before: float | None = None
    """Value that the metric is compared with."""

    after: float | None = None
    """Value that raised the alert."""

    onset_step: int | None = None
    """Step at which the change is estimated to have begun."""

    remedy: str | None = None
    """What to do about it; null where there is nothing to remedy."""

    details: dict[str, Any] | None = None
    """What else the rule has to say, such as the stacks of a stall."""
