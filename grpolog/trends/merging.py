"""Several generations of one step as one: means weighted by completions, spreads pooled."""

import math
from collections.abc import Sequence

Fields = dict[str, float]
"""The numbers of one reward or quality event, `n` among them."""

_SUMMED = ("n", "format_compliant")


def merged(generations: Sequence[Fields]) -> Fields:
    """The statistics over all completions of the given generations; those of a single one come back unchanged.

    Fields without a rule of their own are averaged with weight n, which is exact for means over completions and,
    since generations of a step are alike, as good for means over groups.
    """
    if len(generations) == 1:
        return generations[0]
    names = dict.fromkeys(name for generation in generations for name in generation if name != "std")
    result: Fields = {}
    for name in names:
        pairs = [(_weight(g), g[name]) for g in generations if name in g]
        values = [value for _, value in pairs]
        if name in _SUMMED:
            result[name] = sum(values)
        elif name in ("min", "max"):
            broken = any(map(math.isnan, values))
            result[name] = math.nan if broken else min(values) if name == "min" else max(values)
        elif name == "none_share":  # its own n leaves the None out
            result[name] = sum(values) / len(values)
        else:
            weight = sum(n for n, _ in pairs)
            if weight:
                result[name] = sum(n * value for n, value in pairs) / weight
    if "mean" in result:
        result.update(_pooled_std(generations, result["mean"]))
    return result


def _pooled_std(generations: Sequence[Fields], mean: float) -> Fields:
    """Sample standard deviation over all completions, exact from n, mean and std of each generation."""
    parts = [(_weight(g), g["mean"], g.get("std", 0.0)) for g in generations if "mean" in g]
    n = sum(part[0] for part in parts)
    if n < 2:
        return {}
    squares = sum(max(k - 1, 0) * s * s + k * (m - mean) * (m - mean) for k, m, s in parts)
    return {"std": math.sqrt(squares / (n - 1))}


def _weight(generation: Fields) -> float:
    return max(generation.get("n", 1.0), 0.0)
