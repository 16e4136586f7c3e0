"""The `alert` event: a rule opened, escalated or resolved."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from grpolog.events._envelope import Envelope, Mode

Severity = Literal["info", "warning", "error"]
"""info: worth knowing; warning: look now; error: the run is failing or its compute is wasted from here on."""


class AlertGroup(BaseModel):
    """A group to read for an alert: its completions are in the log."""

    model_config = ConfigDict(extra="forbid")

    step: int
    """Step of the group, as in its `example` events."""

    mode: Mode = "train"
    """train or eval."""

    eval_name: str | None = None
    """Name of the eval set, if there are several."""

    generation: int | None = None
    """Number of the generation within the attempt."""

    group: int
    """Number of the group within the generation."""

    prompt_id: str
    """Hash of the prompt."""

    shows: str
    """What it was chosen for, a few words: `mean accuracy 0`, `7 of 8 cut off`."""


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

    limit: float | None = None
    """Threshold that `after` is held against by rules that compare with no earlier value."""

    effect: float | None = None
    """The change against noise: how many standard errors `after` lies from `before`, or from `limit`, in the bad
    direction and in the scale that the rule judges in, which may be a logarithm. Null where the rule is not about more
    or less (a number that is not finite, a gradient of exactly zero), and where no noise is known."""

    window: int | None = None
    """Generation cycles (evaluations, in rules about them) whose mean `after` is."""

    onset_step: int | None = None
    """Step at which the change is estimated to have begun."""

    remedy: str | None = None
    """What to do about it; null where there is nothing to remedy."""

    groups: list[AlertGroup] | None = None
    """Up to 5 of the groups that were kept between `onset_step` and `step`, the most telling first; null where there is
    none, for alerts that are over, and for those about the machine."""

    details: dict[str, Any] | None = None
    """What else the rule has to say, such as the stacks of a stall."""
