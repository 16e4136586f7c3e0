"""Metrics parted so that those in one panel are of comparable size."""

from collections.abc import Sequence

import numpy as np

from grpolog.report.build.lines import Lines

_APART = 25.0  # a line this many times smaller than another is flat beside it


def by_scale(lines: Lines, metrics: Sequence[str], size: int) -> list[list[str]]:
    """`metrics` in lists of at most `size`, in their order; a metric of only zeros goes with any other."""
    sizes = {metric: _size(lines, metric) for metric in metrics}
    lists: list[list[str]] = []
    smallest = 0.0
    for metric in sorted(metrics, key=lambda metric: sizes[metric]):
        if lists and sizes[metric] <= _APART * smallest:
            lists[-1].append(metric)
            continue
        if lists and smallest == 0:
            lists[-1].append(metric)
        else:
            lists.append([metric])
        smallest = sizes[metric]
    place = {metric: number for number, metric in enumerate(metrics)}
    ordered = sorted((sorted(found, key=place.__getitem__) for found in lists), key=lambda found: place[found[0]])
    return [found[start : start + size] for found in ordered for start in range(0, len(found), size)]


def _size(lines: Lines, metric: str) -> float:
    """What most values of a metric stay below, in absolute terms; 0 for nothing but zeros."""
    y = lines.values(metric).y
    y = np.abs(y[np.isfinite(y)])
    return float(np.quantile(y, 0.95)) if len(y) else 0.0
