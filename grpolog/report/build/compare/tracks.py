"""The metrics of all arms along one axis, each arm one series."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from grpolog.analysis import Run
from grpolog.analysis.compare import Across as Aligned
from grpolog.analysis.compare import Arm, Axis, Result, axis_of, shortened
from grpolog.errors import UsageError
from grpolog.report.build.lines import Lines
from grpolog.report.curves import Floats, means, series
from grpolog.report.model import Across, Curve, Series

BUCKETS: Final = 500
"""Points of a curve at most: means without bands."""

BINS: Final = 60
"""Points of the mean over seeds at most."""

_SECONDS: Final[dict[Across, float]] = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
_WHOLE = 120.0  # so many of a unit of time at least, so that whole numbers tell places apart well enough
_LACKING: Final = {"tokens": "tokens (num_tokens)", "time": "when its steps were made"}


@dataclass(frozen=True, slots=True)
class Track:
    """One run along the axis."""

    run: Run
    name: str
    """Label of its arm; where that has several runs its own name, without what the names of all runs have in common."""

    lines: Lines
    axis: Axis


class Tracks:
    """Looks up the metrics of all runs.

    Args:
        arms: the arms.
        across: by what they are aligned.

    Raises:
        UsageError: a log does not tell the places of its steps.
    """

    def __init__(self, arms: Sequence[Arm], across: Aligned) -> None:
        self.arms = tuple(arms)
        short = iter(shortened([name for arm in arms for name in arm.names]))
        self.by_arm = tuple(
            tuple(
                Track(run, name if len(arm.runs) > 1 else arm.label, Lines(run), axis_of(run, across))
                for run, name in zip(arm.runs, short, strict=False)
            )
            for arm in arms
        )
        for track in self.every:
            if not track.axis.known:
                raise UsageError(f"the log does not tell {_LACKING[across]}: align by another --x", track.run.path)
        self.across, self.unit = self._unit(across)

    @property
    def every(self) -> tuple[Track, ...]:
        """All runs."""
        return tuple(track for tracks in self.by_arm for track in tracks)

    @cached_property
    def names(self) -> frozenset[str]:
        """Metrics that some run holds."""
        return frozenset(name for track in self.every for name in track.lines.names)

    def holding(self, metric: str) -> tuple[int, ...]:
        """Numbers of the arms all of whose runs hold a metric."""
        return tuple(
            place
            for place, tracks in enumerate(self.by_arm)
            if all(track.lines.first_known(metric) is not None for track in tracks)
        )

    def widest(self, *metrics: str) -> str | None:
        """Of these metrics the one that most arms hold, the first of equals; None where none does."""
        held = [metric for metric in metrics if self.holding(metric)]
        return max(held, key=lambda metric: len(self.holding(metric)), default=None)

    def place(self, track: Track, steps: Floats) -> Floats:
        """Where steps of a run stand on the x axis."""
        return track.axis.place(steps) / self.unit

    def window(self, result: Result) -> tuple[float, float]:
        """The part of the x axis that is compared."""
        return result.window[0] / self.unit, result.window[1] / self.unit

    def end(self, track: Track) -> float:
        """Where a run ends on the x axis."""
        return float(self.place(track, np.array([float(track.run.audit.last_step or 0)]))[0])

    def series(self, metric: str, *, sparse: bool = False) -> tuple[Series, ...]:
        """By arm its series; one without values where a run of it lacks the metric, so that colours stay."""
        held = self.holding(metric)
        return tuple(
            self._series(place, metric, sparse=sparse)
            if place in held
            else Series(self.arms[place].label, metric, Curve((), ()))
            for place in range(len(self.arms))
        )

    def _series(self, place: int, metric: str, *, sparse: bool) -> Series:
        label = self.arms[place].label
        parts = []
        for track in self.by_arm[place]:
            values = track.lines.values(metric)
            parts.append((self.place(track, values.x), values.y))
        if len(parts) == 1:
            found = series(label, metric, *parts[0], sparse=sparse)
            return replace(found, curve=means(found.curve, BUCKETS), band="none")
        return _of_seeds(label, metric, parts, sparse=sparse)

    def _unit(self, across: Aligned) -> tuple[Across, float]:
        if across != "time":
            return across, 1.0
        longest = max(float(track.axis.places[-1]) for track in self.every)
        fitting = [unit for unit, seconds in _SECONDS.items() if longest >= _WHOLE * seconds]
        unit = fitting[-1] if fitting else "seconds"
        return unit, _SECONDS[unit]


def _of_seeds(label: str, metric: str, parts: Sequence[tuple[Floats, Floats]], *, sparse: bool) -> Series:
    """The mean over seeds, and the lowest and highest of them, where all of them have values."""
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in parts]
    counted = sum(len(y) for _, y in parts)
    if not all(len(x) for x, _ in known):
        return replace(series(label, metric, *parts[0], sparse=sparse), curve=Curve((), ()), logged=0)
    x, rows = _on_one_grid(known)
    middle = rows.mean(axis=0)
    found = series(label, metric, x, middle, sparse=sparse)
    curve = replace(found.curve, low=tuple(rows.min(axis=0).tolist()), high=tuple(rows.max(axis=0).tolist()))
    return replace(
        found, curve=curve, band="range", logged=counted, non_finite=sum(int((~np.isfinite(y)).sum()) for _, y in parts)
    )


def _on_one_grid(known: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Places, and by seed its values there: exact where few and shared, else means of equal bins of what all reach."""
    first = known[0][0]
    if len(first) <= 2 * BINS and all(np.array_equal(x, first) for x, _ in known):
        return first, np.array([y for _, y in known])
    low, high = max(x[0] for x, _ in known), min(x[-1] for x, _ in known)
    bins = max(1, min(BINS, min(len(x) for x, _ in known) // 4))
    edges = np.linspace(low, high, bins + 1)
    rows = []
    for x, y in known:
        inside = (x >= low) & (x <= high)
        place = np.clip(np.searchsorted(edges, x[inside], side="right") - 1, 0, bins - 1)
        count = np.bincount(place, minlength=bins)
        sums = np.bincount(place, weights=y[inside], minlength=bins)
        rows.append(np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0))
    every = np.array(rows)
    there = np.isfinite(every).all(axis=0)
    return ((edges[:-1] + edges[1:]) / 2)[there], every[:, there]
