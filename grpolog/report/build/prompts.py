"""The prompts of a run as tables."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from grpolog.analysis import Run
from grpolog.analysis.prompts import CHANCE, Choice, Prompts, examples_of_prompts, prompts_of, texts_of_prompts
from grpolog.report.build.groups import where_of
from grpolog.report.build.lines import SPARK
from grpolog.report.model import Group, PromptRow, PromptSet, PromptTable, SourceRow
from grpolog.report.numbers import count

ROWS: Final = 10
"""Prompts in a table at most."""

SOURCES: Final = 20
"""Sources in a table at most."""

SETS: Final = 4
"""Training and evaluations whose prompts are shown, at most."""

TEXT: Final = 160
"""Characters of a prompt that a table shows."""

_SAME: Final = ("visits", "completions", "passes", "first", "best", "best_step", "last", "last_step", "swing", "mean")
_SAME_OF_SOURCES: Final = ("prompts", "completions", "never", "sometimes", "always", "first", "last", "mean_length")

_TABLES: Final[dict[Choice, tuple[str, str]]] = {
    "regressed": ("Regressed", "The newest visit is worse than the best one before, by more than chance explains."),
    "hardest": ("Hardest", "The lowest {score} over all visits; of equals, those with the most answers."),
    "unstable": ("Most unstable", "The {score} moves most from visit to visit, its net change left out."),
    "sometimes": ("On the edge", "Nearest to one answer in two right: groups of these have most to teach."),
    "always": ("Always solved", "No answer failed: groups of these have no contrast left."),
}
_OF_VISITS: Final[tuple[Choice, ...]] = ("regressed", "hardest", "unstable", "always")
_OF_ONE: Final[tuple[Choice, ...]] = ("hardest", "sometimes", "always")


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompts of training, or of one evaluation; their texts are not read yet."""

    where: str
    prompts: Prompts
    found: Mapping[Choice, pl.DataFrame]
    """By table the prompts that belong into it."""


def prompts_of_run(run: Run) -> tuple[Asked, ...]:
    """The prompts of training and of each evaluation, of those that have any."""
    places = run.events["group"].filter(~pl.col("superseded")).select("mode", "eval_name").unique().rows()
    places.sort(key=lambda place: (place[0] != "train", place[1] or ""))
    sets = []
    for mode, eval_name in places[:SETS]:
        prompts = prompts_of(run, mode=mode, eval_name=eval_name)
        wanted = _OF_ONE if prompts.once else _OF_VISITS
        found = {by: rows for by in wanted if (rows := prompts.select(by)).height}
        sets.append(Asked(where_of(mode, eval_name), prompts, found))
    return tuple(sets)


def examples_to_read(run: Run, sets: Sequence[Asked]) -> pl.DataFrame:
    """Rows of `run.kept` whose prompts the tables show."""
    shown = [rows["prompt_id"].head(ROWS) for one in sets for rows in one.found.values()]
    return examples_of_prompts(run, [key for keys in shown for key in keys])


def prompt_sets(sets: Sequence[Asked], examples: pl.DataFrame, groups: Sequence[Group]) -> tuple[PromptSet, ...]:
    """The tables.

    Args:
        sets: what is known of the prompts.
        examples: rows of `run.examples` that hold their texts.
        groups: the groups of the page, which the tables link to.
    """
    texts = texts_of_prompts(examples)
    newest: dict[tuple[str, str], str] = {}
    for group in sorted(groups, key=lambda group: group.step):
        newest[group.where, group.prompt_id] = group.key
    made = []
    for number, one in enumerate(sets, start=1):
        links = {prompt: key for (place, prompt), key in newest.items() if place == one.where}
        made.append(_set(f"prompts-{number}", one, texts, links))
    return tuple(made)


def _set(key: str, one: Asked, texts: Mapping[str, str], links: Mapping[str, str]) -> PromptSet:
    prompts = one.prompts
    sources = prompts.sources if prompts.sources["source"].count() else prompts.sources.clear()
    return PromptSet(
        key=key,
        where=f"{one.where[0].upper()}{one.where[1:]}",
        score=prompts.score,
        prompts=prompts.table.height,
        groups=int(prompts.sources["groups"].sum()),
        counts=tuple(prompts.counts.items()),
        notes=tuple(_notes(prompts)),
        tables=tuple(
            PromptTable(
                key=f"{key}-{by}",
                title=_TABLES[by][0],
                about=_TABLES[by][1].format(score=prompts.score),
                rows=tuple(_row(row, texts, links) for row in rows.head(ROWS).iter_rows(named=True)),
                found=rows.height,
            )
            for by, rows in one.found.items()
        ),
        sources=tuple(_source(row) for row in sources.head(SOURCES).iter_rows(named=True)),
        sources_left_out=max(0, sources.height - SOURCES),
    )


def _notes(prompts: Prompts) -> Iterator[str]:
    """What the tables rest on."""
    visits = prompts.table["visits"]
    if prompts.once:
        yield (
            "Each prompt came up once: what is said of one rests on a single group of answers, and whether one got "
            "worse cannot be told."
        )
    else:
        yield _visits(visits.to_numpy())
    if prompts.score == "total reward":
        yield (
            "The log does not tell which answers are right (the primary reward function and its range), so prompts "
            "are compared by their mean total."
        )
    elif prompts.counts["unknown"]:
        unknown = count(prompts.counts["unknown"], "prompt")
        yield f"Of {unknown} it is not known which answers were right."
    again = int((visits > 1).sum())
    if prompts.table["regressed"].any():
        chance = count(math.ceil(CHANCE * again), "prompt")
        yield f"Of the {again:,} prompts that came up again, chance alone would call about {chance} regressed."


def _visits(visits: NDArray[np.int64]) -> str:
    least, most = int(visits.min()), int(visits.max())
    if least == most:
        return f"Every prompt came up {most:,} times."
    return f"A prompt came up {count(least, 'time')} to {count(most, 'time')}, {visits.mean():.1f} on average."


def _row(row: Mapping[str, Any], texts: Mapping[str, str], links: Mapping[str, str]) -> PromptRow:
    text = texts.get(row["prompt_id"], "")
    return PromptRow(
        prompt_id=row["prompt_id"],
        row_id=row["row_id"] or "",
        source=row["source"] or "",
        text=f"{text[:TEXT]}…" if len(text) > TEXT else text,
        course=_course(row["course"]),
        group=links.get(row["prompt_id"], ""),
        **{name: row[name] for name in _SAME},
    )


def _course(scores: list[float | None]) -> tuple[float, ...]:
    thinned = scores[:: math.ceil(len(scores) / SPARK) or 1]
    return tuple(math.nan if score is None else score for score in thinned)


def _source(row: Mapping[str, Any]) -> SourceRow:
    return SourceRow(
        source=row["source"] or "", live_share=row["signal_share"], **{name: row[name] for name in _SAME_OF_SOURCES}
    )
