"""Charts with one line an arm: a panel a metric, the same colour everywhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grpolog import metrics
from grpolog.analysis.compare import only_function, unlike
from grpolog.analysis.compare.outcome import evaluations, functions_of
from grpolog.report.build.compare.tracks import Tracks
from grpolog.report.build.compare.words import title_of
from grpolog.report.build.layout import EFFICIENT, GAMING, SIGNAL, STABLE
from grpolog.report.build.phrases import listed, name_of
from grpolog.report.build.plan import Plan
from grpolog.report.model import Panel, Question
from grpolog.report.text import one_line

FUNCTIONS = 12
"""Reward functions with a panel at most."""

_STEP_TIME = ("perf/step_seconds", "step_time")


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: str
    title: str
    about: str
    metrics: tuple[str, ...]
    unit: str | None = None
    optional: bool = False


def questions_of(tracks: Tracks) -> tuple[Question, ...]:
    """The questions of a report with all panels that two arms have values for; of one arm, all that it has."""
    return (
        _question(tracks, "learning", "Is it learning?", _rewards(tracks)),
        _question(tracks, "stable", "Is it stable?", _planned(STABLE)),
        _question(tracks, "gaming", "Is it gaming the reward?", _planned((SIGNAL, *GAMING))),
        _question(tracks, "efficient", "Is it efficient?", _efficient()),
    )


def _question(tracks: Tracks, key: str, title: str, wanted: Iterable[_Wanted]) -> Question:
    panels, alone = [], []
    least = min(2, len(tracks.arms))
    for want in wanted:
        metric = tracks.widest(*want.metrics)
        holding = tracks.holding(metric) if metric is not None else ()
        if metric is not None and len(holding) >= least:
            panel = _panel(tracks, want, metric)
            if not (want.optional and _says_nothing(panel)):
                panels.append(panel)
        elif holding:
            alone.append(f"{want.title} ({name_of(tracks.arms[holding[0]].label)})")
    return Question(key, title, tuple(panels), tuple(alone))


def _panel(tracks: Tracks, want: _Wanted, metric: str) -> Panel:
    series = tracks.series(metric, sparse=metric.startswith("eval_"))
    known = metrics.metric(metric)
    notes = [f"▲ Not the same measure. {text}." for text in unlike(tracks.arms, metric)]
    without = [name_of(line.label) for line in series if not line.logged]
    if without:
        notes.append(f"Not in {listed(without)}.")
    return Panel(
        key=want.key,
        title=want.title,
        about=want.about,
        unit=want.unit if want.unit is not None else known.unit if known else "",
        series=series,
        bounds=known.bounds if known else (None, None),
        notes=tuple(notes),
        across=tracks.across,
        bands=any(len(arm.runs) > 1 for arm in tracks.arms),
    )


def _rewards(tracks: Tracks) -> Iterator[_Wanted]:
    """Evaluations first: they tell whether a gain is real."""
    for number, metric in enumerate(evaluations(tracks.arms), start=1):
        yield _Wanted(f"panel-eval-{number}", title_of(metric), "Mean over the evaluation.", (metric,))
    functions = functions_of(tracks.arms)[:FUNCTIONS]
    if only_function(tracks.arms) not in functions:
        yield _Wanted(
            "panel-reward", "Total reward", "Mean weighted sum of the reward functions in training.", ("reward",)
        )
    for number, name in enumerate(functions, start=1):
        title = f"{one_line(name, 60)} in training"
        yield _Wanted(
            f"panel-function-{number}", title, "Mean over completions, before weighting.", (f"rewards/{name}/mean",)
        )


def _planned(plans: Iterable[Plan]) -> Iterator[_Wanted]:
    """Every line of the panels of a report as a panel of its own."""
    for plan in plans:
        for number, line in enumerate(plan.lines, start=1):
            several = len(plan.lines) > 1
            yield _Wanted(
                key=f"{plan.key}-{number}" if several else plan.key,
                title=f"{plan.title}: {line.label}" if several and line.label != plan.title.lower() else plan.title,
                about=plan.about,
                metrics=line.metrics,
                unit=plan.unit,
                optional=plan.optional or number > 1,
            )


def _efficient() -> Iterator[_Wanted]:
    yield _Wanted(
        "panel-step-time", "Seconds per step", "From the first micro-batch to the end of the update.", _STEP_TIME
    )
    yield from _planned(EFFICIENT)


def _says_nothing(panel: Panel) -> bool:
    """Whether every value is 0, or every one 1."""
    edges = {edge[1] for line in panel.series if line.logged for edge in (line.lowest, line.highest) if edge}
    return edges in ({0.0}, {1.0})
