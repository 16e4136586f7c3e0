"""Runs to one comparison.

Guarantees: a pure function of the logs, the options and `generated_at`; every list is bounded and says what it leaves
out; figures that are not the same measure are named.
"""

from collections.abc import Sequence
from pathlib import Path

import grpolog
from grpolog.analysis import Run, read
from grpolog.analysis.compare import (
    Across,
    Grouping,
    Result,
    arms_of,
    differences,
    general,
    place_of,
    result_of,
    unlike,
)
from grpolog.analysis.judgement import judge
from grpolog.report.build.compare.about import about
from grpolog.report.build.compare.configuration import setting_rows, settings_note
from grpolog.report.build.compare.lanes import findings_of, lanes_of
from grpolog.report.build.compare.leaderboard import leaderboard
from grpolog.report.build.compare.panels import questions_of
from grpolog.report.build.compare.prompts import prompts_of
from grpolog.report.build.compare.tracks import Tracks
from grpolog.report.build.compare.verdict import contrasts_of, verdict_of
from grpolog.report.build.compare.words import part_of, what_of
from grpolog.report.build.phrases import name_of
from grpolog.report.model import Comparison
from grpolog.report.numbers import axis_title, count

__all__ = ["build_comparison"]


def build_comparison(
    runs: Sequence[Run | str | Path],
    *,
    baseline: str | None = None,
    x: Across = "step",
    metric: str | None = None,
    group_by: str | None = None,
    group_by_name: str | None = None,
    generated_at: str | None = None,
) -> Comparison:
    """Everything that is said about several runs side by side. In a notebook it is shown as its page.

    Args:
        runs: two to six runs, or more that are grouped into as many; or what `grpolog.read` takes.
        baseline: name of the run or group that the others are held against; None: the first.
        x: by what they are aligned: `step`, `tokens`, or `time` spent training.
        metric: what decides; None: the task in evaluation, or the most telling that all runs have.
        group_by: a setting; runs in which it is the same are seeds of one configuration.
        group_by_name: a regular expression; runs in whose names it matches the same are.
        generated_at: time to be named, ISO 8601; None: none is named, so that the same logs give the same bytes.

    Raises:
        UsageError: too few or too many runs, an unknown baseline, setting or metric, a log without tokens or times
            where these are asked for.
    """
    read_runs = [run if isinstance(run, Run) else read(run) for run in runs]
    arms = arms_of(read_runs, Grouping(group_by, group_by_name))
    against = place_of(arms, baseline) if baseline is not None else 0
    tracks = Tracks(arms, x)
    found = result_of(arms, x, against, metric)
    result = found if isinstance(found, Result) else None
    judgements = [[judge(run) for run in arm.runs] for arm in arms]
    differing = differences([arm.runs for arm in arms])
    columns, contenders = leaderboard(tracks, result, judgements, against)
    findings, findings_left_out = findings_of(tracks, judgements)
    prompts, prompts_note = prompts_of(tracks)
    return Comparison(
        title=" vs ".join(arm.label for arm in arms),
        subtitle=tuple(_subtitle(tracks, result, against)),
        verdict=verdict_of(tracks, found, differing, contenders),
        metric=result.outcome.metric if result is not None else "",
        across=tracks.across,
        window=tracks.window(result) if result is not None else None,
        baseline=against,
        contrasts=contrasts_of(tracks, result),
        cautions=(*general(arms, x), *_outcome_unlike(tracks, result)),
        columns=columns,
        contenders=contenders,
        settings=setting_rows(differing),
        settings_note=settings_note(tracks, differing),
        questions=questions_of(tracks),
        lanes=lanes_of(tracks, judgements),
        findings=findings,
        findings_left_out=findings_left_out,
        prompts=prompts,
        prompts_note=prompts_note,
        about=about(tracks, generated_at),
        grpolog_version=grpolog.__version__,
        generated_at=generated_at,
    )


def _subtitle(tracks: Tracks, result: Result | None, baseline: int) -> list[str]:
    runs = count(len(tracks.every), "run")
    grouped = len(tracks.every) > len(tracks.arms)
    facts = [f"{runs} in {count(len(tracks.arms), 'group')}" if grouped else runs]
    if len(tracks.arms) > 1:
        facts.append(f"baseline {name_of(tracks.arms[baseline].label)}")
    facts.append(f"aligned by {axis_title(tracks.across)}")
    if result is not None:
        part = part_of(tracks.window(result), tracks.across)
        facts.append(f"compared by {what_of(result.outcome.metric)}, {part}")
    return [*facts, f"grpolog {grpolog.__version__}"]


def _outcome_unlike(tracks: Tracks, result: Result | None) -> list[str]:
    if result is None:
        return []
    what = what_of(result.outcome.metric)
    return [
        f"What decides, {what}, is not the same measure: {text}." for text in unlike(tracks.arms, result.outcome.metric)
    ]
