"""The report as one HTML page that needs no network, no luck with its host, and no script to be read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from markupsafe import Markup, escape

from grpolog.report.charts import chart, sparkline, swatch, table
from grpolog.report.curves import BUCKETS
from grpolog.report.elements import markup
from grpolog.report.group_data import pack
from grpolog.report.group_view import article, card, scale_of
from grpolog.report.island import Island, island
from grpolog.report.model import Group, Report
from grpolog.report.page import assets, packed
from grpolog.report.templating import environment

LIMIT: Final = 1_000_000
"""Largest page, bytes. Everything but groups and curves is bounded when the report is built."""

TYPICAL: Final = 500_000
"""Bytes up to which recorded groups fill a page."""

LEAST, MOST = 60_000, 300_000
"""Bytes of the groups that the script shows: so many even on a long page, and at most."""

_BUCKETS: Final = (BUCKETS, 540, 270, 135)
"""Points of a curve that the script draws at most, and to how many they are brought where the page is too long."""

_SPARE = 1_000  # bytes of the note
_DATA, _NOTE = "\0data\0", "\0note\0"  # no text of a page holds a NUL


def render(report: Report, limit: int = LIMIT) -> str:
    """The page, in at most `limit` bytes: recorded groups that only its script shows are left out first, then those
    of everyone, then points of the curves that the script draws; what is left out is said. The rest is printed whole,
    be it longer than the limit.
    """
    groups, markdown = report.groups, packed(report.to_markdown().encode())
    curves = _curves(report, BUCKETS)
    page = _page(report, curves, markdown)
    while len(page.encode()) > limit and groups:
        groups = groups[:-1]
        page = _page(replace(report, groups=groups), curves, markdown)
    for buckets in _BUCKETS[1:]:
        if len(page.encode()) <= limit:
            break
        page = _page(replace(report, groups=()), _curves(report, buckets), markdown, buckets)
    size = len(page.encode())
    recorded = pack((*report.groups, *report.more_groups), MOST)
    fit = recorded.fitting(min(MOST, max(LEAST, TYPICAL - size), limit - size - _SPARE))
    note = _note(report, fit, len(groups))
    return page.replace(_NOTE, str(escape(note)), 1).replace(_DATA, recorded.text(fit), 1)


def _note(report: Report, fit: int, shown: int) -> str:
    """How many of the recorded groups the page has."""
    known = max(fit, shown)
    if not report.recorded_groups:
        return report.examples_note
    had = "All of them are on this page"
    if known < report.recorded_groups:
        had = f"{known or 'None'} of them {'is' if known < 2 else 'are'} on this page, to keep it small"
    scripted = f"; without its script {shown:,} are shown" if fit > shown else ""
    return f"{report.examples_note} {had}{scripted}."


def frame(report: Report) -> str:
    """The page inside a notebook."""
    return framed(render(report), report.title)


def framed(page: str, title: str) -> str:
    """A page inside a notebook: a frame of its own, so that neither style sheet meets the other.

    Its sandbox gives the page an origin of its own, from where its script reaches nothing of the notebook.
    """
    return str(
        Markup(
            '<iframe sandbox="allow-scripts allow-downloads" srcdoc="{}" title="{}" width="100%" height="800" '
            'frameborder="0"></iframe>'
        ).format(page, title)
    )


def _curves(report: Report, buckets: int) -> Island:
    return island((panel for question in report.questions for panel in question.panels), buckets)


def _page(report: Report, curves: Island, markdown: str, buckets: int = BUCKETS) -> str:
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            assets=assets(),
            island=curves,
            markdown=markdown,
            buckets=buckets if buckets < BUCKETS else None,
            chart=chart,
            swatch=swatch,
            sparkline=sparkline,
            table=table,
            groups=list(_groups(report)),
            cards=list(_cards(report)),
            named=_named(report),
            group_data=Markup(_DATA),
            group_note=Markup(_NOTE),
        )
    )


def _groups(report: Report) -> Iterator[Markup]:
    scale = scale_of((*report.groups, *report.more_groups))
    for place, group in enumerate(report.groups):
        yield markup(article(group, scale, opened=place == 0))


def _cards(report: Report) -> Iterator[Markup]:
    leading = {group.key: group for group in report.groups if group.key in report.leading_groups}
    return (markup(card(leading[key])) for key in report.leading_groups if key in leading)


def _named(report: Report) -> dict[str, list[tuple[Group, bool]]]:
    """By alert the groups that it names and that the page has, and whether that needs its script."""
    found: dict[str, list[tuple[Group, bool]]] = {}
    for scripted, groups in ((False, report.groups), (True, report.more_groups)):
        for group in groups:
            for alert in group.alerts:
                found.setdefault(alert.target, []).append((group, scripted))
    return found
