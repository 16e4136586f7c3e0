"""What a panel is to show, before the log was asked for its values."""

from dataclasses import dataclass

SHARE = "share"


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel: its name in the legend and the metrics it may be taken from, the best first."""

    label: str
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A panel before the log was asked for its values."""

    key: str
    title: str
    about: str
    lines: tuple[Line, ...]
    optional: bool = False
    """Whether its absence is not worth a word, nor that all its lines are 0 or 1 throughout."""

    evaluated: bool = False
    """Whether evaluations of the first line are drawn too."""

    spread: tuple[str, ...] = ()
    """Metrics of the band around the first line: the standard deviation; then, if known, lowest and highest value."""

    sparse: bool = False
    """Whether the lines are evaluations, drawn with points."""

    unit: str | None = None
    """None: that of the metric."""

    notes: tuple[str, ...] = ()
