"""How each prompt did over a run: solved or not, got worse, keeps changing.

Everything comes from the `group` events, which cover every group, whether its texts were kept or not. A *visit* is one
generation's answers to a prompt; training visits a prompt once an epoch. A prompt is *solved* where the primary
function gives its best value; where that is not known (`Prompts.score`) prompts are compared by their mean total.

    found = prompts_of(run)                      # or mode="eval", eval_name=...
    found.counts                                 # {"never": 12, "sometimes": 80, "always": 8, "unknown": 0}
    hard = found.select("hardest", 20)           # rows of found.table, the telling ones first
    hard["row_id"], hard["prompt_id"]            # what filters a dataset
    texts = prompt_texts(run, hard["prompt_id"]) # where the log keeps an example of the prompt
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal, get_args

import orjson
import polars as pl

from grpolog.analysis.run import Run
from grpolog.events import Mode
from grpolog.generation.texts import prompt_text

Outcome = Literal["never", "sometimes", "always", "unknown"]
"""Over all visits no answer was right, some were, all were; unknown where no visit tells."""

Choice = Literal["never", "sometimes", "always", "unknown", "regressed", "unstable", "hardest"]
"""What `Prompts.select` can choose by."""

CHANCE: Final = 0.0228
"""How often a prompt that did not change counts as regressed: beyond two standard errors, on one side."""

_VISIT: Final = ["attempt", "step", "generation"]


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of training, or of one evaluation set."""

    table: pl.DataFrame
    """One row a prompt, in the order of first visits.

    prompt_id, row_id (null unless the dataset names its rows), source (null when unknown)
    visits, completions: how often it came up, and how many answers it got
    passes, pass_rate: answers that solved it, and their share; null when unknown
    outcome: see Outcome
    mean, std: mean total, and the mean spread of totals within a visit
    mean_length: mean length of an answer, tokens; truncated_share: share of answers cut off; null when unknown
    signal_share: share of its groups with an advantage to learn from; null when unknown
    first_step, last_step: of its first and newest visit
    first, best, best_step, last: score (see `Prompts.score`) of the first visit, of the best one before the newest and
        its step, and of the newest; `best` is null for a prompt that came once
    course: the scores of all visits in their order (list)
    regressed: whether the newest score is below the best earlier one by more than chance explains; null for one visit
    swing: mean change of the score from one visit to the next, less the net change; null below three visits
    """

    sources: pl.DataFrame
    """One row a source, the one with most completions first: source (null when unknown), prompts, groups, completions,
    never, sometimes, always (prompts), first and last (score over the first and the last tenth of its groups),
    signal_share, mean_length."""

    score: Literal["pass rate", "total reward"]
    """What a prompt is measured by: the pass rate where the log tells what solves a prompt, else the mean total."""

    @property
    def once(self) -> bool:
        """Whether no prompt came up twice: what is said of one then rests on a single group of answers."""
        return not (self.table["visits"] > 1).any()

    @property
    def counts(self) -> dict[Outcome, int]:
        """Prompts by outcome."""
        found = dict(self.table["outcome"].value_counts().rows())
        return {outcome: found.get(outcome, 0) for outcome in get_args(Outcome)}

    def select(self, by: Choice, limit: int | None = None) -> pl.DataFrame:
        """The rows that `by` is true of, the most telling first.

        never, always, unknown: those with most answers first. sometimes: nearest to one half first. regressed: largest
        loss first. unstable: largest swing first. hardest: all with a score, lowest first; of equals the one with most
        answers, so that a prompt never solved in forty answers comes before one never solved in eight.
        """
        table = self.table
        if by == "hardest":
            known = table.filter(pl.col("score").is_not_null())
            found = known.sort("score", "mean", "completions", descending=[False, False, True], maintain_order=True)
        elif by == "regressed":
            lost = pl.col("best") - pl.col("last")
            found = table.filter(pl.col("regressed")).sort(lost, descending=True, maintain_order=True)
        elif by == "unstable":
            found = table.filter(pl.col("swing") > 0).sort("swing", descending=True, maintain_order=True)
        elif by == "sometimes":
            found = table.filter(outcome=by).sort((pl.col("pass_rate") - 0.5).abs(), maintain_order=True)
        else:
            found = table.filter(outcome=by).sort("completions", descending=True, maintain_order=True)
        return found if limit is None else found.head(limit)


