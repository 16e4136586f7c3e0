"""What a curve of means no longer says: the values at the steps where something happened."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grpolog.report.build.lines import Lines
from grpolog.report.model import Panel, Question, Series


def with_exact(lines: Lines, questions: Iterable[Question]) -> tuple[Question, ...]:
    """`questions` whose series of means know their values at the marks of their panels."""
    return tuple(
        replace(question, panels=tuple(_panel(lines, panel) for panel in question.panels)) for question in questions
    )


def _panel(lines: Lines, panel: Panel) -> Panel:
    steps = np.unique([mark.x for mark in panel.marks])
    return replace(panel, series=tuple(_series(lines, line, steps) for line in panel.series)) if len(steps) else panel


def _series(lines: Lines, line: Series, steps: np.ndarray) -> Series:
    if not line.curve.count:
        return line
    values = lines.values(line.metric)
    at = np.isin(values.x, steps) & np.isfinite(values.y)
    return replace(line, exact=tuple(zip(values.x[at].tolist(), values.y[at].tolist(), strict=True)))
