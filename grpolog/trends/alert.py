"""What a rule says about a metric."""

from dataclasses import dataclass
from typing import Literal, Protocol

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

    limit: float | None = None
    """Threshold that `after` is held against by rules that compare with no earlier value."""

    effect: float | None = None
    """The change against noise: how many standard errors `after` lies from `before`, or from `limit`, in the bad
    direction and in the scale that the rule judges in, which may be a logarithm. None where the rule is not about more
    or less (a number that is not finite, a gradient of exactly zero), and where no noise is known."""

    window: int | None = None
    """Generation cycles (evaluations, in rules about them) whose mean `after` is."""

    onset_step: int | None = None
    """Step at which the change is estimated to have begun."""

    incident: str = ""
    """Shared by alerts of one cause."""

    state: State = "opened"
    """What happened to the alert."""

    remedy: str | None = None
    """What to do about it, and why; None where there is nothing to remedy."""


class Evidence(Protocol):
    """What an alert, its event and a finding have in common."""

    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def before(self) -> float | None: ...  # noqa: D102
    @property
    def after(self) -> float | None: ...  # noqa: D102
    @property
    def limit(self) -> float | None: ...  # noqa: D102
    @property
    def effect(self) -> float | None: ...  # noqa: D102
    @property
    def window(self) -> int | None: ...  # noqa: D102


def evidence(found: Evidence) -> str:
    """The values behind an alert in one line, empty where there are none: `0.004 against 0.76 before, mean of 4 cycles,
    23 standard errors`.
    """
    if found.after is None:
        return ""
    against = ""
    if found.before is not None:
        against = f" against {found.before:.3g} before"
    elif found.limit is not None:
        against = f" against a limit of {found.limit:.3g}"
    parts = [f"{found.after:.3g}{against}"]
    if found.window is not None and found.window > 1:
        parts.append(f"mean of {found.window} {'evaluations' if found.metric.startswith('eval_') else 'cycles'}")
    if found.effect is not None:
        parts.append(f"{found.effect:.2g} standard errors")
    return ", ".join(parts)
