"""Which recorded groups a report shows, and why: a few that everyone sees, and as many others as can be looked up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from grpolog.analysis import Run
from grpolog.analysis.judgement import Finding
from grpolog.report.build.choice import extremes, followed
from grpolog.report.build.groups import OTHER_GROUP_CHARS, Shown, group_of
from grpolog.report.build.leading import leading
from grpolog.report.build.lines import Lines
from grpolog.report.build.named import notes_of
from grpolog.report.build.recorded import GROUP, recorded_groups
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.spread import in_order_of_worth
from grpolog.report.model import AlertNote, Group
from grpolog.report.numbers import count

CHOSEN = 12
"""Groups that everyone sees at most."""

OTHERS = 400
"""Further groups at most."""

OTHER_CHARS = 1_200_000
"""Characters of the further groups at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which recorded groups are shown; their texts are not read yet."""

    heads: pl.DataFrame
    """All of them, as `recorded_groups` gives them, with their number as `row`."""

    leading: tuple[int, ...]
    """Rows of up to three of them, for the first screen: a usual recent one, one of the largest jump, one of an
    alert."""

    chosen: Mapping[int, Shown]
    """Rows of those that everyone sees and what for, the leading ones first."""

    others: tuple[int, ...]
    """Rows of further ones, in the order in which they are worth their room."""

    notes: Mapping[str, tuple[AlertNote, ...]]
    """By key the alerts that name a group."""

    completions: pl.DataFrame
    """Rows of `run.kept` of all groups that are shown, in the order of their index, with `row`."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The groups that are shown."""

    groups: tuple[Group, ...]
    leading: tuple[str, ...]
    """Keys of the groups for the first screen."""

    others: tuple[Group, ...]
    recorded: int
    """Groups whose answers are in the log."""

    note: str
    """Of how many they are a choice."""


def choose(lines: Lines, rewards: Rewards, findings: Sequence[Finding]) -> Choice:
    """A choice of the recorded groups.

    Args:
        lines: the metrics of the run.
        rewards: its reward functions.
        findings: what the rules found, the gravest first.
    """
    run = lines.run
    heads = recorded_groups(run).with_row_index("row")
    leads = list(leading(heads, lines, rewards, findings))
    trained, evaluated = (heads.filter(pl.col("mode") == mode) for mode in ("train", "eval"))
    chosen: dict[int, Shown] = {}
    for row, shown in (*leads, *extremes(trained), *followed(evaluated)):
        chosen[row] = _both(chosen[row], shown) if row in chosen else shown
    chosen = dict(islice(chosen.items(), CHOSEN))
    notes = notes_of(findings)
    by_key = dict(heads.select("key", "row").iter_rows())
    named = [by_key[key] for key in notes if key in by_key]
    others = tuple(_with_room(heads, in_order_of_worth(heads, (*chosen, *named)), len(chosen)))
    wanted = heads.select("row", *GROUP).filter(pl.col("row").is_in([*chosen, *others]))
    kept = run.kept.filter(~pl.col("superseded")).join(wanted, on=GROUP, how="inner", nulls_equal=True)
    completions = kept.sort("index", maintain_order=True)
    return Choice(heads, tuple(dict.fromkeys(row for row, _ in leads)), chosen, others, notes, completions)


def examples_of(run: Run, rewards: Rewards, choice: Choice, completions: pl.DataFrame) -> Examples:
    """The chosen groups to be read.

    Args:
        run: the run.
        rewards: its reward functions.
        choice: what was chosen.
        completions: `choice.completions` with their texts, and perhaps rows of none of these groups.
    """
    heads = choice.heads
    if heads.is_empty():
        replaced = "The groups that were recorded belong to steps that a later attempt replaced."
        return Examples((), (), (), 0, replaced if run.kept.height else "The log holds no completion to read.")
    rows = completions.partition_by("row", as_dict=True)

    def group(row: int, shown: Shown) -> Group:
        head = heads.row(row, named=True)
        return group_of(rows[(row,)], head, rewards, shown, choice.notes.get(head["key"], ()))

    return Examples(
        groups=tuple(group(row, shown) for row, shown in choice.chosen.items()),
        leading=tuple(heads["key"][row] for row in choice.leading),
        others=tuple(group(row, Shown()) for row in choice.others),
        recorded=heads.height,
        note=_note(run, heads),
    )


def _both(one: Shown, other: Shown) -> Shown:
    """What a group is shown for that was chosen twice; the first title is kept."""
    return one if other.why in one.why else Shown(one.title, f"{one.why} {other.why}")


def _with_room(heads: pl.DataFrame, order: Iterable[int], chosen: int) -> Iterator[int]:
    """Of all groups in this order those that follow the first `chosen`, as many as there is room for."""
    lengths = heads["length"].to_list()
    room = OTHER_CHARS
    for row in islice(order, chosen, chosen + OTHERS):
        room -= min(lengths[row] or 0, OTHER_GROUP_CHARS)
        if room < 0:
            return
        yield row


def _note(run: Run, heads: pl.DataFrame) -> str:
    """Of how many the groups are a choice."""
    answers = int(heads["size"].sum())
    generated = run.audit.completions
    of = f" of {count(generated, 'generated one')}" if generated >= answers else ""
    return (
        f"The log holds {count(heads.height, 'group')} to read ({count(answers, 'completion')}{of}). "
        "Best, worst and most divided are extremes; only groups drawn by lot show what is usual."
    )
