"""Frames to values: the one place that turns a run into a report.

Guarantees: a pure function of the log and of `generated_at`; every list is bounded and says what it leaves out; a
log that holds next to nothing gives a report that says so.
"""

from pathlib import Path

import polars as pl

import grpolog
from grpolog.analysis import Run, read
from grpolog.analysis.judgement import judge
from grpolog.analysis.task import task_of
from grpolog.report.build.alerts import alerts_of, marked, metrics_of, recorded_details
from grpolog.report.build.exact import with_exact
from grpolog.report.build.examples import choose, examples_of
from grpolog.report.build.findings import finding_rows
from grpolog.report.build.heading import subtitle
from grpolog.report.build.lines import Lines
from grpolog.report.build.prompts import examples_to_read, prompt_sets, prompts_of_run
from grpolog.report.build.provenance import about, audit_lines
from grpolog.report.build.questions import questions
from grpolog.report.build.rewards import ROWS, function_rows, rewards_of, trained
from grpolog.report.build.setting import configuration, environment
from grpolog.report.build.tiles import tiles
from grpolog.report.build.verdict import verdict_of
from grpolog.report.model import Report

__all__ = ["build_report"]


def build_report(run: Run | str | Path, *, generated_at: str | None = None) -> Report:
    """Everything that a report says about `run`. In a notebook the report is shown as its page.

    Args:
        run: as `grpolog.read` gives it, or what it takes: the path of a log.
        generated_at: time to be named in the report, ISO 8601; None: none is named, so that the same log gives the
            same bytes at any time.
    """
    run = run if isinstance(run, Run) else read(run)
    lines = Lines(run)
    rewards = rewards_of(lines)
    task = task_of(run)
    asked = questions(lines, rewards, task)
    shown = [(metric, panel.key) for known in asked for panel in known.panels for metric in metrics_of(panel)]
    panels = dict(reversed(shown))  # the first panel that shows a metric
    alerts = alerts_of(run, panels)
    judgement = judge(run)
    choice, prompts = choose(lines, rewards, judgement.findings), prompts_of_run(run)
    # One reading for all: the texts of a large log are on disk only.
    wanted = pl.concat([choice.completions, examples_to_read(run, prompts)], how="diagonal")
    texts = run.with_texts(wanted)
    examples = examples_of(run, rewards, choice, texts)
    held = {group.key for group in (*examples.groups, *examples.others)}
    findings = finding_rows(judgement.findings, panels, recorded_details(run), held, _reach(run))
    return Report(
        title=run.name,
        subtitle=subtitle(run),
        status=run.status,
        verdict=verdict_of(lines, rewards, judgement, task),
        numbers=tiles(lines, rewards, panels),
        findings=findings,
        findings_left_out=len(judgement.findings) - len(findings),
        alerts=alerts.rows,
        alerts_left_out=alerts.left_out,
        questions=with_exact(lines, marked(run, asked, findings)),
        functions=function_rows(lines, rewards),
        groups=examples.groups,
        examples_note=examples.note,
        configuration=configuration(run),
        environment=environment(run, rewards),
        audit=audit_lines(run),
        complete=run.audit.complete,
        about=about(run, generated_at),
        grpolog_version=grpolog.__version__,
        generated_at=generated_at,
        leading_groups=examples.leading,
        more_groups=examples.others,
        recorded_groups=examples.recorded,
        prompts=prompt_sets(prompts, texts.filter(pl.col("row").is_null()), (*examples.groups, *examples.others)),
        functions_left_out=max(0, len(trained(lines, rewards)) - ROWS),
    )


def _reach(run: Run) -> tuple[int, int]:
    """First and last step."""
    return run.audit.first_step or 0, run.audit.last_step or 0
