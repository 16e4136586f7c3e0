"""Which recorded groups a report shows, and why: a few that everyone sees, and as many others as can be looked up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from grpolog.analysis.judgement import Finding
from grpolog.report.build.choice import extremes, followed
from grpolog.report.build.groups import Shown, group_of
from grpolog.report.build.leading import leading
from grpolog.report.build.lines import Lines
from grpolog.report.build.named import notes_of
from grpolog.report.build.recorded import GROUP, recorded_groups
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.spread import in_order_of_worth
from grpolog.report.model import AlertRow, Group
from grpolog.report.numbers import count

CHOSEN = 12
"""Groups that everyone sees at most."""

OTHERS = 400
"""Further groups at most."""

OTHER_CHARS = 1_200_000
"""Characters of the further groups at most."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The groups that are shown."""

    groups: tuple[Group, ...]
    """Those that everyone sees, the leading ones first."""

    leading: tuple[str, ...]
    """Keys of up to three of them, for the first screen: a usual recent one, one of the largest jump, one of an
    alert."""

    others: tuple[Group, ...]
    """Further ones, in the order in which they are worth their room."""

    recorded: int
    """Groups whose answers are in the log."""

    note: str
    """Of how many they are a choice."""


def examples_of(lines: Lines, rewards: Rewards, findings: Sequence[Finding], alerts: Sequence[AlertRow]) -> Examples:
    """A choice of the recorded groups.

    Args:
        lines: the metrics of the run.
        rewards: its reward functions.
        findings: what the rules found, the gravest first.
        alerts: the rows of the report's alerts.
    """
    run = lines.run
    heads = recorded_groups(run).with_row_index("row")
    if heads.is_empty():
        replaced = "The groups that were recorded belong to steps that a later attempt replaced."
        return Examples((), (), (), 0, replaced if run.examples.height else "The log holds no completion to read.")
    leads = list(leading(heads, lines, rewards, findings))
    chosen: dict[int, Shown] = {}
    trained, evaluated = (heads.filter(pl.col("mode") == mode) for mode in ("train", "eval"))
    for row, shown in (*leads, *extremes(trained), *followed(evaluated)):
        chosen[row] = _both(chosen[row], shown) if row in chosen else shown
    chosen = dict(islice(chosen.items(), CHOSEN))
    notes = notes_of(findings, alerts)
    by_key = dict(heads.select("key", "row").iter_rows())
    named = [by_key[key] for key in notes if key in by_key]
    order = islice(in_order_of_worth(heads, (*chosen, *named)), len(chosen) + OTHERS)
    groups: list[Group] = []
    room = OTHER_CHARS
    for row, rows in _with_texts(heads, run.examples, list(order)):
        head = heads.row(row, named=True)
        group = group_of(rows, head, rewards, chosen.get(row, Shown("")), notes.get(head["key"], ()))
        if row not in chosen:
            room -= sum(len(turn.text) for answer in group.completions for turn in answer.turns)
            if room < 0:
                break
        groups.append(group)
    shown_groups, others = tuple(groups[: len(chosen)]), tuple(groups[len(chosen) :])
    first = tuple(dict.fromkeys(heads["key"][row] for row, _ in leads))
    return Examples(shown_groups, first, others, heads.height, _note(lines, heads))


def _both(one: Shown, other: Shown) -> Shown:
    """What a group is shown for that was chosen twice; the first title is kept."""
    return one if other.why in one.why else Shown(one.title, f"{one.why} {other.why}")


def _with_texts(heads: pl.DataFrame, examples: pl.DataFrame, order: list[int]) -> Iterator[tuple[int, pl.DataFrame]]:
    """The wanted groups in their order, each with its rows."""
    wanted = heads.select("row", *GROUP).filter(pl.col("row").is_in(order))
    found = examples.filter(~pl.col("superseded")).join(wanted, on=GROUP, how="inner", nulls_equal=True)
    rows = found.sort("index", maintain_order=True).partition_by("row", as_dict=True)
    for row in order:
        yield row, rows[(row,)].drop("row")


def _note(lines: Lines, heads: pl.DataFrame) -> str:
    """Of how many the groups are a choice."""
    answers = int(heads["size"].sum())
    generated = lines.run.audit.completions
    of = f" of {count(generated, 'generated one')}" if generated >= answers else ""
    return (
        f"The log holds {count(heads.height, 'group')} to read ({count(answers, 'completion')}{of}). "
        "Best, worst and most divided are extremes; only groups drawn by lot show what is usual."
    )
