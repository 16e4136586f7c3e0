"""Which recorded groups findings name, and how findings themselves are called on the page."""

from collections.abc import Sequence
from typing import Final

from grpolog.analysis.judgement import Finding
from grpolog.report.build.phrases import name_of
from grpolog.report.build.recorded import group_key
from grpolog.report.model import AlertNote
from grpolog.trends.telling import AlertGroup

FINDINGS: Final = 60
"""Findings that a report shows at most: the open ones and the gravest first."""


def finding_key(number: int) -> str:
    """An id of the page for a finding, counted from 1 in the order of the judgement."""
    return f"finding-{number}"


def key_of(finding: Finding, named: AlertGroup) -> str:
    """Key of a group that a finding names, on the page or not."""
    attempt = 0 if finding.attempt is None else finding.attempt
    return group_key(attempt, named.mode, named.eval_name, named.generation, named.step, named.group)


def notes_of(findings: Sequence[Finding]) -> dict[str, tuple[AlertNote, ...]]:
    """By key of a group the findings that name it, the gravest first, each linked to where it is explained."""
    notes: dict[str, tuple[AlertNote, ...]] = {}
    for number, finding in enumerate(findings, start=1):
        target = finding_key(number) if number <= FINDINGS else ""
        for named in finding.groups:
            key = key_of(finding, named)
            text = f"{name_of(finding.rule)}, {finding.severity} at step {finding.step:,}: {named.shows}"
            notes[key] = (*notes.get(key, ()), AlertNote(text, target))
    return notes
