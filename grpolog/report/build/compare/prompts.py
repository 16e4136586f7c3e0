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

Key = tuple[str, str | None, str]
"""Mode, evaluation set and hash of a prompt."""

_PLACE = ["mode", "eval_name", "prompt_id"]


def prompts_of(tracks: Tracks) -> tuple[tuple[SharedPrompt, ...], str]:
    """The prompts that are shown, and of how many they are a choice; of an arm of several seeds its first run."""
    first = [arm[0] for arm in tracks.by_arm]
    if len(first) < 2:
        return (), ""
    heads = pl.concat(
        recorded_groups(track.run)
        .with_row_index("row")
        .with_columns(pl.lit(place).alias("arm"))
        .select("arm", "row", *GROUP, "prompt_id", "mean")
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
    chosen = dict(_chosen(shared, compared=same_total(tracks.arms)))
    keys = pl.DataFrame(list(chosen), schema=dict.fromkeys(_PLACE, pl.String), orient="row")
    wanted = newest.join(keys, on=_PLACE, how="semi", nulls_equal=True)
    groups = {
        (arm, row): group
        for arm, track in enumerate(first)
        for row, group in _read(track, wanted.filter(pl.col("arm") == arm)["row"].to_list())
    }
    prompts = tuple(_shared(tracks, wanted, groups, key, why) for key, why in chosen.items())
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


def _chosen(shared: pl.DataFrame, *, compared: bool) -> Iterator[tuple[Key, str]]:
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


def _read(track: Track, numbers: list[int]) -> Iterator[tuple[int, Group]]:
    """Groups of one run by their numbers among its recorded ones; its log is read once for all of their texts."""
    if not numbers:
        return
    heads = recorded_groups(track.run).with_row_index("row").filter(pl.col("row").is_in(numbers))
    kept = track.run.kept.filter(~pl.col("superseded"))
    rows = kept.join(heads.select("row", *GROUP), on=GROUP, how="inner", nulls_equal=True).sort("row", "index")
    texts = track.run.with_texts(rows).partition_by("row", as_dict=True)
    rewards = rewards_of(track.lines)
    for head in heads.iter_rows(named=True):
        yield head["row"], group_of(texts[(head["row"],)], head, rewards, Shown("Shared prompt"))


def _shared(
    tracks: Tracks, wanted: pl.DataFrame, groups: dict[tuple[int, int], Group], key: Key, why: str
) -> SharedPrompt:
    mode, eval_name, prompt_id = key
    mine = wanted.filter(
        pl.col("mode") == mode, pl.col("eval_name").eq_missing(pl.lit(eval_name)), pl.col("prompt_id") == prompt_id
    ).sort("arm")
    held = [(arm, groups[arm, row]) for arm, row in mine.select("arm", "row").iter_rows()]
    return SharedPrompt(
        prompt_id=prompt_id,
        where=where_of(mode, eval_name),
        why=why,
        prompt=held[0][1].prompt,
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
            for arm, group in held
        ),
    )


def _ends(group: Group) -> tuple[Completion, ...]:
    best, worst = group.ranked[0], group.ranked[-1]
    return (best,) if best.total == worst.total else (best, worst)
