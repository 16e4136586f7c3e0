"""The table of arms: state, and the figures that are looked at first."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from grpolog.analysis.compare import Result, only_function, unlike
from grpolog.analysis.compare.outcome import evaluations, task_of
from grpolog.analysis.judgement import VERDICTS, Judgement
from grpolog.analysis.task import task_of as run_task
from grpolog.report.build.compare.tracks import Track, Tracks
from grpolog.report.build.compare.words import Better, part_of, what_of
from grpolog.report.build.lines import SPARK
from grpolog.report.build.state import state_of
from grpolog.report.build.verdict import ENDINGS
from grpolog.report.curves import mean_points
from grpolog.report.model import Cell, Column, Contender
from grpolog.report.numbers import duration, number, percent, place, points, signed

Figure = tuple[float, str]
"""A figure of a run, and where it was reached."""


@dataclass(frozen=True, slots=True)
class _Plan:
    title: str
    about: str
    figure: Callable[[Track], Figure | None]
    better: Better = "none"
    shown: Callable[[float | None], str] = number
    comparable: bool = True
    """Whether a difference to the baseline says anything."""


def leaderboard(
    tracks: Tracks, result: Result | None, judgements: Sequence[Sequence[Judgement]], baseline: int
) -> tuple[tuple[Column, ...], tuple[Contender, ...]]:
    """The columns that some arm has a figure for, and the arms.

    Args:
        tracks: the arms.
        result: how they fare.
        judgements: by arm those of its runs.
        baseline: number of the arm that figures are held against.
    """
    plans = [plan for plan in _plans(tracks) if any(plan.figure(track) is not None for track in tracks.every)]
    rows = [_cells(tracks, plan, baseline) for plan in plans]
    columns = [Column(plan.title, plan.about) for plan in plans]
    if result is not None:
        part = part_of(tracks.window(result), tracks.across)
        columns.insert(0, Column(f"Compared: {what_of(result.outcome.metric)}", f"Mean of {part}."))
        rows.insert(0, _compared(tracks, result, baseline))
    return tuple(columns), tuple(
        _contender(tracks, result, judgements[arm], arm, tuple(row[arm] for row in rows))
        for arm in range(len(tracks.arms))
    )


def _plans(tracks: Tracks) -> list[_Plan]:
    evaluated = next(iter(evaluations(tracks.arms)), None)
    task = task_of(tracks.arms)
    end = "Last tenth of the run"
    plans = []
    if evaluated is not None:
        title = f"Best {what_of(evaluated)}"
        best = partial(_best, tracks, metric=evaluated)
        comparable = not unlike(tracks.arms, evaluated)
        plans.append(_Plan(title, "The highest of the run.", best, "up", comparable=comparable))
    if task is not None:
        plans.append(_end(tracks, f"{what_of(task)}, end", f"{end}.", task, better="up"))
    if task is None or only_function(tracks.arms) is None:
        plans.append(_end(tracks, "Total reward, end", f"{end}, in training.", "reward", better="up"))
    plans += [
        _end(tracks, "KL", f"{end}, to the reference model.", "kl"),
        _end(tracks, "Tokens per answer", f"{end}.", "completions/mean_length", "quality/response_tokens"),
        _end(tracks, "Cut off", f"{end}, share of answers.", "quality/truncated_share",
             "completions/clipped_ratio", better="down", shown=percent),
        _Plan("Steps", "", lambda track: _figure(track.run.audit.last_step), comparable=False),
        _Plan("Tokens", "Of prompts and completions, in all.",
              lambda track: _figure(track.lines.series("num_tokens").last)),
        _Plan("Steps per hour", "Of the time that training took.", _pace, "up"),
        _Plan("Time", "All attempts, without the time between them.", _seconds, shown=duration,
              comparable=False),
    ]  # fmt: skip
    return plans


def _end(
    tracks: Tracks, title: str, about: str, *metrics: str, better: Better = "none",
    shown: Callable[[float | None], str] = number,
) -> _Plan:  # fmt: skip
    metric = tracks.widest(*metrics) or metrics[0]

    def figure(track: Track) -> Figure | None:
        return _figure(track.lines.series(metric).end) if track.lines.first_known(metric) else None

    return _Plan(title, about, figure, better, shown, comparable=not unlike(tracks.arms, metric))


def _cells(tracks: Tracks, plan: _Plan, baseline: int) -> list[Cell]:
    figures = [[figure for track in arm if (figure := plan.figure(track)) is not None] for arm in tracks.by_arm]
    values = [float(np.mean([value for value, _ in found])) if found else None for found in figures]
    known = [value for value in values if value is not None]
    ahead = None
    if plan.better != "none" and plan.comparable and len(known) > 1 and len(set(known)) > 1:
        ahead = max(known) if plan.better == "up" else min(known)
    return [
        Cell(
            value=value,
            text=plan.shown(value),
            delta=_delta(plan, value, values[baseline]) if place != baseline and plan.comparable else "",
            best=value is not None and value == ahead,
            note=_note(plan, figures[place]),
        )
        for place, value in enumerate(values)
    ]


def _compared(tracks: Tracks, result: Result, baseline: int) -> list[Cell]:
    """The means that the verdict compares."""
    plan = _Plan("", "", lambda _: None, result.outcome.better)
    pick = {"up": max, "down": min}.get(plan.better)
    known = [mean for mean in result.means if mean is not None]
    ahead = pick(known) if pick and len(set(known)) > 1 else None
    against = result.means[baseline]
    cells = []
    for arm, mean in enumerate(result.means):
        effect = next((effect for effect in result.effects if effect.place == arm), None)
        found = effect.interval if effect else None
        delta = _delta(plan, mean, mean - found.mean if found and mean is not None else against) if effect else ""
        spread = result.over_seeds[arm]
        note = (
            f"95 %: {number(spread.low)} to {number(spread.high)} over {len(tracks.arms[arm].runs)} seeds"
            if spread
            else ""
        )
        if found is not None and found.low < found.high:
            note = f"95 %: {signed(found.low)} to {signed(found.high)}"
        cells.append(Cell(mean, number(mean), delta, mean is not None and mean == ahead, note))
    return cells


def _contender(
    tracks: Tracks, result: Result | None, judgements: Sequence[Judgement], arm: int, cells: tuple[Cell, ...]
) -> Contender:
    runs = tracks.arms[arm].runs
    worst, run = max(zip(judgements, runs, strict=True), key=lambda pair: VERDICTS.index(pair[0].verdict))
    state = state_of(worst, run_task(run))
    spark: tuple[float, ...] = ()
    metric = result.outcome.metric if result is not None else tracks.widest("reward")
    if metric is not None:
        curve = tracks.series(metric)[arm].curve
        spark = mean_points(np.array(curve.x), np.array(curve.y), SPARK)
    return Contender(
        label=tracks.arms[arm].label,
        names=tracks.arms[arm].names,
        word=state.word,
        symbol=state.symbol,
        tone=state.tone,
        reason=state.why or worst.sentence,
        status=", ".join(dict.fromkeys(ENDINGS[run.status] for run in runs)),
        cells=cells,
        spark=spark,
    )


def _best(tracks: Tracks, track: Track, metric: str) -> Figure | None:
    highest = track.lines.series(metric).highest if track.lines.first_known(metric) else None
    if highest is None:
        return None
    at = float(tracks.place(track, np.array([highest[0]]))[0])
    return highest[1], place(at, tracks.across)


def _figure(value: float | None) -> Figure | None:
    return (float(value), "") if value is not None and math.isfinite(value) else None


def _pace(track: Track) -> Figure | None:
    """Over the whole run where its log tells times, else by the mean time of a step."""
    spent, last = _seconds(track), track.run.audit.last_step
    if spent is not None and spent[0] > 0 and last:
        return 3600 * last / spent[0], ""
    metric = track.lines.first_known("perf/step_seconds", "step_time")
    values = track.lines.values(metric).y if metric else np.empty(0)
    values = values[np.isfinite(values) & (values > 0)]
    return (3600 / float(values.mean()), "by step time") if len(values) else None


def _seconds(track: Track) -> Figure | None:
    spans = [pair for pair in track.run.attempts.select("started", "ended").rows() if None not in pair]
    return _figure(sum(max(0.0, end - start) for start, end in spans) or None)


def _delta(plan: _Plan, value: float | None, other: float | None) -> str:
    if value is None or other is None:
        return ""
    difference = value - other
    if abs(difference) <= 1e-9 * abs(other):
        return ""
    if plan.shown is percent:
        return points(difference)
    return f"{'+' if difference > 0 else '−'}{plan.shown(abs(difference))}"


def _note(plan: _Plan, found: Sequence[Figure]) -> str:
    if len(found) > 1:
        low, high = (plan.shown(pick(value for value, _ in found)) for pick in (min, max))
        return f"{low} to {high}" if low != high else ""
    return found[0][1] if found else ""
