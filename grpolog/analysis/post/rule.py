"""What every rule is that needs more of a log than the rows of rank 0."""

from collections.abc import Iterator
from typing import ClassVar, Protocol

from grpolog.analysis.case import Case
from grpolog.analysis.finding import Finding
from grpolog.events import Severity
from grpolog.trends.rules import About


class PostRule(Protocol):
    """A frozen dataclass of thresholds that judges a run as it lies there."""

    about: ClassVar[About]

    @property
    def name(self) -> str:
        """Name of the rule."""

    def unjudged(self, case: Case) -> str | None:
        """Why the rule cannot judge this run: what it lacks, or, beginning with `NOT_HERE`, why it does not apply."""

    def judge(self, case: Case) -> Iterator[Finding]:
        """What the run shows."""


def said(
    rule: PostRule,
    severity: Severity,
    step: int,
    message: str,
    *,
    metric: str = "log",
    onset: int | None = None,
    resolved: int | None = None,
) -> Finding:
    """A finding of a rule; `message` is what comes after the step."""
    return Finding(
        rule=rule.name,
        metric=metric,
        severity=severity,
        step=step,
        onset_step=step if onset is None else onset,
        resolved_step=resolved,
        state="open" if resolved is None else "resolved",
        message=f"Step {step}: {message}",
        causes=rule.about.causes,
        remedy=rule.about.remedy,
        source=rule.about.source,
        incident=f"{rule.name}-{metric}-{step}",
        before=None,
        after=None,
    )
