"""The vocabulary: canonical metrics, and what each framework's own keys mean in it."""

from grpolog.metrics.frameworks import FRAMEWORKS, translation
from grpolog.metrics.keys import Key, Meaning
from grpolog.metrics.vocabulary import METRICS, Better, Bounds, Metric, metric, reading_order

__all__ = [
    "FRAMEWORKS",
    "METRICS",
    "Better",
    "Bounds",
    "Key",
    "Meaning",
    "Metric",
    "metric",
    "reading_order",
    "translation",
]
