"""What the pieces of an expression are, and how they combine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from grpolog.analysis.where.tokens import ExpressionError, Token

Kind = Literal["number", "text", "flag", "words", "none"]
"""What a term is; `words` is a list of texts, of which == asks for one."""

COMPARED: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "==": pl.Expr.eq,
    "!=": pl.Expr.ne,
    "<": pl.Expr.lt,
    "<=": pl.Expr.le,
    ">": pl.Expr.gt,
    ">=": pl.Expr.ge,
}
COMPUTED: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "+": pl.Expr.add,
    "-": pl.Expr.sub,
    "*": pl.Expr.mul,
    "/": pl.Expr.truediv,
    "%": pl.Expr.mod,
}

_ARTICLES: Final[dict[Kind, str]] = {
    "number": "a number",
    "text": "a text",
    "flag": "true or false",
    "words": "a list of words",
    "none": "none",
}


@dataclass(frozen=True, slots=True)
class Name:
    """What a name stands for."""

    kind: Kind
    expression: pl.Expr
    values: tuple[str, ...] = ()
    """All texts that it can be, where they are few."""

    long: bool = False
    """Whether it is a whole prompt or completion."""


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of an expression that is understood."""

    expression: pl.Expr
    kind: Kind
    start: int
    name: Name | None = None
    """Of a bare name."""

    text: str | None = None
    """Of a bare text."""

    long: bool = False
    parts: tuple["Term", ...] = ()
    """The conditions that an `and` joins."""


@dataclass(frozen=True, slots=True)
class Names:
    """What can be asked for."""

    fields: Mapping[str, Name]
    functions: Mapping[str, Name]

    def bare(self, name: str) -> Name | None:
        """What a word stands for: a field, else a reward function."""
        return self.fields.get(name) or self.functions.get(name)

    def quoted(self, name: str) -> Name | None:
        """What a name in backticks stands for: a reward function, else a field."""
        return self.functions.get(name) or self.fields.get(name)


def expect(term: Term, kind: Kind, hint: str = "") -> None:
    """That a term is of a kind.

    Raises:
        ExpressionError: it is of another.
    """
    if term.kind != kind:
        what = f"this is {_ARTICLES[term.kind]}, not {_ARTICLES[kind]}"
        raise ExpressionError(f"{what}; {hint}" if hint else what, term.start)


def expect_condition(term: Term) -> None:
    """That a term is true or false.

    Raises:
        ExpressionError: it is of another kind.
    """
    expect(term, "flag", "compare it with something")


def flag(expression: pl.Expr, *terms: Term) -> Term:
    """A condition on `terms`, the first of which begins it."""
    return Term(expression, "flag", terms[0].start, long=any(term.long for term in terms))


def comparison(left: Term, mark: Token, right: Term) -> Term:
    """`left` compared with `right`, which must be of one kind."""
    equal = mark.text in ("==", "!=")
    if equal and "none" in (left.kind, right.kind):
        unknown = (right if left.kind == "none" else left).expression.is_null()
        return flag(unknown if mark.text == "==" else ~unknown, left, right)
    _check_value(left, right)
    if equal and left.kind == "words" and right.kind == "text":
        among = left.expression.list.contains(right.expression)
        return flag(among if mark.text == "==" else ~among, left, right)
    if left.kind != right.kind:
        kinds = f"{_ARTICLES[left.kind]} is compared with {_ARTICLES[right.kind]}"
        hint = "; a text stands in quotes" if "text" in (left.kind, right.kind) else ""
        raise ExpressionError(f"{kinds}{hint}", mark.start)
    if not equal and left.kind != "number":
        raise ExpressionError(f"only numbers are compared with {mark.text}", mark.start)
    a, b = left.expression, right.expression
    found = COMPARED[mark.text](a, b)
    if left.kind == "number" and mark.text != "!=":  # polars holds NaN for the largest number and equal to itself
        found = found & a.cast(pl.Float64).is_not_nan() & b.cast(pl.Float64).is_not_nan()
    return flag(found, left, right)


def searched(left: Term, word: Token, right: Term) -> Term:
    """`left` searched for the text `right`, or for what it matches as a regular expression."""
    expect(left, "text", "numbers are compared with ==, < and >" if left.kind == "number" else "")
    if right.text is None:
        raise ExpressionError(f"{word.text} is followed by a text in quotes", right.start)
    if word.text == "matches":
        try:
            pl.Series([""]).str.contains(right.text)
        except pl.exceptions.ComputeError as error:
            reason = str(error).partition("\n\n")[0].splitlines()[-1].removeprefix("regex ").removeprefix("error: ")
            raise ExpressionError(f"no regular expression: {reason}", right.start) from None
    return flag(left.expression.str.contains(right.text, literal=word.text == "contains"), left)


def _check_value(left: Term, right: Term) -> None:
    """That a name with few values is compared with one of them."""
    for one, other in ((left, right), (right, left)):
        if one.name is not None and one.name.values and other.text is not None and other.text not in one.name.values:
            raise ExpressionError(f"it is one of {', '.join(one.name.values)}", other.start)
