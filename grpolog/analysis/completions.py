"""Recorded completions that match an expression, with what their groups say."""

from collections.abc import Iterator
from typing import Any, Final, get_args

import orjson
import polars as pl

from grpolog.analysis.run import Run
from grpolog.analysis.where import Name, Names, Term
from grpolog.events import Mode
from grpolog.events.example import Finish, Kept

GROUP: Final = ("attempt", "mode", "eval_name", "step", "generation", "group")
"""What tells groups apart."""

_NO_WORDS: Final = ("role", "type", "id")  # keys of messages whose values nobody wrote


def names_of(run: Run) -> Names:
    """What an expression can ask for in this run."""
    rewards = run.kept.schema["rewards"]
    functions = [field.name for field in rewards.fields] if isinstance(rewards, pl.Struct) else []
    col = pl.col
    return Names(
        fields={
            "total": Name("number", col("total")),
            "advantage": Name("number", col("advantage")),
            "tokens": Name("number", col("tokens")),
            "truncated": Name("flag", col("truncated")),
            "finish": Name("text", col("finish"), get_args(Finish)),
            "step": Name("number", col("step")),
            "source": Name("text", col("source")),
            "prompt_id": Name("text", col("prompt_id")),
            "kept": Name("words", pl.concat_list("kept", col("also_kept").fill_null([])), get_args(Kept)),
            "mode": Name("text", col("mode"), get_args(Mode)),
            "eval_name": Name("text", col("eval_name")),
            "generation": Name("number", col("generation")),
            "group": Name("number", col("group")),
            "index": Name("number", col("index")),
            "attempt": Name("number", col("attempt")),
            "prompt": Name("text", col("prompt"), long=True),
            "completion": Name("text", col("completion"), long=True),
        },
        functions={name: Name("number", col("rewards").struct.field(name)) for name in functions},
    )


def matching(
    run: Run,
    conditions: tuple[Term, ...] = (),
    steps: tuple[int | None, int | None] = (None, None),
    order: Term | None = None,
) -> pl.DataFrame:
    """Rows of `run.kept` that meet all conditions; steps that a later attempt replaced are left out.

    Args:
        run: the run.
        conditions: of `where.condition`. Texts are looked at only in the rows that meet those without texts.
        steps: first and last step, both included.
        order: what to sort by, unknown values last; None: by step.

    Returns:
        The columns of `run.kept`, `group_size` (recorded completions of the group) and `group_mean` (their mean
        total).
    """
    table = run.kept.filter(~pl.col("superseded")).sort("attempt", "step", maintain_order=True)
    table = table.with_columns(
        pl.len().over(GROUP).alias("group_size"), pl.col("total").mean().over(GROUP).alias("group_mean")
    )
    first, last = steps
    if first is not None:
        table = table.filter(pl.col("step") >= first)
    if last is not None:
        table = table.filter(pl.col("step") <= last)
    for term in conditions:
        if not term.long:
            table = table.filter(term.expression)
    searching = [term.expression for term in conditions if term.long]
    if searching:
        texts = _readable(run.with_texts(table))
        table = table.filter(texts.select(pl.all_horizontal(searching).fill_null(False)).to_series())
    return table if order is None else table.sort(order.expression, nulls_last=True, maintain_order=True)


def _readable(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the words of conversations in place of texts."""
    said = [
        pl.coalesce(name, pl.col(f"{name}_messages").map_elements(_words, return_dtype=pl.String)).alias(name)
        for name in ("prompt", "completion")
    ]
    return table.with_columns(said)


def _words(messages: str) -> str:
    return "\n".join(_texts(orjson.loads(messages)))


def _texts(value: Any) -> Iterator[str]:
    """All texts inside a value, but for roles and the like."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NO_WORDS:
                yield from _texts(inner)
