"""Where the seconds of a step go, as areas that add up."""

from dataclasses import replace

import numpy as np

from grpolog.report.build.lines import Lines
from grpolog.report.build.panels import build
from grpolog.report.build.plan import Line, Plan
from grpolog.report.curves import series
from grpolog.report.model import Panel

KEY = "panel-step-time"

_PLAN = Plan(
    KEY, "Seconds per step", "From the first micro-batch to the end of the update.",
    (Line("step", ("perf/step_seconds", "step_time")),),
)  # fmt: skip


def step_time_panel(lines: Lines) -> Panel | None:
    """Sampling, scoring and update on top of each other where the log tells them apart, else the step alone.

    Scoring is what sampling and update leave of the step: asynchronous reward functions overlap, so that the sum of
    their own times may be longer.
    """
    step, sampling, update = (
        lines.values(f"perf/{part}_seconds") for part in ("step", "generation", "update")
    )  # fmt: skip
    whole = build(lines, _PLAN)
    steps = (step.x, sampling.x, update.x)
    if whole is None or not len(step.x) or not all(np.array_equal(x, step.x) for x in steps):
        return whole
    scoring = np.maximum(step.y - sampling.y - update.y, 0.0)
    parts = (
        ("sampling", "perf/generation_seconds", sampling.y),
        ("scoring", "perf/reward_seconds", scoring),
        ("update", "perf/update_seconds", update.y),
    )
    drawn = tuple(series(label, metric, step.x, y, ghosts=()) for label, metric, y in parts)
    about = "Sampling, scoring by the reward functions, and the update, on top of each other."
    return replace(whole, about=about, series=drawn, stacked=True)
