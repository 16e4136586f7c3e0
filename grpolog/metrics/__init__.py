"""The vocabulary: canonical metrics, and what each framework's own keys mean in it."""

from grpolog.metrics.caveats import caveat_of
from grpolog.metrics.frameworks import FRAMEWORKS, framework_of
from grpolog.metrics.keys import Key, Meaning
from grpolog.metrics.missing import Missing, missing_metrics
from grpolog.metrics.objective import SHOWN_BY, Objective, objective_of
from grpolog.metrics.spelling import normalised
from grpolog.metrics.translation import translation
from grpolog.metrics.vocabulary import METRICS, Better, Bounds, Metric, canonical, metric, reading_order

__all__ = [
    "FRAMEWORKS",
    "METRICS",
    "SHOWN_BY",
    "Better",
    "Bounds",
    "Key",
    "Meaning",
    "Metric",
    "Missing",
    "Objective",
    "canonical",
    "caveat_of",
    "framework_of",
    "metric",
    "missing_metrics",
    "normalised",
    "objective_of",
    "reading_order",
    "translation",
]
