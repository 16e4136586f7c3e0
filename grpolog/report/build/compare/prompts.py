"""Prompts that several runs kept answers to, side by side."""

from collections.abc import Iterator

import polars as pl

from grpolog.analysis.compare import same_total
from grpolog.report.build.compare.tracks import Track, Tracks
from grpolog.report.build.groups import Shown, group_of, where_of
from grpolog.report.build.recorded import GROUP, recorded_groups
from grpolog.report.build.rewards import rewards_of
from grpolog.report.model import Completion, Group, SharedPrompt, Side
from grpolog.report.numbers import count

APART, USUAL = 3, 3
"""Prompts that are shown because their answers are furthest apart, and regardless of their answers."""

_PLACE = ["mode", "eval_name", "prompt_id"]


def prompts_of(tracks: Tracks) -> tuple[tuple[SharedPrompt, ...], str]:
    """The prompts that are shown, and of how many they are a choice; of an arm of several seeds its first run."""
    first = [arm[0] for arm in tracks.by_arm]
    if len(first) < 2:
        return (), ""
    heads = pl.concat(
        recorded_groups(track.run)
        .with_row_index("row")
        .with_columns(pl.lit(place).alias("arm"), pl.col("prompt_id").alias("id"))
        .select("arm", "row", "id", *GROUP, "prompt_id", "mean")
        for place, track in enumerate(first)
    )
    newest = _newest(heads)
    shared = newest.group_by(_PLACE, maintain_order=True).agg(
        pl.col("arm").n_unique().alias("arms"), (pl.col("mean").max() - pl.col("mean").min()).alias("gap")
    )
    shared = shared.filter(pl.col("arms") > 1).sort("arms", "mode", "prompt_id", descending=[True, False, False])
    if shared.is_empty():
        kept = heads["arm"].n_unique()
        return (), "No prompt has recorded answers in more than one run." if kept > 1 else ""
    by_run = [_Groups(track) for track in first]
    chosen = list(_chosen(shared, compared=same_total(tracks.arms)))
    prompts = tuple(_shared(tracks, by_run, newest, key, why) for key, why in chosen)
    note = f"{len(prompts)} of {count(shared.height, 'prompt')} that more than one run kept answers to."
    return prompts, note


def _newest(heads: pl.DataFrame) -> pl.DataFrame:
    """By arm and prompt the newest group; of a prompt that all its arms answered at one step, of the newest such."""
    arms = pl.col("arm").n_unique()
    together = heads.with_columns(
        arms.over(*_PLACE, "step").alias("here"), arms.over(_PLACE).alias("arms")
    ).with_columns((pl.col("here") == pl.col("arms")).alias("together"))
    best = together.filter(~pl.col("together").any().over(_PLACE) | pl.col("together"))
    return best.sort("arm", "step", "row").group_by("arm", *_PLACE, maintain_order=True).last()


def _chosen(shared: pl.DataFrame, *, compared: bool) -> Iterator[tuple[tuple[str, str | None, str], str]]:
    """Keys of prompts, and why each is shown."""
    most = shared.filter(pl.col("arms") == pl.col("arms").max())
    apart = most.filter(pl.col("gap").is_finite()).sort("gap", descending=True, maintain_order=True).head(APART)
    taken = set()
    for row in apart.select(_PLACE).iter_rows() if compared else ():
        taken.add(row)
        yield row, "Its mean totals are among the furthest apart: an extreme, not what is usual."
    others = [row for row in shared.select(_PLACE).iter_rows() if row not in taken]
    for row in others[:USUAL]:
        yield row, "Chosen by its hash, whatever was answered: what is usual."


class _Groups:
    """Groups of one run as values."""

    def __init__(self, track: Track) -> None:
        self.heads = recorded_groups(track.run).with_row_index("row")
        self.examples = track.run.examples.filter(~pl.col("superseded"))
        self.rewards = rewards_of(track.lines)

    def group(self, row: int) -> Group:
        """The group of a row of `recorded_groups`."""
        head = self.heads.filter(pl.col("row") == row)
        rows = self.examples.join(head.select(GROUP), on=GROUP, how="semi", nulls_equal=True).sort("index")
        return group_of(rows, head.row(0, named=True), self.rewards, Shown("Shared prompt"))


def _shared(
    tracks: Tracks, by_run: list[_Groups], newest: pl.DataFrame, key: tuple[str, str | None, str], why: str
) -> SharedPrompt:
    mode, eval_name, prompt_id = key
    mine = newest.filter(
        pl.col("mode") == mode, pl.col("eval_name").eq_missing(pl.lit(eval_name)), pl.col("prompt_id") == prompt_id
    ).sort("arm")
    groups = [(arm, by_run[arm].group(row)) for arm, row in mine.select("arm", "row").iter_rows()]
    return SharedPrompt(
        prompt_id=prompt_id,
        where=where_of(mode, eval_name),
        why=why,
        prompt=groups[0][1].prompt,
        sides=tuple(
            Side(
                label=tracks.arms[arm].label,
                place=arm,
                step=group.step,
                size=len(group.completions),
                mean=group.mean,
                std=group.std,
                answers=_ends(group),
            )
            for arm, group in groups
        ),
    )


def _ends(group: Group) -> tuple[Completion, ...]:
    best, worst = group.ranked[0], group.ranked[-1]
    return (best,) if best.total == worst.total else (best, worst)
