"""The report as GitHub-flavoured Markdown.

Text of unknown origin appears in code spans and fences only, where nothing is rendered, linked or mentioned; words
of our own that hold nothing but letters, numbers and plain punctuation stay as they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from grpolog.report.assets import drawn
from grpolog.report.charts import blocks
from grpolog.report.curves import reduce
from grpolog.report.mermaid import chart
from grpolog.report.model import FunctionRow, Report, Series
from grpolog.report.numbers import count
from grpolog.report.templating import environment
from grpolog.report.text import cut, one_line, visible

LIMIT = 60_000
"""Longest text, characters: GitHub refuses comments above 65,536."""

USUAL = 20_000
"""Characters beyond which groups are left out, but for the leading ones."""

FUNCTIONS = 12
"""Reward functions with details of their own at most."""

PROMPTS = 5
"""Prompts in a table at most."""

_COURSE = 24  # points of a sparkline inside details
_TEXT_CHARS = 1_200
_FINDINGS = 20
_BACKTICKS = re.compile("`+")
# Markup, mentions, issue numbers, entities, links and emoji names; underscores too, since names have them.
_RENDERED = re.compile(r"[^\w\s.,;:()%+−×±→–…·“”’'/=-]|_|www\.|//|:\w+:", re.IGNORECASE)
_NAME = re.compile(r"(\(*)([^()]+?)(\)*[.,;:]*)")
_STARTS_A_BLOCK = re.compile(r"[-+=:]|\d+[.)]$")


def render(report: Report, limit: int = LIMIT, *, mermaid: bool = False, images: str | None = None) -> str:
    """The text; groups, settings and findings are left out in this order while it is longer than `limit`.

    Args:
        report: the report.
        limit: longest text, characters.
        mermaid: whether to add a small chart that GitHub and GitLab draw.
        images: where the files of `assets.save` will be, as an address relative to the text; None: there are none.
    """
    text = ""
    pictures = {question.title: list(drawn(question)) for question in report.questions} if images is not None else {}
    for smaller, usual in _ever_smaller(report):
        text = (
            prose()
            .get_template("report.md")
            .render(
                report=smaller,
                mermaid=Markup(chart(report)) if mermaid else "",  # our own words, names made plain
                images=images,
                pictures=pictures,
                details=_details(smaller),
                most_prompts=PROMPTS,
            )
        )
        if len(text) <= (min(limit, USUAL) if usual else limit):
            break
    return text


def code(text: str) -> Markup:
    """A code span, delimited by more backticks than the text has in a row."""
    text = one_line(text)
    if not text:
        return Markup("–")
    marks = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return Markup(f"{marks}{pad}{text}{pad}{marks}")


def html_code(text: str) -> Markup:
    """Text within HTML, where nobody is mentioned either."""
    return Markup("<code>{}</code>").format(one_line(text, 120) or "–")


def html_words(text: str) -> Markup:
    """A sentence within HTML; words that a host could take for more than words become code."""
    shown = (html_code(word) if _RENDERED.search(word) else word for word in one_line(text).split())
    return Markup(" ").join(shown)


def words(text: str) -> Markup:
    """A sentence; every word that Markdown could take for more than a word becomes a code span."""
    spans = [_span(word) if _RENDERED.search(word) else word for word in visible(text).split()]
    if spans and not spans[0].startswith("`") and _STARTS_A_BLOCK.match(spans[0]):
        spans[0] = str(code(spans[0]))
    return Markup(" ".join(spans))


def _span(word: str) -> str:
    """A word as code; what encloses it and the comma or full stop after it are none of it."""
    match = _NAME.fullmatch(word)
    return f"{match[1]}{code(match[2])}{match[3]}" if match else str(code(word))


def fence(text: str) -> Markup:
    """A fenced block, longer than any run of backticks in the text."""
    text = visible(cut(text, _TEXT_CHARS))
    marks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    return Markup(f"{marks}text\n{text}\n{marks}")


def _in_cell(span: Markup) -> Markup:
    """`span` inside a table, where a bar ends the cell even within code."""
    return Markup(str(span).replace("|", "\\|"))


@cache
def prose() -> Environment:
    """The environment of Markdown templates: what they print passes one of these filters, or is ours."""
    env = environment().overlay()
    filters: dict[str, Callable[..., Any]] = {
        "code": code,
        "words": words,
        "fence": fence,
        "html_code": html_code,
        "html_words": html_words,
        "code_cell": lambda text: _in_cell(code(text)),
        "words_cell": lambda text: _in_cell(words(text)),
        "blocks": blocks,
    }
    env.filters = environment().filters | filters
    return env


def _ever_smaller(report: Report) -> Iterator[tuple[Report, bool]]:
    """The report with less and less in it, and whether it has to fit the usual size rather than the limit alone."""
    first = [group for group in report.groups if group.key in report.leading_groups]
    others = [group for group in report.groups if group.key not in report.leading_groups]
    yield report, bool(others)
    for number in range(len(report.groups) - 1, -1, -1):
        kept = {group.key for group in (*first, *others)[:number]}
        note = f"{report.examples_note} {count(number, 'of them is', 'of them are')} shown here, to keep this short."
        groups = tuple(group for group in report.groups if group.key in kept)
        yield replace(report, groups=groups, examples_note=note), number > len(first)
    report = replace(report, groups=(), configuration=())
    yield report, False
    more = report.findings_left_out + max(0, len(report.findings) - _FINDINGS)
    report = replace(report, findings=report.findings[:_FINDINGS], findings_left_out=more)
    yield report, False
    yield (
        replace(report, functions=report.functions[:10], audit=report.audit[:10], environment=report.environment[:5]),
        False,
    )


def _details(report: Report) -> list[tuple[FunctionRow, list[tuple[Series, tuple[float, ...]]]]]:
    """Reward functions with the series that tell of them, and their courses."""
    lines = {line.metric: line for question in report.questions for panel in question.panels for line in panel.series}
    found = []
    for function in report.functions[:FUNCTIONS]:
        own = re.compile(rf"(?:eval_.*)?rewards/{re.escape(function.name)}/[^/]+", re.DOTALL)
        shown = [line for metric, line in lines.items() if own.fullmatch(metric)]
        found.append((function, [(line, reduce(line.curve, _COURSE).y) for line in shown]))
    return found
