"""The report as one HTML page that needs no network, no luck with its host, and no script to be read."""

from dataclasses import replace

from markupsafe import Markup

from grpolog.report.charts import bar, chart, sparkline, swatch, table
from grpolog.report.group_view import split, views
from grpolog.report.island import island
from grpolog.report.model import Report
from grpolog.report.page import assets
from grpolog.report.templating import environment

LIMIT = 1_000_000
"""Largest page, bytes. Examples are dropped until it fits; everything else is bounded when the report is built."""


def render(report: Report, limit: int = LIMIT) -> str:
    """The page; the last groups are left out, and this is said, while it is longer than `limit` bytes."""
    page = _page(report)
    left_out = 0
    note = report.examples_note
    while len(page.encode()) > limit and report.groups:
        left_out += 1
        said = f"{left_out} more {'group was' if left_out == 1 else 'groups were'} left out to keep this page small."
        report = replace(report, groups=report.groups[:-1], examples_note=f"{note} {said}".strip())
        page = _page(report)
    return page


def frame(report: Report) -> str:
    """The page inside a notebook: a frame of its own, so that neither style sheet meets the other.

    Its sandbox gives the page an origin of its own, from where its script reaches nothing of the notebook.
    """
    return str(
        Markup(
            '<iframe sandbox="allow-scripts allow-downloads" srcdoc="{}" title="{}" width="100%" height="800" '
            'frameborder="0"></iframe>'
        ).format(render(report), report.title)
    )


def _page(report: Report) -> str:
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            assets=assets(),
            island=island(panel for question in report.questions for panel in question.panels),
            chart=chart,
            swatch=swatch,
            sparkline=sparkline,
            bar=bar,
            table=table,
            split=split,
            groups=views(report.groups, report.more_groups),
        )
    )
