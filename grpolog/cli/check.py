"""`grpolog check SRC...`: the verdict on each log, for people and for CI."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.analysis import Run
    from grpolog.analysis.finding import Finding
    from grpolog.analysis.judgement import Judgement
    from grpolog.analysis.ruling import Ruling
    from grpolog.trends.telling import AlertGroup

_WORST: Final = ("ok", "info", "unknown", "warning", "error")
_SYMBOLS: Final = {"ok": "●", "info": "◆", "unknown": "?", "warning": "▲", "error": "✖"}
_COLOURS: Final = {"ok": "green", "info": "blue", "unknown": "white", "warning": "yellow", "error": "red"}
_GITHUB: Final = {"error": "error", "warning": "warning", "info": "notice"}


@click.command(short_help="Judge logs: findings with evidence and remedy, and an exit code for CI.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="Verdict from which on the exit code is 1.",
)
@click.option(
    "--rules", "file", metavar="FILE.toml", type=click.Path(path_type=Path), help="Other thresholds, rules off."
)
@click.option("--primary", metavar="FUNCTION", help="The reward function that is the task.")
@click.option("--range", "ranges", metavar="FUNCTION=LOW,HIGH", multiple=True, help="Floor and ceiling of a function.")
@click.option(
    "--max-age", metavar="15m", help="A run without an end and without a new step for so long counts as hung."
)
@click.option(
    "--baseline", metavar="OTHER", type=click.Path(path_type=Path), help="Warn if the run is worse than OTHER."
)
@click.option("--follow", is_flag=True, help="Go on judging while the log grows, until the run ends.")
@click.option(
    "--webhook",
    metavar="URL",
    envvar="GRPOLOG_WEBHOOK",
    help="With --follow: post what is told to Slack or Discord, too.",
)
@click.option("--interval", metavar="10s", default="10s", show_default=True, help="Time between two looks.")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.pass_context
def check(
    context: click.Context,
    sources: tuple[Path, ...],
    fail_on: str,
    file: Path | None,
    primary: str | None,
    ranges: tuple[str, ...],
    max_age: str | None,
    baseline: Path | None,
    follow: bool,
    webhook: str | None,
    interval: str,
    pairs: tuple[str, ...],
    form: str,
) -> None:
    """Judge each log SRC: what is wrong, since when, and what to do about it.

    \b
    grpolog check runs/exp1.jsonl                   findings with evidence and remedy
    grpolog check runs/*.jsonl --json | jq .verdict
    grpolog check output.log --fail-on warning      any log that `report` opens
    grpolog check runs/exp1.jsonl --rules rules.toml --primary accuracy --range accuracy=0,1
    grpolog check runs/exp1.jsonl --format github   annotations and a job summary
    grpolog check train.log --follow --max-age 15m  tells what is new until the run ends or hangs
    grpolog check train.log --follow --webhook https://hooks.slack.com/services/...
    grpolog check new.jsonl --baseline old.jsonl    is it worse by more than the noise?

    Exit code: 0, 1 when a verdict is as bad as --fail-on says or a run is hung, 2 when a log cannot be read.
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.analysis import read
    from grpolog.analysis.judgement import judge
    from grpolog.analysis.ruling import ruling
    from grpolog.cli.spans import seconds
    from grpolog.sources.renaming import parsed

    if follow and len(sources) > 1:
        raise click.UsageError("--follow takes one log.")
    mapping = parsed(pairs)
    oldest = seconds(max_age) if max_age else None
    wanted = ruling(file, primary, ranges, oldest) if file or primary or ranges or max_age else None
    other = read(baseline, mapping=mapping) if baseline else None

    def look(source: Path) -> Result:
        run = read(source, mapping=mapping)
        judgement = judge(run, wanted, other)
        return source, run, judgement, any(finding.rule == "hung" for finding in judgement.findings)

    if follow:
        _follow(sources[0], wanted, mapping, other, seconds(interval), webhook, allowed=oldest is not None)
    results = []
    for source in sources:
        with working(f"judging {source}"):
            results.append(look(source))
    if form == "json":
        click.echo(_json(results))
    else:
        write = _github if form == "github" else _text
        for result in results:
            write(*result)
    if fail_on != "never":
        limit = _WORST.index(fail_on)
        if any(hung or _WORST.index(judgement.verdict) >= limit for _, _, judgement, hung in results):
            context.exit(1)


Result = tuple[Path, "Run", "Judgement", bool]


def _follow(
    source: Path,
    wanted: "Ruling | None",
    mapping: Mapping[str, str],
    other: "Run | None",
    interval: float,
    webhook: str | None,
    *,
    allowed: bool,
) -> None:
    """Tell what is new until the run ends."""
    from dataclasses import replace

    from grpolog.analysis.framed import case_of
    from grpolog.analysis.growing import Growing
    from grpolog.analysis.judgement import judge_case
    from grpolog.cli.following import Poster, follow
    from grpolog.record.options import is_url

    if webhook and not is_url(webhook):
        raise click.UsageError("--webhook is an http or https URL.")
    baseline = None if other is None else case_of(other)
    poster = Poster(webhook) if webhook else None
    follow(
        Growing(source, wanted, mapping),
        lambda case: judge_case(replace(case, baseline=baseline), wanted),
        interval,
        poster.send if poster else None,
        allowed=allowed,
    )
    if poster:
        poster.finish()


def _json(results: Sequence[Result]) -> bytes:
    import orjson

    verdicts = [judgement.verdict for _, _, judgement, _ in results]
    content: dict[str, Any] = {
        "verdict": max(verdicts, key=_WORST.index),
        "alerts": [_alert(source, f) for source, _, judgement, _ in results for f in judgement.findings],
        "runs": [
            {
                "run": str(source),
                "name": run.name,
                "verdict": judgement.verdict,
                "sentence": judgement.sentence,
                "status": run.status,
                "hung": hung,
                "last_step": run.audit.last_step,
                "cycles": judgement.cycles,
                "unjudged": judgement.unjudged,
                "not_applicable": judgement.not_applicable,
            }
            for source, run, judgement, hung in results
        ],
        "audit": {
            str(source): {"complete": r.audit.complete, "sentences": list(r.audit.sentences())}
            for source, r, *_ in results
        },
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _alert(source: Path, finding: "Finding") -> dict[str, Any]:
    from dataclasses import asdict

    return {"run": str(source), **asdict(finding)}


def _text(source: Path, run: "Run", judgement: "Judgement", hung: bool) -> None:
    from grpolog.report.text import one_line
    from grpolog.trends.alert import evidence

    word = judgement.verdict
    state = "hung: no new step for too long" if hung else run.status
    click.echo(
        f"{click.style(f'{_SYMBOLS[word]} {word}', fg=_COLOURS[word], bold=True)}  {source} ({state}, "
        f"last step {run.audit.last_step if run.audit.last_step is not None else 'none'})"
    )
    click.echo(f"  {one_line(judgement.sentence, 400)}")
    for finding in judgement.findings:
        over = f", over at step {finding.resolved_step}" if finding.state == "resolved" else ""
        since = f", since about step {finding.onset_step}" if finding.onset_step is not None else ""
        click.echo("")
        head = f"{_SYMBOLS[finding.severity]} {finding.severity} {finding.rule}"
        click.echo(f"  {click.style(head, fg=_COLOURS[finding.severity])} on {finding.metric}{since}{over}")
        click.echo(f"    {one_line(finding.message, 400)}")
        if finding.severity != "info":
            shown = (("Evidence", evidence(finding)), ("Likely", finding.causes), ("What now", finding.remedy))
            for name, text in shown:
                if text:
                    click.echo(f"    {name}: {text}")
            if finding.groups:
                told = "; ".join(_group(group) for group in finding.groups)
                click.echo(f"    Read: {one_line(told, 600)}")
    if judgement.unjudged:
        click.echo("")
        click.echo("  Cannot be judged:")
        for rule, reason in judgement.unjudged.items():
            click.echo(f"    {rule}: {reason}")
    if not run.audit.complete:
        click.echo(f"  {one_line(run.audit.sentences()[0], 400)}")


def _group(group: "AlertGroup") -> str:
    """Where a group is found in the log, and what it shows."""
    generation = "" if group.generation is None else f" generation {group.generation}"
    return f"step {group.step}{generation} group {group.group} ({group.shows})"


def _github(source: Path, run: "Run", judgement: "Judgement", hung: bool) -> None:
    """Workflow annotations on stdout, and the verdict in the job summary where there is one."""
    import os

    for finding in judgement.findings:
        if finding.state == "open":
            title = _property(f"{finding.rule}: {finding.metric}")
            click.echo(
                f"::{_GITHUB[finding.severity]} file={_property(str(source))},title={title}::{_data(finding.message)}"
            )
    if hung:
        click.echo(f"::error file={_property(str(source))},title=hung::no new step for too long")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:  # the runner shows what all steps wrote
            file.write(_summary(source, judgement))


def _summary(source: Path, judgement: "Judgement") -> str:
    """The verdict as Markdown."""

    def cell(text: str) -> str:
        return text.translate({ord("|"): "\\|", ord("\n"): " ", ord("\r"): " ", ord("<"): "&lt;", ord("`"): "'"})

    lines = [f"### {_SYMBOLS[judgement.verdict]} {judgement.verdict}: {cell(str(source))}", ""]
    lines += [cell(judgement.sentence), ""]
    if judgement.findings:
        lines += ["| severity | rule | metric | since step | state | what now |", "|---|---|---|---|---|---|"]
    for finding in judgement.findings:
        since = finding.step if finding.onset_step is None else finding.onset_step
        row = (finding.severity, finding.rule, finding.metric, str(since), finding.state, finding.remedy)
        lines.append(f"| {' | '.join(map(cell, row))} |")
    return "\n".join(lines) + "\n\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
