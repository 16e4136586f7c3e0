"""The 10 % rule: window means of the rewards and of the format rate, compared one with the next."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from grpolog.trends.alert import Alert
from grpolog.trends.table import Floats, Ints, Table

_JUDGED = re.compile(
    r"(?P<eval>eval_(?:.+_)?)?(?:(?P<total>reward)|rewards/(?P<name>.+)/mean|quality/(?P<rate>format_rate))"
)


@cache
def _judged(metric: str) -> re.Match[str] | None:
    return _JUDGED.fullmatch(metric)


@dataclass(frozen=True, slots=True)
class Window:
    """A full window."""

    mean: float
    spread: float
    """Per-sample standard deviation (root mean square over rows); NaN when no row tells it."""


@dataclass(frozen=True, slots=True)
class Series:
    """What the rule remembers of one metric: the rows of the window that is filling, and the window before."""

    steps: Ints
    values: Floats
    spreads: Floats
    before: Window | None = None


_EMPTY = Series(np.empty(0, np.int64), np.empty(0), np.empty(0))

TrendState = Mapping[str, Series]
"""By metric."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Compares consecutive windows of `window_size` finite values and reports changes as `info`.

    A change is worth a line when it exceeds `threshold` of the mean before (10 %, as the first description of
    this tool asked). Below `near_zero` per-sample standard deviations, and for negative means, 10 % of the mean
    says nothing: at half a deviation it is 0.05 deviations, the standard error of the difference of two windows of
    100 rows with 8 completions each. There the change is measured in deviations and must exceed `threshold` of
    one. Without a spread only positive means are judged.

    It is a trend, not a fault: a healthy run that learns raises many. Other rules judge harm.
    """

    window_size: int = 100
    threshold: float = 0.10
    near_zero: float = 0.5
    name: str = "trend"
    version: int = 1
    """Raised when the same thresholds come to judge differently; part of the rules hash."""

    def start(self) -> TrendState:
        """The state before the first row."""
        return {}

    def advance(self, state: TrendState, table: Table) -> tuple[TrendState, list[tuple[int, Alert]]]:
        """The state after the rows of `table`, and the alerts they opened with the row of each."""
        opened: list[tuple[int, Alert]] = []
        new = dict(state)
        for metric, column in table.columns.items():
            match = _judged(metric)
            if match is None:
                continue
            rows, values = column.rows, column.values
            finite = np.isfinite(values)
            if not finite.all():
                rows, values = rows[finite], values[finite]
            if not len(rows):
                continue
            old = new.get(metric, _EMPTY)
            series = Series(
                np.concatenate((old.steps, table.steps[rows])),
                np.concatenate((old.values, values)),
                np.concatenate((old.spreads, self._spreads(match, table, rows, values))),
                old.before,
            )
            new[metric], alerts = self._close(metric, _short(match), series)
            opened += [(int(rows[at - len(old.values)]), alert) for at, alert in alerts]
        return new, opened

    def _spreads(self, match: re.Match[str], table: Table, rows: Ints, values: Floats) -> Floats:
        """Per-sample standard deviation in each row, NaN where it is unknown."""
        if match["rate"]:
            rate = np.clip(values, 0.0, 1.0)
            return np.sqrt(rate * (1.0 - rate))
        name = "reward_std" if match["total"] else f"rewards/{match['name']}/std"
        return table.along((match["eval"] or "") + name, rows)

    def _close(self, metric: str, short: str, series: Series) -> tuple[Series, list[tuple[int, Alert]]]:
        """Close full windows: what is left, and alerts with the place in `series` of the value that closed."""
        size = self.window_size
        alerts: list[tuple[int, Alert]] = []
        before = series.before
        full = len(series.values) // size * size
        if not full:
            return series, alerts
        for start in range(0, full, size):
            part = slice(start, start + size)
            spreads = series.spreads[part]
            told = spreads[np.isfinite(spreads)]
            spread = math.sqrt(float(np.mean(told * told))) if len(told) else math.nan
            after = Window(float(np.mean(series.values[part])), spread)
            amount = self._change(before, after) if before else None
            if before and amount is not None:
                step = int(series.steps[start + size - 1])
                arrow = "↗️" if after.mean > before.mean else "↘️"
                alert = Alert(
                    rule=self.name,
                    metric=metric,
                    severity="info",
                    step=step,
                    message=f"Trend Alert Step {step}: {short} {arrow} {amount}({before.mean:.3f} → {after.mean:.3f})",
                    before=before.mean,
                    after=after.mean,
                    window=size,
                    onset_step=int(series.steps[start]),
                    incident=f"{self.name}-{metric}-{step}",
                )
                alerts.append((start + size - 1, alert))
            before = after
        # copies: a slice would keep a whole replayed history alive
        rest = Series(series.steps[full:].copy(), series.values[full:].copy(), series.spreads[full:].copy(), before)
        return rest, alerts

    def _change(self, before: Window, after: Window) -> str | None:
        """How much the mean changed, in words with a blank after them; None if that is not worth a line."""
        change = after.mean - before.mean
        if not math.isfinite(change):
            return None
        spreads = [w.spread for w in (before, after) if not math.isnan(w.spread)]
        spread = math.sqrt(sum(s * s for s in spreads) / len(spreads)) if spreads else math.nan
        if before.mean > 0 and not before.mean < self.near_zero * spread:
            relative = change / before.mean
            return f"{relative:+.1%} " if abs(relative) > self.threshold else None
        if spread > 0:
            return f"{change / spread:+.2f} sd " if abs(change) > self.threshold * spread else None
        return "" if spread == 0 and change else None  # every sample was equal, so any change is one


def _short(match: re.Match[str]) -> str:
    """`accuracy` for `rewards/accuracy/mean`; evaluation keeps its prefix."""
    return (match["eval"] or "") + (match["total"] or match["name"] or match["rate"])
