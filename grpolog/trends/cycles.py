"""Rows folded into generation cycles.

Trainers may take several optimizer steps on one generation. Then only one row in a few carries a reward, and time and
clip ratio swing within the cycle. Rules compare whole cycles: the rows after one that carries a reward up to and
including the next one. Where every row carries a reward, or none ever did, a row is a cycle. A row with a loss or a
gradient that is no number ends its cycle: it may be the last one there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from grpolog.trends.roles import CHECKED, HEAVY, is_judged, is_momentary, is_reward, own_clock
from grpolog.trends.table import Column, Floats, Ints, Mask, Table

TAIL = 448
"""Cycles that are kept to look back on. Rules look back less; a test feeds logs in chunks to prove it."""

LONG = 4096
"""Rows in the largest piece of a log that is judged at once."""

LONGEST = 64
"""Rows after which a cycle ends though no reward came."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """The newest cycles as arrays, those to be judged last."""

    steps: Ints
    """Step of each cycle: that of its last row."""

    first: int
    """Index of the first cycle that has not been judged."""

    before: int
    """Cycles before index 0."""

    values: Mapping[str, Floats]
    """Mean of each judged metric in each cycle. Where a cycle has none: the value before; the median of the three
    before for heavy tails; NaN for what is momentary. NaN before the first."""

    own: Mapping[str, tuple[Floats, Ints]]
    """Metrics on a clock of their own (evaluations): all kept values, and for each new one the index of its cycle."""

    finite: Mapping[str, tuple[Ints, Mask]]
    """Of loss, gradient norm and KL each value of the new cycles: its cycle, and whether it is a number."""

    def __len__(self) -> int:
        return len(self.steps) - self.first


@dataclass(frozen=True, slots=True)
class Fold:
    """What folding remembers."""

    open: Table = field(default_factory=lambda: Table(np.empty(0, np.int64)))
    """Rows of the cycle that has not ended."""

    rewarded: bool = False
    """Whether a row carried a reward."""

    count: int = 0
    """Cycles so far."""

    steps: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Of the newest cycles."""

    names: tuple[str, ...] = ()
    """Judged metrics that ever had a finite value, in the order of their coming."""

    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    """Metrics by newest cycles."""

    recent: Mapping[str, Floats] = field(default_factory=dict)
    """The newest three values of metrics with heavy tails."""

    own: Mapping[str, Floats] = field(default_factory=dict)
    """Newest finite values of metrics on a clock of their own."""

    def pieces(self, table: Table) -> Iterator[Table]:
        """`table` in pieces within which no metric comes up: what rules know of a run must not depend on later rows.
        Long tables are cut as well, which keeps arrays within the processor's cache.
        """
        cuts = set(range(LONG, len(table), LONG))
        known = {*self.names, *self.own}
        for name, column in table.columns.items():
            if name not in known and is_judged(name):
                there = np.flatnonzero(np.isfinite(column.values))
                cuts.update(column.rows[there[:1]].tolist())
        cuts.discard(0)
        if not cuts:
            yield table
            return
        for start, stop in pairwise((0, *sorted(cuts), len(table))):
            yield table.part(start, stop)


