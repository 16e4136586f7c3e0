"""A small, safe expression over recorded completions, as `grpolog examples --where` takes it.

    accuracy == 0 and format == 1 and (tokens > 200 or completion contains "sorry")

Names are reward functions and fields of a completion; `` `a name` `` in backticks is a reward function whose name is
no word or that of a field. There are numbers, texts in quotes, true, false and none; + - * / %, comparisons,
`contains`, `matches` (a regular expression), `is none`, `is nan`, and, or, not, parentheses. Nothing else: what is
written becomes a polars expression, nothing is evaluated as code.

What is unknown is neither equal nor unequal to anything, so it matches no comparison; `is none` asks for it. NaN is
compared as IEEE 754 says.
"""

from grpolog.analysis.where.parser import Parser
from grpolog.analysis.where.terms import Kind, Name, Names, Term, expect_condition
from grpolog.analysis.where.tokens import ExpressionError

__all__ = ["ExpressionError", "Kind", "Name", "Names", "Term", "condition", "order"]


def condition(text: str, names: Names) -> tuple[Term, ...]:
    """The conditions of which all must hold.

    Raises:
        ExpressionError: it cannot be understood, or is no condition.
    """
    term = Parser(text, names).whole()
    for part in term.parts or (term,):
        expect_condition(part)
    return term.parts or (term,)


def order(text: str, names: Names) -> Term:
    """What to sort by; `-tokens` has the highest first.

    Raises:
        ExpressionError: it cannot be understood.
    """
    return Parser(text, names).whole()
