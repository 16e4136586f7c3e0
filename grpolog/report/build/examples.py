"""Which recorded groups a report shows, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from grpolog.analysis import Run
from grpolog.report.build.groups import group_of
from grpolog.report.build.phrases import count, name_of
from grpolog.report.build.rewards import Rewards
from grpolog.report.model import Group

_GROUP = ["attempt", "mode", "eval_name", "generation", "step", "group"]
_PINNED = 3  # prompts whose course over the evaluations is shown
# What is shown of each window: of the newest one everything, of earlier ones less.
_NEWEST: Final = ("best", "worst", "divided", "lot")
_FIRST: Final = ("best", "worst", "lot")
_MIDDLE: Final = ("best", "worst")


@dataclass(frozen=True, slots=True)
class Choice:
    """A group that is shown."""

    reasons: tuple[str, ...]
    when: str
    """Which of the windows or evaluations it stands for."""

    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Examples:
    """The groups that are shown."""

    groups: tuple[Group, ...]
    note: str


def examples_of(run: Run, rewards: Rewards) -> Examples:
    """A choice of the recorded groups: the newest window first, then the first one and the middle, then the prompts
    that were followed through the evaluations.
    """
    table = run.examples.filter(~pl.col("superseded"))
    if table.is_empty():
        held = "Groups were recorded only on steps that a later attempt replaced." if run.examples.height else ""
        return Examples((), held or "The log holds no completion to read.")
    table = _with_windows(run, table)
    heads = table.group_by(_GROUP, maintain_order=True).agg(
        pl.col("seq").first(),
        pl.col("window").first(),
        pl.col("prompt_id").first(),
        pl.col("total").mean().alias("mean"),
        pl.col("total").std().alias("std"),
        pl.concat_list(pl.col("kept"), pl.col("also_kept").fill_null([])).first().alias("reasons"),
    )
    chosen = list(_chosen(heads))
    groups = []
    for number, (index, reasons, when) in enumerate(chosen, start=1):
        key = heads.row(index, named=True)
        same = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(key[name])) for name in _GROUP)
        groups.append(group_of(table.filter(same).sort("index"), rewards, f"example-{number}", reasons, when))
    return Examples(tuple(groups), _note(run, heads.height, table.height, len(groups)))


def _with_windows(run: Run, table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the logging window of each row: windows end with the trainer's rows of training."""
    ends = run.steps.filter(pl.col("mode") == "train", pl.col("rank") == 0).select("attempt", "seq")
    windows = np.zeros(table.height, dtype=np.int64)
    attempts, numbers = table["attempt"].to_numpy(), table["seq"].fill_null(0).to_numpy()
    for attempt in np.unique(attempts):
        closed = np.sort(ends.filter(pl.col("attempt") == int(attempt))["seq"].drop_nulls().to_numpy())
        mine = attempts == attempt
        if len(closed):
            windows[mine] = np.searchsorted(closed, numbers[mine])
        else:
            windows[mine] = table["step"].to_numpy()[mine]
    return table.with_columns(pl.Series("window", windows))


def _chosen(heads: pl.DataFrame) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Row of `heads`, reasons and time of each group to be shown, each group once."""
    taken: set[int] = set()
    train = heads.with_row_index("row").filter(pl.col("mode") == "train")
    windows = train.select("attempt", "window").unique(maintain_order=True).sort("attempt", "window").rows()
    places = {0: _FIRST, len(windows) // 2: _MIDDLE, len(windows) - 1: _NEWEST}
    for place in sorted(places, key=lambda place: (-(place == len(windows) - 1), place)) if windows else ():
        attempt, window = windows[place]
        inside = train.filter(pl.col("attempt") == attempt, pl.col("window") == window)
        when = "newest" if place == len(windows) - 1 else "first" if place == 0 else "middle"
        winners: dict[int, list[str]] = {}
        for reason in places[place]:
            row = _winner(inside, reason)
            if row is not None:
                winners.setdefault(row, []).append(reason)
        for row, reasons in winners.items():
            if row not in taken:
                taken.add(row)
                yield row, tuple(reasons), when
    for row, when in _pinned(heads.with_row_index("row").filter(pl.col("mode") == "eval")):
        if row not in taken:
            taken.add(row)
            yield row, ("pinned",), when


def _winner(inside: pl.DataFrame, reason: str) -> int | None:
    """The row of the group that has a reason in a window: the last one that names it, or, where every group was kept,
    the one that deserves it.
    """
    named = inside.filter(pl.col("reasons").list.contains(reason))
    if named.height:
        return int(named["row"][-1])
    everything = inside.filter(pl.col("reasons").list.contains("all"))
    column, largest = {"best": ("mean", True), "worst": ("mean", False), "divided": ("std", True)}.get(reason, ("", True))
    if not column:
        return None
    known = everything.drop_nulls(column).filter(pl.col(column).is_finite())
    return int(known.sort(column, descending=largest, maintain_order=True)["row"][0]) if known.height else None


def _pinned(evals: pl.DataFrame) -> Iterator[tuple[int, str]]:
    """The first and the newest answers to a few prompts."""
    prompts: Iterable[tuple[str | None, str]] = evals.select("eval_name", "prompt_id").unique(maintain_order=True).rows()
    for eval_name, prompt in list(prompts)[:_PINNED]:
        mine = pl.col("eval_name").eq_missing(pl.lit(eval_name)) & (pl.col("prompt_id") == prompt)
        rows = evals.filter(mine)["row"].to_list()
        yield rows[-1], "newest"
        if len(rows) > 1:
            yield rows[0], "first"


def _note(run: Run, groups: int, completions: int, shown: int) -> str:
    info = run.info
    generated = run.audit.completions
    of = f" of {count(generated, 'generated one')}" if generated else ""
    said = f"{shown:,} of {count(groups, 'recorded group')} ({count(completions, 'completion')}{of})."
    meant = " Best, worst and most divided are the extremes of their window; only groups drawn by lot show what is usual."
    return said + meant + (f" Run {name_of(info.name)}." if info and False else "")
