"""Runs held against each other: by what they are aligned and judged, how they differ in settings and measures.

`arms_of` makes arms of runs, `result_of` says how the arms fare, `differences` and `unlike` in what they differ.
"""

from grpolog.analysis.compare.aligned import Values, Window
from grpolog.analysis.compare.arms import MOST, Arm, Grouping, arms_of, place_of
from grpolog.analysis.compare.axis import Across, Axis, axis_of
from grpolog.analysis.compare.interval import Interval
from grpolog.analysis.compare.meaning import general, is_total, only_function, same_total, unlike
from grpolog.analysis.compare.naming import shortened
from grpolog.analysis.compare.outcome import Effect, Incomparable, Outcome, Result, result_of, values_of
from grpolog.analysis.compare.settings import Difference, Differences, differences

__all__ = [
    "MOST",
    "Across",
    "Arm",
    "Axis",
    "Difference",
    "Differences",
    "Effect",
    "Grouping",
    "Incomparable",
    "Interval",
    "Outcome",
    "Result",
    "Values",
    "Window",
    "arms_of",
    "axis_of",
    "differences",
    "general",
    "is_total",
    "only_function",
    "place_of",
    "result_of",
    "same_total",
    "shortened",
    "unlike",
    "values_of",
]
