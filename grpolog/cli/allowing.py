"""`--allow NAME=VALUE`: other limits of what a verb reads than the defaults."""

from dataclasses import fields, replace
from typing import Any

import click

_SIZES = ("line", "value", "file")
"""Limits that are bytes; the others are numbers."""


def _enter(context: click.Context, _parameter: click.Parameter, pairs: tuple[str, ...]) -> None:
    if not pairs or context.resilient_parsing:
        return
    from grpolog.cli.spans import size
    from grpolog.errors import UsageError
    from grpolog.jsonl import limited, limits

    given: dict[str, Any] = {}
    names = [field.name for field in fields(limits())]
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in names:
            raise UsageError(f"--allow knows {', '.join(names)}, as in --allow line=1GB; got {pair!r}")
        if name not in _SIZES and not value.isdecimal():
            raise UsageError(f"--allow {name}=N takes a whole number; got {value!r}")
        given[name] = size(value) if name in _SIZES else int(value)
    context.with_resource(limited(replace(limits(), **given)))


allowed = click.option(
    "--allow",
    metavar="NAME=VALUE",
    multiple=True,
    expose_value=False,
    callback=_enter,
    help="Read more or less of a log: line=64MB, value=128MB, file=64GB, expansion=100, metrics=2000, ...",
)
"""The option, for verbs that read logs: what they read is read within these limits."""
