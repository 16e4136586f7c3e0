"""Runs held against each other: arms, by what they are aligned and judged, how they differ in settings and measures.

    arms = arms_of([read("a.jsonl"), read("b.jsonl")])
    result = result_of(arms)            # the effect of b against a, with its interval
    differences([arm.runs for arm in arms])
"""

from grpolog.analysis.compare.aligned import Values, Window
from grpolog.analysis.compare.arms import MOST, Arm, Grouping, arms_of, place_of
from grpolog.analysis.compare.axis import Across, Axis, axis_of
from grpolog.analysis.compare.interval import Interval
from grpolog.analysis.compare.meaning import general, is_total, same_total, unlike
from grpolog.analysis.compare.outcome import Effect, Outcome, Result, result_of, values_of
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
    "place_of",
    "result_of",
    "same_total",
    "unlike",
    "values_of",
]
