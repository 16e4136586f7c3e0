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

from grpolog.report.charts import blocks
from grpolog.report.model import Report
from grpolog.report.templating import environment
from grpolog.report.text import cut, one_line, visible

LIMIT = 60_000
"""Longest text, characters: GitHub refuses comments above 65,536."""

_TEXT_CHARS = 1_200
_ALERTS = 40
_BACKTICKS = re.compile("`+")
# Markup, mentions, issue numbers, entities, links and emoji names; underscores too, since names have them.
_RENDERED = re.compile(r"[^\w\s.,;:()%+−×±→–…·“”’'/=-]|_|www\.|//|:\w+:", re.IGNORECASE)
_STARTS_A_BLOCK = re.compile(r"[-+=:]|\d+[.)]$")


def render(report: Report, limit: int = LIMIT) -> str:
    """The text; groups, settings and alerts are left out in this order while it is longer than `limit`."""
    text = ""
    for smaller in _ever_smaller(report):
        text = _environment().get_template("report.md").render(report=smaller)
        if len(text) <= limit:
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


def words(text: str) -> Markup:
    """A sentence; every word that Markdown could take for more than a word becomes a code span."""
    spans = [str(code(word)) if _RENDERED.search(word) else word for word in visible(text).split()]
    if spans and not spans[0].startswith("`") and _STARTS_A_BLOCK.match(spans[0]):
        spans[0] = str(code(spans[0]))
    return Markup(" ".join(spans))


def fence(text: str) -> Markup:
    """A fenced block, longer than any run of backticks in the text."""
    text = visible(cut(text, _TEXT_CHARS))
    marks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    return Markup(f"{marks}text\n{text}\n{marks}")


def _in_cell(span: Markup) -> Markup:
    """`span` inside a table, where a bar ends the cell even within code."""
    return Markup(str(span).replace("|", "\\|"))


@cache
def _environment() -> Environment:
    env = environment().overlay()
    filters: dict[str, Callable[..., Any]] = {
        "code": code,
        "words": words,
        "fence": fence,
        "code_cell": lambda text: _in_cell(code(text)),
        "words_cell": lambda text: _in_cell(words(text)),
        "blocks": blocks,
    }
    env.filters = environment().filters | filters
    return env


def _ever_smaller(report: Report) -> Iterator[Report]:
    yield report
    while report.groups:
        report = replace(report, groups=report.groups[:-1], examples_note="Examples were left out to keep this short.")
        yield report
    report = replace(report, configuration=())
    yield report
    left_out = max(0, len(report.alerts) - _ALERTS)
    report = replace(report, alerts=report.alerts[:_ALERTS], alerts_left_out=report.alerts_left_out + left_out)
    yield report
    yield replace(report, functions=report.functions[:10], audit=report.audit[:10], environment=report.environment[:5])