def prompts_of(run: Run, *, mode: Mode = "train", eval_name: str | None = None) -> Prompts:
    """The prompts of a run, without groups that a later attempt replaced.

    Args:
        run: the run.
        mode: train or eval.
        eval_name: which eval set, where there are several.
    """
    table = run.events["group"].filter(
        ~pl.col("superseded"), pl.col("mode") == mode, pl.col("eval_name").eq_missing(pl.lit(eval_name))
    )
    groups = table.select(
        *(*_VISIT, "prompt_id", "row_id", "source", "n", "mean", "std", "passes", "mean_length", "truncated_count"),
        "signal",
    )
    groups = groups.with_columns(pl.when(pl.col(c).is_finite()).then(pl.col(c)).alias(c) for c in ("mean", "std"))
    score: Literal["pass rate", "total reward"] = "pass rate" if groups["passes"].count() else "total reward"
    prompts = _prompts(groups, score)
    return Prompts(prompts, _sources(groups, prompts, score), score)


def prompt_texts(run: Run, prompt_ids: Iterable[str]) -> dict[str, str]:
    """The text of each prompt that an example of the log holds, a conversation as `role: text` paragraphs."""
    return texts_of_prompts(run.with_texts(examples_of_prompts(run, prompt_ids)))


def examples_of_prompts(run: Run, prompt_ids: Iterable[str]) -> pl.DataFrame:
    """The newest row of `run.kept` of each prompt that has one."""
    mine = run.kept.filter(pl.col("prompt_id").is_in(list(dict.fromkeys(prompt_ids))))
    return mine.unique("prompt_id", keep="last", maintain_order=True)


def texts_of_prompts(examples: pl.DataFrame) -> dict[str, str]:
    """By prompt its text, from rows of `run.examples`."""
    rows = examples.select("prompt_id", "prompt", "prompt_messages").rows()
    return {key: text if messages is None else prompt_text(orjson.loads(messages)) for key, text, messages in rows}


def _prompts(groups: pl.DataFrame, score: str) -> pl.DataFrame:
    known = pl.col("n").filter(pl.col("passes").is_not_null()).sum()
    scored = pl.col("n").filter(pl.col("mean").is_not_null()).sum()
    sums = [
        pl.col("n").sum().alias("completions"),
        pl.when(known > 0).then(pl.col("passes").sum()).alias("passes"),
        pl.when(known > 0).then(known).alias("answers"),
        ((pl.col("n") * pl.col("mean")).sum() / scored).fill_nan(None).alias("mean"),
        pl.col("std").mean(),
        # the variance of answers within a group, for the standard error of its mean
        (pl.col("std") ** 2).mean().alias("variance"),
    ]
    pass_rate = pl.col("passes") / pl.col("answers")
    measured = pass_rate if score == "pass rate" else pl.col("mean")
    visits = groups.group_by("prompt_id", *_VISIT, maintain_order=True).agg(sums).with_columns(measured.alias("score"))
    table = groups.group_by("prompt_id", maintain_order=True).agg(
        pl.col("row_id", "source").drop_nulls().first(),
        *sums[:-1],
        ((pl.col("n") * pl.col("mean_length")).sum() / pl.col("n").filter(pl.col("mean_length").is_not_null()).sum())
        .fill_nan(None)
        .alias("mean_length"),
        (
            pl.col("truncated_count").sum() / pl.col("n").filter(pl.col("truncated_count").is_not_null()).sum()
        ).fill_nan(None).alias("truncated_share"),
        pl.col("signal").mean().alias("signal_share"),
        pl.col("step").first().alias("first_step"),
        pl.col("step").last().alias("last_step"),
    )  # fmt: skip
    outcome = (
        pl.when(pl.col("passes").is_null())
        .then(pl.lit("unknown"))
        .when(pl.col("passes") == 0)
        .then(pl.lit("never"))
        .when(pl.col("passes") == pl.col("answers"))
        .then(pl.lit("always"))
        .otherwise(pl.lit("sometimes"))
    )
    return (
        table.with_columns(pass_rate.alias("pass_rate"), measured.alias("score"), outcome.alias("outcome"))
        .join(_courses(visits, score), on="prompt_id", how="left", maintain_order="left")
        .drop("answers")
    )


