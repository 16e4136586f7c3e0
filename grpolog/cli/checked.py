"""The verdict on a log in words, as JSON, and for GitHub."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from grpolog.cli import screen
from grpolog.cli.screen import safe

if TYPE_CHECKING:
    from grpolog.analysis.finding import Finding
    from grpolog.analysis.judgement import Judgement
    from grpolog.trends.telling import AlertGroup

_SYMBOLS: Final = {"ok": "●", "info": "◆", "unknown": "?", "warning": "▲", "error": "✖"}
_COLOURS: Final = {"ok": "green", "info": "blue", "unknown": "white", "warning": "yellow", "error": "red"}
_GITHUB: Final = {"error": "error", "warning": "warning", "info": "notice"}


@dataclass(frozen=True)
class Checked:
    """A log that was judged."""

    source: Path
    name: str
    status: str
    last_step: int | None
    judgement: "Judgement"
    complete: bool
    """Whether all of the log could be read."""

    audit: tuple[str, ...] = ()
    """Sentences about that, the first says what is missing; none of a log that was judged without taking stock."""

    @property
    def hung(self) -> bool:
        """Whether the run makes no step any more."""
        return any(finding.rule == "hung" for finding in self.judgement.findings)


def as_json(logs: Sequence[Checked]) -> str:
    """One object about all logs."""
    from grpolog.analysis.judgement import VERDICTS

    content: dict[str, Any] = {
        "verdict": max((log.judgement.verdict for log in logs), key=VERDICTS.index),
        "alerts": [_alert(log.source, finding) for log in logs for finding in log.judgement.findings],
        "runs": [
            {
                "run": str(log.source),
                "name": log.name,
                "verdict": log.judgement.verdict,
                "sentence": log.judgement.sentence,
                "status": log.status,
                "hung": log.hung,
                "last_step": log.last_step,
                "cycles": log.judgement.cycles,
                "unjudged": log.judgement.unjudged,
                "not_applicable": log.judgement.not_applicable,
            }
            for log in logs
        ],
        "audit": {str(log.source): {"complete": log.complete, "sentences": list(log.audit)} for log in logs},
    }
    return screen.json_of(content)


def _alert(source: Path, finding: "Finding") -> dict[str, Any]:
    from dataclasses import asdict

    return {"run": str(source), **asdict(finding)}


def print_text(log: Checked) -> None:
    """The verdict for people."""
    from grpolog.report.text import one_line
    from grpolog.trends.alert import evidence

    judgement, word, colour = log.judgement, log.judgement.verdict, screen.coloured()
    state = "hung: no new step for too long" if log.hung else log.status
    click.echo(
        f"{click.style(f'{_SYMBOLS[word]} {word}', fg=_COLOURS[word], bold=True)}  {safe(log.source)} ({state}, "
        f"last step {log.last_step if log.last_step is not None else 'none'})",
        color=colour,
    )
    click.echo(f"  {one_line(judgement.sentence, 400)}")
    for finding in judgement.findings:
        over = f", over at step {finding.resolved_step}" if finding.state == "resolved" else ""
        since = f", since about step {finding.onset_step}" if finding.onset_step is not None else ""
        click.echo("")
        head = f"{_SYMBOLS[finding.severity]} {finding.severity} {safe(finding.rule)}"
        told = f"{click.style(head, fg=_COLOURS[finding.severity])} on {safe(finding.metric)}{since}{over}"
        click.echo(f"  {told}", color=colour)
        click.echo(f"    {one_line(finding.message, 400)}")
        if finding.severity != "info":
            shown = (("Evidence", evidence(finding)), ("Likely", finding.causes), ("What now", finding.remedy))
            for name, text in shown:
                if text:
                    click.echo(f"    {name}: {safe(text)}")
            if finding.groups:
                told = "; ".join(_group(group) for group in finding.groups)
                click.echo(f"    Read: {one_line(told, 600)}")
    if judgement.unjudged:
        click.echo("")
        click.echo("  Cannot be judged:")
        for rule, reason in judgement.unjudged.items():
            click.echo(f"    {rule}: {safe(reason)}")
    if not log.complete:
        click.echo(f"  {one_line(log.audit[0], 400)}")


def _group(group: "AlertGroup") -> str:
    """Where a group is found in the log, and what it shows."""
    generation = "" if group.generation is None else f" generation {group.generation}"
    return f"step {group.step}{generation} group {group.group} ({group.shows})"


def print_github(log: Checked) -> None:
    """Workflow annotations on stdout, and the verdict in the job summary where there is one."""
    import os

    source = _property(str(log.source))
    for finding in log.judgement.findings:
        if finding.state == "open":
            title = _property(f"{finding.rule}: {finding.metric}")
            click.echo(f"::{_GITHUB[finding.severity]} file={source},title={title}::{_data(finding.message)}")
    if log.hung:
        click.echo(f"::error file={source},title=hung::no new step for too long")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:  # the runner shows what all steps wrote
            file.write(_summary(log.source, log.judgement))


def _summary(source: Path, judgement: "Judgement") -> str:
    """The verdict as Markdown."""
    from grpolog.report.text import visible

    def cell(text: str) -> str:
        return visible(text).translate(
            {ord("|"): "\\|", ord("\n"): " ", ord("\r"): " ", ord("<"): "&lt;", ord("`"): "'"}
        )

    lines = [f"### {_SYMBOLS[judgement.verdict]} {judgement.verdict}: {cell(str(source))}", ""]
    lines += [cell(judgement.sentence), ""]
    if judgement.findings:
        lines += ["| severity | rule | metric | since step | state | what now |", "|---|---|---|---|---|---|"]
    for finding in judgement.findings:
        row = (finding.severity, finding.rule, finding.metric, str(finding.begun), finding.state, finding.remedy)
        lines.append(f"| {' | '.join(map(cell, row))} |")
    return "\n".join(lines) + "\n\n"


def _data(text: str) -> str:
    from grpolog.report.text import visible

    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