def fold(state: Fold, table: Table) -> tuple[Fold, Cycles]:
    """Add the rows of `table`; the cycles that they end are those to be judged."""
    rows = joined(state.open, table)
    ends, rewarded = _ends(rows, rewarded=state.rewarded)
    ended = int(np.count_nonzero(ends))
    numbers = None if ended == len(ends) else np.cumsum(ends) - ends  # the cycle of each row
    names = list(state.names)
    known = set(names)
    curves: dict[str, tuple[Ints, Floats]] = {}
    own: dict[str, tuple[Floats, Ints]] = {name: (tail, _NONE) for name, tail in state.own.items()}
    checked: dict[str, tuple[Ints, Mask]] = {}
    for name, column in rows.columns.items():
        if not is_judged(name):
            continue
        place, found = column.rows if numbers is None else numbers[column.rows], column.values
        finite = np.isfinite(found)
        if name in CHECKED:
            checked[name] = (place[place < ended], finite[place < ended])
        if not finite.all():
            place, found = place[finite], found[finite]
        if not len(found):
            continue
        if own_clock(name):
            inside = place < ended
            own[name] = (np.concatenate((state.own.get(name, _EMPTY), found[inside])), place[inside])
            continue
        if name not in known:
            names.append(name)
        curves[name] = (place, found)
    size = len(state.steps)
    values = np.full((len(names), size + ended), np.nan)
    values[: len(state.names), :size] = state.values
    heavy = [(row, name) for row, name in enumerate(names) if name in HEAVY]
    for row, name in enumerate(names):
        if name in curves:
            place, found = curves[name]
            if len(found) == ended and numbers is None:
                values[row, size:] = found
            else:
                values[row, size:] = _means(place, found, ended)
    values[:, size:] += 0.0  # no -0.0, which sums lose and single values keep
    recent = {name: _bridged(values[row, size:], state.recent.get(name, _EMPTY)) for row, name in heavy}
    _fill(values[:, max(0, size - 1) :], [row for row, name in enumerate(names) if is_momentary(name)])
    steps = np.concatenate((state.steps, rows.steps[ends]))
    cycles = Cycles(steps, size, state.count - size, dict(zip(names, values, strict=True)), own, checked)
    left = rows.part(int(np.flatnonzero(ends)[-1]) + 1, len(rows)) if ended else rows
    kept = {name: tail[-TAIL:].copy() for name, (tail, _) in own.items()}
    count = state.count + ended
    tails = (steps[-TAIL:].copy(), tuple(names), values[:, -TAIL:].copy())
    return Fold(left, rewarded, count, *tails, recent, kept), cycles


_EMPTY = np.empty(0)
_NONE = np.empty(0, np.int64)


def joined(first: Table, second: Table) -> Table:
    """The rows of two tables, one after the other."""
    if not len(first):
        return second
    at = len(first)
    columns = dict(first.columns)
    for name, column in second.columns.items():
        mine = columns.get(name)
        rows = column.rows + at
        if mine is None:
            columns[name] = Column(rows, column.values)
        else:
            columns[name] = Column(np.concatenate((mine.rows, rows)), np.concatenate((mine.values, column.values)))
    return Table(np.concatenate((first.steps, second.steps)), columns)


def _ends(rows: Table, *, rewarded: bool) -> tuple[np.ndarray, bool]:
    """The rows that end a cycle, and whether a row carried a reward."""
    has, broken = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    for name, column in rows.columns.items():
        if is_reward(name):
            has[column.rows] = True
        elif name in CHECKED:
            broken[column.rows[~np.isfinite(column.values)]] = True
    if has.all():
        return has, rewarded or bool(len(has))
    known = np.logical_or.accumulate(has) | rewarded
    ends = has | broken | ~known
    last = -1
    for row in [*np.flatnonzero(ends).tolist(), len(ends)]:
        while row - last > LONGEST:  # a trainer that stops telling rewards must not silence the rules
            last += LONGEST
            ends[last] = True
        last = row
    return ends, bool(known[-1]) if len(known) else rewarded


def _means(place: Ints, values: Floats, ended: int) -> Floats:
    """Mean by cycle, NaN where there is no value."""
    inside = place < ended
    place = place[inside]
    sums, counts = np.bincount(place, values[inside], ended), np.bincount(place, minlength=ended)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _bridged(values: Floats, before: Floats) -> Floats:
    """Put the median of the three values before in the place of NaN, the newest where there are not three: a spike must
    not count twice because nothing came after it.

    Returns the newest three values; `before` are those of earlier cycles.
    """
    missing = np.isnan(values)
    known = np.concatenate((before, values[~missing]))
    if missing.any() and len(known):
        typical = known.copy()
        typical[2:] = np.median(sliding_window_view(known, 3), axis=1) if len(known) > 2 else ()
        last = np.cumsum(~missing)[missing] + len(before) - 1
        values[missing] = np.where(last < 0, np.nan, typical[last])
    return known[-3:].copy()


def _fill(values: Floats, but: list[int]) -> None:
    """Put the value before in the place of NaN, but for some metrics."""
    missing = np.isnan(values)
    missing[but] = False
    if missing.any():
        place = np.where(missing, 0, np.arange(values.shape[1]))
        values[:] = np.take_along_axis(values, np.maximum.accumulate(place, axis=1), axis=1)