def _courses(visits: pl.DataFrame, score: str) -> pl.DataFrame:
    """By prompt how the score moved from visit to visit."""
    earlier = pl.col("score").slice(0, pl.len() - 1)
    best = earlier.arg_max()
    path = pl.col("score").diff().abs().mean()
    net = (pl.col("score").last() - pl.col("score").first()).abs() / (pl.col("score").count() - 1)
    told = pl.col("score").is_not_null()
    courses = (
        visits.group_by("prompt_id", maintain_order=True)
        .agg(
            pl.len().alias("visits"),
            pl.col("score").alias("course"),
            pl.col("score").filter(told).first().alias("first"),
            pl.col("score").last().alias("last"),
            earlier.max().alias("best"),
            pl.col("step").get(best, null_on_oob=True).alias("best_step"),
            pl.col("completions").get(best, null_on_oob=True).alias("best_n"),
            pl.col("variance").get(best, null_on_oob=True).alias("best_variance"),
            pl.col("completions").last().alias("last_n"),
            pl.col("variance").last().alias("last_variance"),
            pl.when(pl.col("score").count() > 2).then((path - net).clip(0.0)).alias("swing"),
        )
        .with_columns(pl.when(pl.col("visits") > 1).then(pl.col("best", "best_step")))
    )
    limits = {v: NormalDist().inv_cdf(1 - CHANCE / max(1, v - 1)) for v in courses["visits"].unique()}
    limit = pl.col("visits").replace_strict(limits, return_dtype=pl.Float64) if limits else pl.lit(2.0)
    lost = pl.col("best") - pl.col("last")
    n, m = pl.col("best_n"), pl.col("last_n")
    if score == "pass rate":
        pooled = (pl.col("best") * n + pl.col("last") * m) / (n + m)
        variance = pooled * (1 - pooled)
    else:
        variance = (pl.col("best_variance").fill_null(0.0) + pl.col("last_variance").fill_null(0.0)) / 2
    regressed = (lost > 0) & (lost > limit * (variance * (1 / n + 1 / m)).sqrt())
    return courses.with_columns(regressed.alias("regressed")).select(
        "prompt_id", "visits", "first", "best", "best_step", "last", "course", "regressed", "swing"
    )


def _sources(groups: pl.DataFrame, prompts: pl.DataFrame, score: str) -> pl.DataFrame:
    measured = pl.col("passes") / pl.col("n") if score == "pass rate" else pl.col("mean")
    tenth = pl.max_horizontal(pl.len() // 10, 1)
    told = groups.with_columns(measured.alias("score")).group_by("source", maintain_order=True)
    found = told.agg(
        pl.len().alias("groups"),
        pl.col("n").sum().alias("completions"),
        pl.col("score").head(tenth).mean().alias("first"),
        pl.col("score").tail(tenth).mean().alias("last"),
        pl.col("signal").mean().alias("signal_share"),
        pl.col("mean_length").mean(),
    )
    outcomes = [(pl.col("outcome") == outcome).sum().alias(outcome) for outcome in ("never", "sometimes", "always")]
    counts = prompts.group_by("source").agg(pl.len().alias("prompts"), *outcomes)
    return found.join(counts, on="source", how="left", nulls_equal=True).sort("completions", descending=True)
