"""Charts as values."""

from dataclasses import dataclass
from typing import Literal

Band = Literal["none", "range", "std"]
"""What `Curve.low` and `high` say: nothing, lowest and highest value of a bucket, or mean minus and plus one
standard deviation over completions."""

Across = Literal["step", "tokens", "seconds", "minutes", "hours"]
"""What x axes show: optimizer steps, tokens so far, or time of training so far. Places on an axis are told well enough
by whole numbers."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one series, x ascending; exact, or means of buckets."""

    x: tuple[float, ...]
    """Place on the x axis, an optimizer step unless the panel says otherwise; of a bucket the mean of its places."""

    y: tuple[float, ...]
    """Value; NaN is a gap."""

    low: tuple[float, ...] = ()
    """Lower edge of the band, empty without one."""

    high: tuple[float, ...] = ()
    """Upper edge of the band."""

    count: tuple[int, ...] = ()
    """Values in each bucket; empty when the points are exact."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel."""

    label: str
    """Its name in the legend."""

    metric: str
    """Canonical name, as `run.history` takes it."""

    curve: Curve
    """What is drawn: exact, or means of buckets."""

    band: Band = "none"
    """What the curve's `low` and `high` say."""

    sparse: bool = False
    """Few values on steps of their own, such as evaluations: drawn with points."""

    ghosts: tuple[Curve, ...] = ()
    """What earlier attempts logged after the step that a later one resumed from."""

    logged: int = 0
    """Values in the log, non-finite ones included, superseded ones left out."""

    non_finite: int = 0
    """Values in the log that are NaN or infinite; gaps of the curve."""

    non_finite_steps: tuple[int, ...] = ()
    """The first of them."""

    first: float | None = None
    """Mean of the first tenth of the finite values, at least one."""

    last: float | None = None
    """The newest value."""

    end: float | None = None
    """Mean of the last tenth of the finite values, at least one."""

    lowest: tuple[float, float] | None = None
    """Step and value of the smallest value."""

    highest: tuple[float, float] | None = None
    """Step and value of the largest value."""

    exact: tuple[tuple[float, float], ...] = ()
    """Step and value where something happened, of a curve whose points are means."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step, shown on the x axis."""

    x: int
    """Optimizer step."""

    kind: Literal["info", "warning", "error", "resume"]
    """The alert's severity, or that an attempt resumed here."""

    title: str
    """What happened, one sentence."""

    target: str = ""
    """Key of the alert that it speaks of."""

    metric: str = ""
    """The alert's metric."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    title: str
    """What is drawn, a few words."""

    about: str
    """What is drawn, in one sentence."""

    unit: str
    """Of the y axis; empty for a pure number."""

    series: tuple[Series, ...] = ()
    """The lines, the most telling first; none where the log holds no value."""

    marks: tuple[Mark, ...] = ()
    """What happened at which step, by step; resumes first."""

    bounds: tuple[float | None, float | None] = (None, None)
    """Lowest and highest possible value, where there is one."""

    stacked: bool = False
    """Series add up and share their steps: drawn as areas on top of each other."""

    across: Across = "step"
    """What the x axis shows."""

    bands: bool | None = None
    """Whether bands are drawn; None: where no more than two lines share the panel, whose bands can be told apart."""

    notes: tuple[str, ...] = ()
    """What a reader has to know about the values, such as another definition in this log."""

    empty: str = "Not in this log."
    """Said in place of the chart when there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Question:
    """Panels that answer one question."""

    key: str
    """Unique in the report: a word."""

    title: str
    """The question itself."""

    panels: tuple[Panel, ...]
    """In reading order."""

    missing: tuple[str, ...] = ()
    """Titles of panels for which the log has no value."""
