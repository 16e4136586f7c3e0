"""Recursive descent over the tokens of an expression."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

import polars as pl

from grpolog.analysis.where.terms import (
    COMPARED,
    COMPUTED,
    Names,
    Term,
    comparison,
    expect,
    expect_condition,
    flag,
    searched,
)
from grpolog.analysis.where.tokens import ExpressionError, Token, tokens

DEEPEST: Final = 50
"""Parentheses, `not` and minus signs within one another at most."""

_NAMED = 12  # reward functions named in an error
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


class Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, names: Names) -> None:
        self._tokens = tokens(text)
        self._names = names
        self._place = 0
        self._depth = 0

    def whole(self) -> Term:
        """The term that all tokens make.

        Raises:
            ExpressionError: they make none.
        """
        term = self._either()
        if self._next.kind != "end":
            what = f"{self._next.text!r} does not belong here: and, or, or a comparison"
            raise ExpressionError(what, self._next.start)
        return term

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self, *kinds: str) -> Token | None:
        """The next token if it is of such a kind or such a mark."""
        token = self._next
        if token.kind in kinds or (token.kind == "mark" and token.text in kinds):
            self._place += 1
            return token
        return None

    def _either(self) -> Term:
        term = self._all()
        while self._take("or"):
            other = self._all()
            expect_condition(term)
            expect_condition(other)
            term = flag(term.expression | other.expression, term, other)
        return term

    def _all(self) -> Term:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            expect_condition(part)
        return replace(flag(_every(parts), *parts), parts=tuple(parts))

    def _negated(self) -> Term:
        token = self._take("not")
        if token is None:
            return self._compared()
        term = self._deeper(self._negated)
        expect_condition(term)
        return replace(flag(~term.expression, term), start=token.start)

    def _compared(self) -> Term:
        term = self._sum()
        if self._take("is"):
            return self._asked(term)
        if (search := self._take("contains", "matches")) is not None:
            return searched(term, search, self._sum())
        found: list[Term] = []
        left = term
        while len(found) < 2 and (mark := self._take(*COMPARED)) is not None:
            right = self._sum()
            found.append(comparison(left, mark, right))
            left = right
        return flag(_every(found), *found) if found else term  # 0 < x < 1

    def _asked(self, term: Term) -> Term:
        negated = self._take("not") is not None
        token = self._take("name")
        word = token.text.lower() if token else ""
        if word == "nan" and term.kind == "number":
            asked = term.expression.cast(pl.Float64).is_nan()
        elif word == "none":
            asked = term.expression.is_null()
        else:
            raise ExpressionError("after is stand none, not none and, for a number, nan", (token or self._next).start)
        return flag(~asked if negated else asked, term)

    def _sum(self) -> Term:
        return self._computed(self._product, "+", "-")

    def _product(self) -> Term:
        return self._computed(self._signed, "*", "/", "%")

    def _computed(self, operand: Callable[[], Term], *marks: str) -> Term:
        term = operand()
        while (mark := self._take(*marks)) is not None:
            other = operand()
            for side in (term, other):
                expect(side, "number")
            term = Term(COMPUTED[mark.text](term.expression, other.expression), "number", term.start)
        return term

    def _signed(self) -> Term:
        token = self._take("-")
        if token is None:
            return self._atom()
        term = self._deeper(self._signed)
        expect(term, "number")
        return Term(-term.expression, "number", token.start)

    def _atom(self) -> Term:
        token = self._next
        self._place += 1
        if token.kind == "number":
            return Term(pl.lit(float(token.text)), "number", token.start)
        if token.kind == "text":
            text = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token.text[1:-1], flags=re.DOTALL)
            return Term(pl.lit(text), "text", token.start, text=text)
        if token.kind in ("name", "quoted"):
            return self._named(token)
        if token.text == "(" and token.kind == "mark":
            term = self._deeper(self._either)
            if self._take(")") is None:
                raise ExpressionError("this parenthesis is never closed", token.start)
            return replace(term, start=token.start, parts=())
        found = "the expression ends here" if token.kind == "end" else f"{token.text!r} does not belong here"
        raise ExpressionError(f"{found}: a name, a number or a text in quotes is missing", token.start)

    def _named(self, token: Token) -> Term:
        word = token.text.lower()
        if token.kind == "name" and self._names.bare(token.text) is None and word in ("true", "false", "none"):
            if word == "none":
                return Term(pl.lit(None), "none", token.start)
            return Term(pl.lit(word == "true"), "flag", token.start)
        known = self._names.bare(token.text) if token.kind == "name" else self._names.quoted(token.text)
        if known is None:
            raise ExpressionError(_unknown(token.text, self._names), token.start)
        return Term(known.expression, known.kind, token.start, known, long=known.long)

    def _deeper(self, inner: Callable[[], Term]) -> Term:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"more than {DEEPEST} levels", self._next.start)
        term = inner()
        self._depth -= 1
        return term


def _every(terms: Sequence[Term]) -> pl.Expr:
    whole = terms[0].expression
    for term in terms[1:]:
        whole = whole & term.expression
    return whole


def _unknown(name: str, names: Names) -> str:
    close = get_close_matches(name, [*names.functions, *names.fields], n=2)
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    functions = list(names.functions)
    shown = ", ".join(functions[:_NAMED]) + (", ..." if len(functions) > _NAMED else "")
    return f"no {name} is known{hint} Reward functions: {shown or 'none'}. Fields: {', '.join(names.fields)}."
