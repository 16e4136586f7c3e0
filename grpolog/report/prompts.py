"""Statistics of prompts in the columns of a terminal, or as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import orjson
import polars as pl

from grpolog.analysis.prompts import Choice, Outcome, Prompts
from grpolog.analysis.where import Kind, Name, Names
from grpolog.report.cells import table
from grpolog.report.folding import folded_words
from grpolog.report.numbers import UNKNOWN, count, number, percent
from grpolog.report.terminal import Paint

OVERVIEW: Final = 5
"""Prompts of each list of the overview."""

_HEADS: Final[dict[Choice, str]] = {
    "never": "Never solved",
    "sometimes": "Sometimes solved",
    "always": "Always solved",
    "unknown": "Not known whether solved",
    "regressed": "Regressed",
    "unstable": "Most unstable",
    "hardest": "Hardest",
}
_TELLING: Final[dict[Choice, str]] = {"regressed": "best", "unstable": "swing"}
_MOVES: Final = {"best": "best before", "swing": "swing"}
_CELL = 18  # columns of an id or a source at most
_KINDS: Final[dict[str, Kind]] = {
    "prompt_id": "text",
    "row_id": "text",
    "source": "text",
    "outcome": "text",
    "regressed": "flag",
}


def names_of(prompts: Prompts) -> Names:
    """What an expression can ask for: the columns of `prompts.table`."""
    values = {"outcome": get_args(Outcome)}
    fields = {
        name: Name(_KINDS.get(name, "number"), pl.col(name), values.get(name, ())) for name in prompts.table.columns
    }
    return Names(fields=fields, functions={})


@dataclass(frozen=True, slots=True)
class Page:
    """Prints prompts.

    Args:
        prompts: what is known of them.
        texts: by prompt id its text, of those that were recorded.
        width: columns, 60 or more.
        colour: whether the terminal shows colours.
    """

    prompts: Prompts
    texts: Mapping[str, str]
    width: int
    paint: Paint

    def overview(self) -> Iterator[str]:
        """Counts, sources, and the first of the hardest, regressed and unstable prompts."""
        yield from self.counts()
        if self.prompts.sources.height > 1:
            yield ""
            yield from self._sources()
        choices: tuple[Choice, ...] = ("hardest", "regressed", "unstable")
        for choice in choices:
            found = self.prompts.select(choice).filter(pl.col("outcome") != "always").head(OVERVIEW)
            if found.height:
                yield ""
                yield self.paint(_HEADS[choice], "head")
                yield from self.listed(found, (_TELLING[choice],) if choice in _TELLING else ())

    def counts(self) -> Iterator[str]:
        """How many there are, and how many of each outcome."""
        prompts = self.prompts
        told = {outcome: n for outcome, n in prompts.counts.items() if n or outcome != "unknown"}
        facts = [f"{_HEADS[outcome].lower()} {n:,}" for outcome, n in told.items()]
        if not prompts.once:
            facts.append(f"regressed {prompts.table['regressed'].sum():,}")
        yield from folded_words(f"{count(prompts.table.height, 'prompt')}: {', '.join(facts)}.", self.width)
        if prompts.score == "total reward":
            said = "Measured by their mean total: the log does not tell what solves a prompt (primary=, reward_range=)."
            yield from folded_words(said, self.width)
        if prompts.once:
            yield from folded_words("No prompt came up twice: what is said of one rests on one group.", self.width)

    def listed(self, found: pl.DataFrame, more: Sequence[str] = tuple(_MOVES)) -> Iterator[str]:
        """Some of the prompts, with these further columns."""
        if found.is_empty():
            return
        heads = (self.prompts.score, "answers", "first → last", *(_MOVES[name] for name in more), "id", "prompt")
        rows = [
            (
                self._score(row["score"]),
                f"{row['completions']:,}",
                f"{self._score(row['first'])} → {self._score(row['last'])}",
                *(self._score(row[name]) for name in more),
                row["row_id"] or row["prompt_id"],
                # of a conversation the last question: what stands before it is often the same for all
                self.texts.get(row["prompt_id"], "").rpartition("\n\nuser: ")[2],
            )
            for row in found.iter_rows(named=True)
        ]
        last = len(heads) - 1
        yield from self._table([heads, *rows], left=(last - 1, last))

    def _sources(self) -> Iterator[str]:
        heads = ("source", "prompts", "never", "sometimes", "always", "first → last", "signal", "tokens")
        rows = [
            (
                row["source"] or UNKNOWN,
                *(f"{row[name] or 0:,}" for name in ("prompts", "never", "sometimes", "always")),
                f"{self._score(row['first'])} → {self._score(row['last'])}",
                percent(row["signal_share"]),
                number(row["mean_length"]),
            )
            for row in self.prompts.sources.iter_rows(named=True)
        ]
        yield from self._table([heads, *rows], left=(0,))

    def _table(self, rows: Sequence[Sequence[str]], left: Sequence[int]) -> Iterator[str]:
        head, *lines = table(rows, self.width, left, _CELL)
        yield self.paint(head, "dim")
        yield from lines

    def _score(self, value: float | None) -> str:
        return percent(value) if self.prompts.score == "pass rate" else number(value)


def as_json(prompts: Prompts, found: pl.DataFrame, texts: Mapping[str, str]) -> str:
    """Counts, sources, and the rows of `found` with the text of the prompt, null where it was not recorded."""
    content = {
        "score": prompts.score,
        "once": prompts.once,
        "counts": prompts.counts,
        "sources": prompts.sources.rows(named=True),
        "prompts": [row | {"prompt": texts.get(row["prompt_id"])} for row in found.iter_rows(named=True)],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def ids(found: pl.DataFrame) -> tuple[str, list[str]]:
    """What filters a dataset: `row` and the ids of its rows where all have one that fits on a line, else `prompt` and
    the hashes of the prompts.
    """
    rows = found["row_id"].to_list()
    if all(row is not None and len(row.splitlines()) == 1 for row in rows):
        return "row", rows
    return "prompt", found["prompt_id"].to_list()
