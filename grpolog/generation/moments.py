"""Count, mean and spread of values of which some are missing: NaN means not scored and is left out."""

import numpy as np

from grpolog.generation.batch import Floats


def moments(values: Floats, axis: int = 0) -> tuple[Floats, Floats, Floats]:
    """Count, mean and sample standard deviation (n - 1) along `axis`, as TRL's nanmean and nanstd.

    Returns:
        Three arrays with `axis` kept at length 1. The mean is NaN where nothing was scored, the deviation where
        fewer than two were. Infinite values give infinite or NaN moments, without a warning.
    """
    with np.errstate(all="ignore"):
        missing = np.isnan(values)
        count = np.asarray((~missing).sum(axis=axis, keepdims=True), dtype=np.float64)
        mean = np.where(missing, 0.0, values).sum(axis=axis, keepdims=True) / count
        squares = np.where(missing, 0.0, values - mean) ** 2
        spread = squares.sum(axis=axis, keepdims=True) / (count - 1)
        std = np.sqrt(np.where(count > 1, spread, np.nan))
    return count, mean, std


def quantiles(values: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles of each column of `values` (n, m) over its scored rows, linear interpolation: (len(shares), m).

    NaN where a column has no scored row.
    """
    if not len(values):
        return np.full((len(shares), values.shape[1]), np.nan)
    ordered = np.sort(values, axis=0)  # NaN goes last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    place = np.outer(shares, last)
    below = place.astype(np.intp)
    columns = np.arange(values.shape[1])
    low = ordered[below, columns]
    high = ordered[np.minimum(below + 1, last), columns]
    with np.errstate(invalid="ignore"):
        exact = (low == high) | (place == below)  # inf - inf and inf * 0 are NaN
        return np.where(exact, low, low + (high - low) * (place - below))
