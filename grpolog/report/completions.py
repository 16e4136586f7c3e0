"""Recorded completions in the columns of a terminal, or as lines of JSON.

Rows are those of `grpolog.analysis.completions.matching`. Texts are read only of the rows that are printed.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
import polars as pl

from grpolog.analysis.completions import GROUP
from grpolog.report.build.groups import FINISH
from grpolog.report.build.turns import turns_of
from grpolog.report.folding import clipped, folded, folded_words
from grpolog.report.model import Turn
from grpolog.report.numbers import count, number, signed
from grpolog.report.terminal import Paint

LINES: Final = 12
"""Lines of a turn that are printed, unless all are wanted."""

_TAIL = 3  # of which so many are the last ones
_JSON: Final = ("prompt_messages", "completion_messages", "extra")  # columns with JSON text
_FIELDS: Final = (
    *GROUP, "index", "prompt_id", "source", "kept", "also_kept", "rewards", "total", "advantage", "tokens",
    "truncated", "finish", "group_size", "group_mean", "prompt", "prompt_messages", "completion",
    "completion_messages", "cut_chars", "extra",
)  # fmt: skip


def rendered(rows: pl.DataFrame, *, width: int, colour: bool = False, full: bool = False) -> Iterator[str]:
    """Lines of at most `width` columns; rows of one group that follow one another share its prompt.

    Args:
        rows: what to print.
        width: columns, 60 or more.
        colour: whether the terminal shows colours.
        full: whether long texts are printed whole.
    """
    paint, page = Paint(colour), _Page(width, full)
    group: tuple[Any, ...] | None = None
    for row in rows.iter_rows(named=True):
        mine = tuple(row[name] for name in GROUP)
        if mine != group:
            if group is not None:
                yield ""
            for line in folded_words(_group(row), width, hang=2):
                yield paint(line, "head")
            yield from page.said(row["prompt"], row["prompt_messages"], paint)
            group = mine
        yield ""
        for line in folded_words(_completion(row), width, hang=2):
            yield paint(line, "info")
        for line in folded_words(_rewards(row["rewards"] or {}), width, hang=2):
            yield paint(line, "dim")
        yield from page.said(row["completion"], row["completion_messages"], paint)
        yield from page.extra(row)


def lines_of_json(rows: pl.DataFrame) -> Iterator[str]:
    """One object a row with the fields of the `example` event, `group_size` and `group_mean`."""
    for row in rows.select(_FIELDS).iter_rows(named=True):
        for name in _JSON:
            row[name] = None if row[name] is None else orjson.loads(row[name])
        yield orjson.dumps(row).decode()


class _Page:
    """Texts on a page of some width.

    Args:
        width: its columns.
        full: whether long texts are printed whole.
    """

    def __init__(self, width: int, full: bool) -> None:
        self._width = width
        self._full = full

    def said(self, text: str | None, messages: str | None, paint: Paint) -> Iterator[str]:
        """The turns of a prompt or completion, indented; of each its beginning and its end."""
        if not text and messages is None:
            return
        for turn in turns_of(text, messages, sys.maxsize) if self._full else turns_of(text, messages):
            indent = "  "
            if turn.role:
                yield paint(f"  {clipped(_role(turn), self._width - 2)}", "dim")
                indent = "    "
            for line in self._folded(turn.text, self._width - len(indent)):
                yield f"{indent}{line}".rstrip()

    def extra(self, row: Mapping[str, Any]) -> Iterator[str]:
        """What was not recorded, and what reward functions logged beside."""
        if row["cut_chars"]:
            yield f"  ({count(row['cut_chars'], 'character was', 'characters were')} not recorded)"
        content = orjson.loads(row["extra"]) if row["extra"] else {}
        for name, value in content.items() if isinstance(content, dict) else ():
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            yield f"  {clipped(f'{name}: {text}', self._width - 2)}"

    def _folded(self, text: str, width: int) -> list[str]:
        lines = folded(text, width)
        more = len(lines) - LINES
        if self._full or more <= 1:
            return lines
        return [*lines[: LINES - _TAIL], f"… {count(more, 'more line')}, --full shows them …", *lines[-_TAIL:]]


def _group(row: Mapping[str, Any]) -> str:
    where = "training" if row["mode"] == "train" else f"evaluation {row['eval_name'] or ''}".rstrip()
    total = f", mean total {number(row['group_mean'])}" if row["group_mean"] is not None else ""
    facts = (
        f"step {row['step']:,}",
        where,
        f"generation {row['generation']:,}" if row["generation"] is not None else "",
        f"group {row['group']:,}: {count(row['group_size'], 'completion')}{total}",
        f"kept as {', '.join((row['kept'], *(row['also_kept'] or ())))}",
        f"source {row['source']}" if row["source"] else "",
        f"prompt {row['prompt_id']}",
    )
    return _joined(facts)


def _completion(row: Mapping[str, Any]) -> str:
    finish = FINISH.get(row["finish"] or "", "") or ("cut off" if row["truncated"] else "")
    facts = (
        f"completion {row['index']:,}",
        f"total {number(row['total'])}" if row["total"] is not None else "",
        f"advantage {signed(row['advantage'])}" if row["advantage"] is not None else "",
        count(row["tokens"], "token") if row["tokens"] is not None else "",
        finish,
    )
    return _joined(facts)


def _rewards(rewards: Mapping[str, float | None]) -> str:
    return _joined([f"{name} {number(value)}" for name, value in rewards.items() if value is not None])


def _joined(facts: Sequence[str]) -> str:
    """Facts on a line that never begins with a point."""
    return "\u00a0· ".join(filter(None, facts))


def _role(turn: Turn) -> str:
    kind = {"thinking": " thinking", "tool_call": " tool call"}.get(turn.kind, "")
    return f"{turn.role}{kind}:"
