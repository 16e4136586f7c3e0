"""How the prompts of each source fare: small charts, in each of them all prompts too."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from grpolog.report.build.lines import Lines
from grpolog.report.curves import series
from grpolog.report.model import Panel, Question, Series
from grpolog.report.numbers import count
from grpolog.report.text import one_line

PANELS: Final = 6
"""Sources with a chart at most: those with the most completions."""


def sources_of(lines: Lines) -> Iterator[Question]:
    """Charts by source of the training prompts, where groups name two or more."""
    groups = lines.run.events["group"].filter(~pl.col("superseded"), pl.col("mode") == "train")
    groups = groups.select("step", "source", "n", "mean", "passes").filter(pl.col("source").is_not_null())
    if groups["source"].n_unique() < 2:
        return
    told = groups["passes"].count() > 0
    score = pl.col("passes") if told else pl.col("n") * pl.col("mean")
    answers = pl.col("n").filter(score.is_not_null() & score.is_finite())
    mean = (score.filter(score.is_finite()).sum() / answers.sum()).alias("score")
    everything = _line("all sources", groups.group_by("step").agg(mean), told=told)
    sizes = groups.group_by("source").agg(pl.col("n").sum(), pl.len().alias("groups"))
    sizes = sizes.sort("n", "source", descending=[True, False])
    what = "Share of right answers" if told else "Mean total reward"
    left_out = sizes.height - PANELS
    panels = []
    for number, (source, answered, _) in enumerate(sizes.head(PANELS).rows(), start=1):
        own = groups.filter(pl.col("source") == source).group_by("step").agg(mean)
        panels.append(
            Panel(
                key=f"panel-source-{number}",
                title=one_line(source, 60) or "no name",
                about=f"{what}, {count(answered, 'answer')}.",
                unit="share" if told else "",
                series=(_line(one_line(source, 60) or "no name", own, told=told), everything),
                bounds=(0.0, 1.0) if told else (None, None),
                notes=(f"{count(left_out, 'more source')} in the log.",) if left_out > 0 and number == PANELS else (),
            )
        )
    yield Question("sources", "By source of the prompts", tuple(panels))


def _line(label: str, scores: pl.DataFrame, *, told: bool) -> Series:
    found = scores.filter(pl.col("score").is_finite()).sort("step")
    x, y = (found[name].cast(pl.Float64).to_numpy() for name in ("step", "score"))
    return series(label, "group/pass_rate" if told else "group/mean", x, y)
