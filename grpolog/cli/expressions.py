"""Options that take an expression."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from grpolog.analysis.where import Names

T = TypeVar("T")


def understood(parse: "Callable[[str, Names], T]", text: str, names: "Names", option: str) -> T:
    """What an option's expression means; an error is shown with a mark below the character that it speaks of."""
    from grpolog.analysis.where import ExpressionError
    from grpolog.report.folding import columns
    from grpolog.report.text import visible

    try:
        return parse(text, names)
    except ExpressionError as error:
        blanks = " " * columns(visible(text[: error.at]))
        told = f"{visible(str(error))}\n\n  {visible(text)}\n  {blanks}^"
        raise click.BadParameter(told, param_hint=option) from None
