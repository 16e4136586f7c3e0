"""What rules say of a run, explained."""

from dataclasses import dataclass
from typing import Literal

from grpolog.events import Severity
from grpolog.trends.telling import AlertGroup


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert from its opening to its end, explained."""

    rule: str
    metric: str
    severity: Severity
    """The highest it reached."""

    step: int
    """Step at which it was opened."""

    onset_step: int | None
    """Step at which it is estimated to have begun."""

    resolved_step: int | None
    state: Literal["open", "resolved"]
    message: str
    """What was said when it was worst."""

    causes: str
    """Likely ones."""

    remedy: str
    source: str
    """Where thresholds and remedy come from."""

    incident: str
    before: float | None
    after: float | None

    limit: float | None = None
    effect: float | None = None
    window: int | None = None
    """The evidence, as alerts carry it: how `after` stands to `before` or `limit`, in standard errors, and of how many
    cycles it is the mean."""

    attempt: int | None = None
    """Attempt that it was raised in; None for what is said of the run as a whole."""

    groups: tuple[AlertGroup, ...] = ()
    """Groups of that attempt to read, kept between onset and the step at which it was worst, the most telling first."""

    @property
    def begun(self) -> int:
        """The step that it counts from: its onset where one is estimated."""
        return self.step if self.onset_step is None else self.onset_step
