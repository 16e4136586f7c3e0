"""Rows folded into generation cycles.

Trainers may take several optimizer steps on one generation. Then only one row in a few carries a reward, and time and
clip ratio swing within the cycle. Rules compare whole cycles: the rows after one that carries a reward up to and
including the next one. Where every row carries a reward, or none ever did, a row is a cycle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from grpolog.trends.roles import is_judged, is_momentary, is_reward, own_clock
from grpolog.trends.table import Column, Floats, Ints, Table

TAIL = 448
"""Cycles that are kept to look back on. Rules look back less; a test feeds logs in chunks to prove it."""

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
    """Mean of each judged metric in each cycle; where a cycle has none the value before, or NaN for what is momentary;
    NaN before the first."""

    own: Mapping[str, tuple[Floats, Ints]]
    """Metrics on a clock of their own (evaluations): all kept values, and for each new one the index of its cycle."""

    non_finite: Mapping[str, Ints]
    """By metric the cycles, of the new ones, in which a value was NaN or infinite."""

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
    tails: Mapping[str, Floats] = field(default_factory=dict)
    own: Mapping[str, Floats] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    """The newest finite value of each metric."""


def fold(state: Fold, table: Table) -> tuple[Fold, Cycles]:
    """Add the rows of `table`; the cycles that they end are those to be judged."""
    rows = joined(state.open, table)
    ends, rewarded = _ends(rows, rewarded=state.rewarded)
    numbers = np.cumsum(ends) - ends  # the cycle of each row
    ended = int(ends.sum())
    tails: dict[str, Floats] = dict(state.tails)
    values: dict[str, Floats] = {}
    own: dict[str, tuple[Floats, Ints]] = {name: (tail, _NONE) for name, tail in state.own.items()}
    kept = dict(state.own)
    held = dict(state.held)
    bad: dict[str, Ints] = {}
    for name, column in rows.columns.items():
        if not is_judged(name):
            continue
        place = numbers[column.rows]
        inside = place < ended
        place, numbers_in = place[inside], column.values[inside]
        finite = np.isfinite(numbers_in)
        if not finite.all():
            bad[name] = np.unique(place[~finite])
        if own_clock(name):
            past = state.own.get(name, _EMPTY)
            whole = np.concatenate((past, numbers_in[finite]))
            own[name] = (whole, place[finite])
            kept[name] = whole[-TAIL:]
            continue
        means = _means(place[finite], numbers_in[finite], ended)
        if is_momentary(name):
            values[name] = means
            continue
        values[name] = _filled(means, held.get(name, np.nan))
        if ended and values[name][-1] == values[name][-1]:
            held[name] = float(values[name][-1])
    steps = np.concatenate((state.steps, rows.steps[ends]))
    for name in tails.keys() | values.keys():
        new = values[name] if name in values else np.full(ended, held.get(name, np.nan))
        past = tails.get(name, np.full(len(state.steps), np.nan))
        tails[name] = np.concatenate((past, new))
    cycles = Cycles(steps, len(state.steps), state.count - len(state.steps), tails, own, bad)
    left = rows.after(int(np.flatnonzero(ends)[-1]) + 1) if ended else rows
    cut = {name: tail[-TAIL:].copy() for name, tail in tails.items()}
    return Fold(left, rewarded, state.count + ended, steps[-TAIL:].copy(), cut, kept, held), cycles


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
    has = np.zeros(len(rows), dtype=bool)
    for name, column in rows.columns.items():
        if is_reward(name):
            has[column.rows] = True
    if has.all():
        return has, rewarded or bool(len(has))
    known = np.logical_or.accumulate(has) | rewarded
    ends = has | ~known
    last = -1
    for row in [*np.flatnonzero(ends).tolist(), len(ends)]:
        while row - last > LONGEST:  # a trainer that stops telling rewards must not silence the rules
            last += LONGEST
            ends[last] = True
        last = row
    return ends, bool(known[-1]) if len(known) else rewarded


def _means(place: Ints, values: Floats, ended: int) -> Floats:
    """Mean by cycle, NaN where there is no value."""
    if len(place) == ended and ended and place[0] == 0 and place[-1] == ended - 1 and (np.diff(place) == 1).all():
        return values
    sums = np.bincount(place, values, ended)
    counts = np.bincount(place, minlength=ended)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _filled(values: Floats, held: float) -> Floats:
    """`values` with the value before in the place of NaN."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    place = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    return np.where(place < 0, held, values[np.maximum(place, 0)])
