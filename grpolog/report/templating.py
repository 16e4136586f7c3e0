"""The template environment: everything that is printed is escaped, and hidden characters are made visible.

Autoescape is always on; the only markup that comes from outside a template is our own SVG and style sheet.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grpolog.report import numbers
from grpolog.report.text import cut, one_line, visible


@cache
def environment() -> Environment:
    """The shared environment of all templates of the package."""
    env = Environment(
        loader=PackageLoader("grpolog.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printed,
    )
    env.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    env.filters |= {
        "number": numbers.number,
        "signed": numbers.signed,
        "percent": numbers.percent,
        "count": numbers.count,
        "whole": numbers.whole,
        "placed": numbers.placed,
        "axis_title": numbers.axis_title,
        "cut": cut,
        "one_line": one_line,
    }
    return env


def _printed(value: Any) -> Any:
    """What an expression prints: texts pass `visible`, our own markup and numbers go as they are."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
