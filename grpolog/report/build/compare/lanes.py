"""What the rules found in each run, along the axis and as a table."""

from collections.abc import Sequence

import numpy as np

from grpolog.analysis.judgement import Finding, Judgement
from grpolog.report.build.compare.tracks import Track, Tracks
from grpolog.report.model import Lane, RunFinding, Span
from grpolog.report.text import one_line
from grpolog.trends.finding import SEVERITIES

ROWS = 60
"""Findings in the table at most: the gravest."""

SPANS = 40
"""Findings on a lane at most."""

_MESSAGE = 400


def lanes_of(tracks: Tracks, judgements: Sequence[Sequence[Judgement]]) -> tuple[Lane, ...]:
    """One lane a run."""
    lanes = []
    for place, (arm, own) in enumerate(zip(tracks.by_arm, judgements, strict=True)):
        for track, judgement in zip(arm, own, strict=True):
            spans = [_span(tracks, track, finding) for finding in _gravest(judgement.findings)[:SPANS]]
            resumed = track.run.attempts.filter(track.run.attempts["first_step"].is_not_null())["resumed_from_step"]
            steps = np.array([step for step in resumed.to_list() if step], dtype=np.float64)
            lanes.append(
                Lane(
                    name=track.name,
                    place=place,
                    end=tracks.end(track),
                    spans=tuple(sorted(spans, key=lambda span: span.begin)),
                    resumes=tuple(tracks.place(track, steps).tolist()),
                )
            )
    return tuple(lanes)


def findings_of(tracks: Tracks, judgements: Sequence[Sequence[Judgement]]) -> tuple[tuple[RunFinding, ...], int]:
    """The findings of all runs, the gravest first, and how many have no room."""
    rows = [
        RunFinding(
            name=track.name,
            place=place,
            severity=finding.severity,
            step=finding.begun,
            state=finding.state,
            rule=finding.rule,
            metric=finding.metric,
            message=one_line(finding.message, _MESSAGE),
        )
        for place, (arm, own) in enumerate(zip(tracks.by_arm, judgements, strict=True))
        for track, judgement in zip(arm, own, strict=True)
        for finding in judgement.findings
    ]
    rows.sort(key=lambda row: (row.state == "resolved", -SEVERITIES.index(row.severity), row.place, row.step))
    return tuple(rows[:ROWS]), max(0, len(rows) - ROWS)


def _span(tracks: Tracks, track: Track, finding: Finding) -> Span:
    end = finding.resolved_step if finding.resolved_step is not None else track.run.audit.last_step
    places = tracks.place(track, np.array([finding.begun, max(finding.begun, end or 0)], dtype=np.float64))
    title = f"{finding.severity}{', resolved' if finding.state == 'resolved' else ''}: {finding.message}"
    return Span(float(places[0]), float(places[1]), finding.severity, one_line(title, _MESSAGE))


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(
        findings, key=lambda finding: (finding.state == "resolved", -SEVERITIES.index(finding.severity), finding.step)
    )
