"""`grpolog check SRC...`: the verdict on each log, for people and for CI."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grpolog.cli.allowing import allowed
from grpolog.cli.working import working

if TYPE_CHECKING:
    from grpolog.analysis import Run
    from grpolog.analysis.ruling import Ruling
    from grpolog.cli.checked import Checked


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
@allowed
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
    from grpolog.analysis.judgement import VERDICTS
    from grpolog.analysis.ruling import ruling
    from grpolog.cli.checked import as_json, print_github, print_text
    from grpolog.cli.spans import seconds
    from grpolog.sources.renaming import parsed

    if follow and len(sources) > 1:
        raise click.UsageError("--follow takes one log.")
    mapping = parsed(pairs)
    oldest = seconds(max_age) if max_age else None
    wanted = ruling(file, primary, ranges, oldest) if file or primary or ranges or max_age else None
    other = _read(baseline, mapping) if baseline else None
    if follow:
        _follow(sources[0], wanted, mapping, other, seconds(interval), webhook, allowed=oldest is not None)
    logs = []
    for source in sources:
        with working(f"judging {source}"):
            quick = _checked_by_rows(source, wanted, mapping) if form != "json" and other is None else None
            logs.append(quick or _checked(source, wanted, mapping, other))
    if form == "json":
        click.echo(as_json(logs))
    for log in logs if form != "json" else ():
        (print_github if form == "github" else print_text)(log)
    if fail_on != "never":
        limit = VERDICTS.index(fail_on)
        if any(log.hung or VERDICTS.index(log.judgement.verdict) >= limit for log in logs):
            context.exit(1)


def _read(source: Path, mapping: Mapping[str, str]) -> "Run":
    from grpolog.analysis import read

    return read(source, mapping=mapping)


def _checked(source: Path, wanted: "Ruling | None", mapping: Mapping[str, str], other: "Run | None") -> "Checked":
    from grpolog.analysis.judgement import judge
    from grpolog.cli.checked import Checked

    run = _read(source, mapping)
    audit = run.audit
    judgement = judge(run, wanted, other)
    return Checked(source, run.name, run.status, audit.last_step, judgement, audit.complete, tuple(audit.sentences()))


def _checked_by_rows(source: Path, wanted: "Ruling | None", mapping: Mapping[str, str]) -> "Checked | None":
    """A small log of another program, judged row by row: frames take longer to load than it takes to read. None where
    there is more to it than rows that can all be read.
    """
    import time

    from grpolog.analysis.growing import SMALL, gathered
    from grpolog.analysis.judgement import judge_case
    from grpolog.analysis.losses import HARMLESS
    from grpolog.cli.checked import Checked

    if not source.is_file() or source.stat().st_size > SMALL:
        return None
    found = gathered(source, wanted, mapping)
    if found is None:
        return None
    gathering, losses = found
    if gathering.empty or not gathering.only_rows or not losses.counts.keys() <= HARMLESS:
        return None
    case = gathering.case(time.time())
    judgement = judge_case(case, wanted)
    return Checked(source, case.name, case.pulse.status, case.last_step, judgement, complete=True)


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
