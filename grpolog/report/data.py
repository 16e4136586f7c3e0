"""The report as JSON."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import orjson

from grpolog.report.model import Comparison, FindingRow, PromptSet, Report
from grpolog.report.numbers import count

LIMIT: Final = 1_000_000
"""Largest report as JSON, bytes, beyond which recorded groups are left out."""

SCHEMA_VERSION: Final = 1
"""Major version of the report as JSON: a newer minor version of grpolog only adds fields."""


def render(report: Report | Comparison, only: Sequence[str] | None = None) -> str:
    """`v` (SCHEMA_VERSION) and the values of `report` as one line of JSON.

    Lone surrogates, which UTF-8 cannot carry, become U+FFFD.

    Args:
        report: the report.
        only: the names of the fields that are wanted; None: all.
    """
    names = [field.name for field in fields(report)] if only is None else only
    values = {"v": SCHEMA_VERSION} | {name: getattr(report, name) for name in names}
    try:
        return orjson.dumps(values).decode() + "\n"
    except TypeError:
        return orjson.dumps({name: _encodable(value) for name, value in values.items()}).decode() + "\n"


def render_within(report: Report, limit: int = LIMIT) -> str:
    """As `render`; recorded groups are left out, those first that come last, while it is longer than `limit` bytes.
    `examples_note` says how many, and nothing refers to one that is left out.
    """
    text = render(report)
    groups = (*report.groups, *report.more_groups)
    kept, size = len(groups), len(text.encode())
    while kept and size > limit:
        kept -= 1
        size -= len(orjson.dumps(_encodable(groups[kept]))) + 1
    return text if kept == len(groups) else render(_holding(report, kept))


def _holding(report: Report, kept: int) -> Report:
    """The report with the first `kept` of its groups."""
    groups, more = report.groups[:kept], report.more_groups[: max(0, kept - len(report.groups))]
    held = {group.key for group in (*groups, *more)}
    out = len(report.groups) + len(report.more_groups) - kept
    return replace(
        report,
        groups=groups,
        more_groups=more,
        leading_groups=tuple(key for key in report.leading_groups if key in held),
        examples_note=f"{report.examples_note} {count(out, 'group')} left out to keep this file small.".strip(),
        findings=tuple(_finding(finding, held) for finding in report.findings),
        prompts=tuple(_prompts(known, held) for known in report.prompts),
    )


def _finding(finding: FindingRow, held: set[str]) -> FindingRow:
    links = (replace(link, key=link.key if link.key in held else "") for link in finding.groups)
    return replace(finding, groups=tuple(links))


def _prompts(known: PromptSet, held: set[str]) -> PromptSet:
    tables = []
    for table in known.tables:
        rows = (replace(row, group=row.group if row.group in held else "") for row in table.rows)
        tables.append(replace(table, rows=tuple(rows)))
    return replace(known, tables=tuple(tables))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, tuple):
        return [_encodable(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: _encodable(getattr(value, field.name)) for field in fields(value)}
    return value
