"""Axes: what range a panel shows, where its ticks stand and how they are written."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grpolog.report.numbers import minus

Floats = NDArray[np.float64]

# Values further out than this many times the central 96 % are left off the scale, so that one spike does not
# flatten everything else.
_OUTLIER = 4.0
_TINY, _HUGE = 1e-290, 1e290
_ENOUGH = 32  # values; of fewer none is an outlier


@dataclass(frozen=True, slots=True)
class Axis:
    """A range with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def place(self, value: float) -> float:
        """Where `value` stands between low (0) and high (1); outside values are put on the edge."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def shows(self, value: float) -> bool:
        """Whether `value` is on the scale; a rounding error beyond it still is."""
        slack = 1e-6 * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack


def value_axis(values: Floats, bounds: tuple[float | None, float | None] = (None, None)) -> Axis:
    """The y axis for finite `values`.

    It begins at 0 when the values come near it, shows the whole of a bounded range once they use a third of it,
    and never goes beyond the bounds.
    """
    if not len(values):
        return _axis(0.0, 1.0)
    # near the ends of what a float can say, differences and their logarithms cannot be said any more
    values = np.clip(np.where(np.abs(values) < _TINY, 0.0, values), -_HUGE, _HUGE)
    low, high = float(values.min()), float(values.max())
    # Values themselves, not between two of them: else one spike among 41 would lie within the central 96 %.
    inner_low = float(np.quantile(values, 0.02, method="higher"))
    inner_high = float(np.quantile(values, 0.98, method="lower"))
    inner = inner_high - inner_low
    if inner > 0 and len(values) >= _ENOUGH:
        low = max(low, inner_low - _OUTLIER * inner)
        high = min(high, inner_high + _OUTLIER * inner)
    floor, ceiling = bounds
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = _around(low, ceiling)
    if low >= 0 and low < 0.4 * high:
        low = 0.0
    elif high <= 0 and high > 0.4 * low:
        high = 0.0
    if floor is not None and ceiling is not None and (high - floor) >= (ceiling - floor) / 3:
        low, high = min(low, floor), max(high, ceiling)
    low = low if floor is None or low < floor else max(low, floor)
    axis = _axis(low, high)
    if ceiling is not None and high <= ceiling < axis.high:
        return _axis(axis.low, ceiling, rounded=False)
    return axis


def _around(value: float, ceiling: float | None) -> tuple[float, float]:
    """A range for a constant, which then stands in the middle, or at the top when it is the ceiling."""
    if value == 0:
        return 0.0, 1.0 if ceiling is None else min(1.0, ceiling)
    high = value + abs(value) / 2
    return value - abs(value) / 2, high if ceiling is None or value > ceiling else min(high, ceiling)


def step_axis(low: float, high: float) -> Axis:
    """The x axis: exactly the range of steps, ticks at round whole numbers."""
    if low == high:
        low, high = low - 1, high + 1
    step = max(1.0, _nice_step((high - low) / 7))
    ticks = [tick for tick in _multiples(step, low, high) if low <= tick <= high]
    return Axis(low, high, tuple(ticks), tuple(_whole(tick) for tick in ticks))


def _axis(low: float, high: float, *, rounded: bool = True) -> Axis:
    step = _nice_step((high - low) / 5)
    if rounded:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    slack, largest = step * 1e-6, max(abs(low), abs(high))
    ticks = [tick for tick in _multiples(step, low, high) if low - slack <= tick <= high + slack]
    return Axis(low, high, tuple(ticks), tuple(_label(tick, step, largest) for tick in ticks))


def _nice_step(raw: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `raw`."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = math.floor(low / step), math.ceil(high / step)
    return [index * step for index in range(first, last + 1)]


def _label(tick: float, step: float, largest: float) -> str:
    """A tick with as many decimals as its step needs; large and tiny axes in powers of ten."""
    if abs(tick) < step / 2:
        return "0"
    finest = _exponent(step)
    if not math.isclose(step, round(step, -finest), rel_tol=1e-6):
        finest -= 1  # a step of 0.25 has one digit more than its size says
    if 1e-3 <= largest < 1e6:
        return minus(f"{tick:,.{max(0, -finest)}f}")
    exponent = _exponent(tick)
    mantissa = f"{tick / 10.0**exponent:.{max(0, exponent - finest)}f}"
    return minus(f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{exponent}")


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)) + 1e-9)


def _whole(tick: float) -> str:
    return minus(f"{tick:,.0f}")
