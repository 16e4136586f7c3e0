"""A comparison as one HTML page, and as Markdown for a pull request."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from markupsafe import Markup

from grpolog.report.charts import chart, lane, lane_axis, sparkline, swatch, table
from grpolog.report.curves import means, reduce
from grpolog.report.elements import markup
from grpolog.report.group_view import answer, turns
from grpolog.report.island import island
from grpolog.report.markdown import prose
from grpolog.report.model import Comparison, Panel, SharedPrompt
from grpolog.report.numbers import count
from grpolog.report.page import assets
from grpolog.report.templating import environment

LIMIT: Final = 1_000_000
"""Largest page, bytes."""

TEXT_LIMIT: Final = 20_000
"""Longest Markdown, bytes of UTF-8."""

_BUCKETS: Final = (250, 125, 60)
"""Points to which curves are brought where a page is too long."""

_SHORT = 10  # rows of a table of the shortest Markdown


def render_html(comparison: Comparison, limit: int = LIMIT) -> str:
    """The page: prompts are left out, then points of the curves, never a run, while it is longer than `limit` bytes."""
    page = _page(comparison)
    for smaller, note in _smaller(comparison):
        if len(page.encode()) <= limit:
            break
        page = _page(smaller, note)
    return page


def render_markdown(comparison: Comparison, limit: int = TEXT_LIMIT) -> str:
    """The text: prompts, then settings and findings are left out while it is longer than `limit` bytes."""
    text = ""
    for shorter in _shorter(comparison):
        text = prose().get_template("compare.md").render(comparison=shorter)
        if len(text.encode()) <= limit:
            break
    return text


def _page(comparison: Comparison, note: str = "") -> str:
    panels = [panel for question in comparison.questions for panel in question.panels]
    return (
        environment()
        .get_template("compare.html")
        .render(
            comparison=comparison,
            note=note,
            assets=assets("compare.css"),
            island=island(panels),
            extent=max((each.end for each in comparison.lanes), default=0.0),
            chart=chart,
            swatch=swatch,
            sparkline=sparkline,
            table=table,
            lane=lane,
            lane_axis=lane_axis,
            asked=_asked,
            answer=lambda completion: markup(answer(completion)),
        )
    )


def _asked(prompt: SharedPrompt) -> Markup:
    return markup(*turns(prompt.prompt))


def _smaller(comparison: Comparison) -> Iterator[tuple[Comparison, str]]:
    for number in range(len(comparison.prompts) - 1, -1, -1):
        left_out = count(len(comparison.prompts) - number, "prompt")
        yield replace(comparison, prompts=comparison.prompts[:number]), f"{left_out} left out to keep this page small."
    comparison = replace(comparison, prompts=())
    for buckets in _BUCKETS:
        questions = tuple(
            replace(question, panels=tuple(_thinned(panel, buckets) for panel in question.panels))
            for question in comparison.questions
        )
        said = f"To keep this page small, prompts are left out and lines are means of at most {buckets} spans."
        yield replace(comparison, questions=questions), said


def _thinned(panel: Panel, buckets: int) -> Panel:
    series = tuple(
        replace(line, curve=reduce(line.curve, buckets, line.band) if line.curve.low else means(line.curve, buckets))
        for line in panel.series
    )
    return replace(panel, series=series)


def _shorter(comparison: Comparison) -> Iterator[Comparison]:
    yield comparison
    for number in range(len(comparison.prompts) - 1, -1, -1):
        yield replace(comparison, prompts=comparison.prompts[:number])
    comparison = replace(comparison, prompts=())
    for rows in (2 * _SHORT, _SHORT):
        more = comparison.findings_left_out + max(0, len(comparison.findings) - rows)
        hidden = len(comparison.settings) - rows
        note = f"{count(hidden, 'more setting')} in the page. {comparison.settings_note}"
        yield replace(
            comparison,
            findings=comparison.findings[:rows],
            findings_left_out=more,
            settings=comparison.settings[:rows],
            settings_note=note if hidden > 0 else comparison.settings_note,
        )
