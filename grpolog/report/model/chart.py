"""Charts as values."""

from dataclasses import dataclass
from typing import Literal

Band = Literal["none", "range", "std"]
"""What `Curve.low` and `high` say: nothing, lowest and highest value of a bucket, or mean minus and plus one
standard deviation over completions."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one series, x ascending; exact, or means of buckets."""

    x: tuple[float, ...]
    """Optimizer step; of a bucket the mean of its steps."""

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
    metric: str
    """Canonical name, as `run.history` takes it."""

    curve: Curve
    band: Band = "none"
    sparse: bool = False
    """Few values on steps of their own, such as evaluations: drawn with points."""

    ghosts: tuple[Curve, ...] = ()
    """What earlier attempts logged after the step that a later one resumed from."""

    logged: int = 0
    """Values in the log, non-finite ones included, superseded ones left out."""

    non_finite: int = 0
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


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step, shown on the x axis."""

    x: int
    kind: Literal["info", "warning", "error", "resume"]
    title: str
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
    about: str
    """What is drawn, in one sentence."""

    unit: str
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    """Lowest and highest possible value, where there is one."""

    stacked: bool = False
    """Series add up and share their steps: drawn as areas on top of each other."""

    notes: tuple[str, ...] = ()
    empty: str = "Not in this log."
    """Said in place of the chart when there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Question:
    """Panels that answer one question."""

    key: str
    title: str
    panels: tuple[Panel, ...]
    missing: tuple[str, ...] = ()
    """Titles of panels for which the log has no value."""
