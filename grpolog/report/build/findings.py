"""What the rules found, as the report shows it: open findings first, each with its evidence and what to do."""

from collections.abc import Collection, Mapping, Sequence

from grpolog.analysis.judgement import SYSTEM, Finding
from grpolog.report.build.alerts import Details
from grpolog.report.build.named import FINDINGS, finding_key, key_of
from grpolog.report.model import FindingRow, GroupLink
from grpolog.report.text import one_line
from grpolog.trends.alert import evidence

_MESSAGE = 1_000


def finding_rows(
    findings: Sequence[Finding],
    panels: Mapping[str, str],
    details: Details,
    groups: Collection[str],
    reach: tuple[int, int],
) -> tuple[FindingRow, ...]:
    """The findings as rows.

    Args:
        findings: of the judgement, in its order.
        panels: key of the panel that shows a metric.
        groups: keys of the groups of answers that the report holds.
        details: what recorded alerts say beside their message (the stacks of a stall).
        reach: first and last step of the run.
    """
    return tuple(
        FindingRow(
            key=finding_key(number),
            rule=finding.rule,
            severity=finding.severity,
            state=finding.state,
            step=finding.step,
            onset_step=finding.onset_step,
            resolved_step=finding.resolved_step,
            metric=finding.metric,
            panel=panels.get(finding.metric, ""),
            window=window_of(finding, reach),
            message=one_line(finding.message, _MESSAGE),
            evidence=evidence(finding),
            causes=finding.causes,
            remedy=finding.remedy,
            source=finding.source,
            system=finding.rule in SYSTEM,
            groups=tuple(
                GroupLink(
                    key if (key := key_of(finding, group)) in groups else "",
                    f"step {group.step:,}, group {group.group}",
                    group.shows,
                )
                for group in finding.groups
            ),
            details=details.get((finding.rule, finding.metric, finding.step), ()),
        )
        for number, finding in enumerate(findings[:FINDINGS], start=1)
    )


def window_of(finding: Finding, reach: tuple[int, int]) -> tuple[int, int] | None:
    """Steps that show a finding: from its onset to its end, to the step that raised it where it stands, with as much
    on either side, at least a twentieth of the run.
    """
    begun = finding.step if finding.onset_step is None else min(finding.onset_step, finding.step)
    over = finding.step if finding.resolved_step is None else max(finding.resolved_step, finding.step)
    around = max(over - begun, -(-(reach[1] - reach[0]) // 20), 2)
    window = max(begun - around, reach[0]), min(over + around, reach[1])
    return window if window[0] < window[1] else None


def since(finding: Finding | FindingRow) -> str:
    """`since about step 140`, or when it began and ended."""
    begun = finding.step if finding.onset_step is None else finding.onset_step
    if finding.state == "resolved":
        return f"from about step {begun:,} to step {finding.resolved_step:,}"
    return f"since about step {begun:,}"


def sentence_of(finding: Finding) -> str:
    """A finding without the step that its message begins with."""
    message = one_line(finding.message, _MESSAGE)
    head, _, rest = message.partition(": ")
    said = rest if head.startswith("Step ") and rest else message
    first = said.partition(" ")[0]
    named = "_" in first or "/" in first  # a metric is called as it is
    return (said if named else said[:1].upper() + said[1:]).rstrip(".")
