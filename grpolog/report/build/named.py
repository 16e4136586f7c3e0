"""Which recorded groups alerts name."""

from collections.abc import Sequence

from grpolog.analysis.judgement import Finding
from grpolog.report.build.phrases import name_of
from grpolog.report.build.recorded import group_key
from grpolog.report.model import AlertNote, AlertRow
from grpolog.trends.telling import AlertGroup


def key_of(finding: Finding, named: AlertGroup) -> str:
    """Key of a group that a finding names, on the page or not."""
    attempt = 0 if finding.attempt is None else finding.attempt
    return group_key(attempt, named.mode, named.eval_name, named.generation, named.step, named.group)


def notes_of(findings: Sequence[Finding], rows: Sequence[AlertRow]) -> dict[str, tuple[AlertNote, ...]]:
    """By key of a group the alerts that name it, the gravest first, each linked to its row."""
    targets = {(row.rule, row.metric, row.step): row.key for row in rows if row.state != "resolved"}
    notes: dict[str, tuple[AlertNote, ...]] = {}
    for finding in findings:
        target = targets.get((finding.rule, finding.metric, finding.step), "")
        for named in finding.groups:
            key = key_of(finding, named)
            text = f"{name_of(finding.rule)}, {finding.severity} at step {finding.step:,}: {named.shows}"
            notes[key] = (*notes.get(key, ()), AlertNote(text, target))
    return notes
