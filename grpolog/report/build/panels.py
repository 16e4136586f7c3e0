"""Plans to panels: the metrics that the log holds, drawn where they belong."""

from collections.abc import Iterable, Sequence

from grpolog import metrics
from grpolog.report.build.lines import Lines, eval_prefix
from grpolog.report.build.phrases import listed, name_of
from grpolog.report.build.plan import Plan
from grpolog.report.model import Panel, Question, Series

EVAL_SETS = 4
"""Eval sets that are drawn beside training at most."""


def question(lines: Lines, key: str, title: str, plans: Iterable[Plan]) -> Question:
    """A question with the panels that have something to show, and the names of those that do not."""
    panels, missing = [], []
    for plan in plans:
        panel = build(lines, plan)
        if panel is not None:
            panels.append(panel)
        elif not plan.optional:
            missing.append(plan.title)
    return Question(key, title, tuple(panels), tuple(missing))


def build(lines: Lines, plan: Plan) -> Panel | None:
    """The panel, or None if the log holds none of its metrics."""
    drawn: list[Series] = []
    for place, line in enumerate(plan.lines):
        metric = lines.first_known(*line.metrics)
        if metric is not None:
            spread = plan.spread if place == 0 else ()
            drawn.append(lines.series(metric, line.label, spread=spread, sparse=plan.sparse))
    notes = list(plan.notes)
    if plan.evaluated:
        found = [
            (eval_set, metric)
            for eval_set in lines.eval_sets
            if (metric := lines.first_known(*(eval_prefix(eval_set) + name for name in plan.lines[0].metrics)))
        ]
        drawn += [lines.series(metric, eval_label(eval_set), sparse=True) for eval_set, metric in found[:EVAL_SETS]]
        if len(found) > EVAL_SETS:
            notes.append(f"{len(found) - EVAL_SETS} more eval sets are in the log.")
    if not drawn or (plan.optional and all(_says_nothing(line) for line in drawn)):
        return None
    known = metrics.metric(drawn[0].metric)
    unit = plan.unit if plan.unit is not None else known.unit if known else ""
    bounds = _bounds(drawn)
    notes += _definitions(lines, drawn)
    return Panel(plan.key, plan.title, plan.about, unit, tuple(drawn), bounds=bounds, notes=tuple(notes))


def eval_label(eval_set: str | None) -> str:
    """How an eval set is called in a legend."""
    return "evaluation" if eval_set is None else f"evaluation on {eval_set}"


def _definitions(lines: Lines, drawn: Iterable[Series]) -> list[str]:
    """What the metrics of a panel mean in this log, where that is not what they are defined to mean."""
    found: dict[str, list[str]] = {}
    for metric in dict.fromkeys(line.metric for line in drawn):
        if caveat := lines.run.caveat(metric):
            found.setdefault(caveat, []).append(name_of(metric))
    return [f"{listed(names)}: {caveat}." for caveat, names in found.items()]


def _bounds(drawn: Sequence[Series]) -> tuple[float | None, float | None]:
    """The tightest bounds that hold for all series."""
    known = [metrics.metric(line.metric) for line in drawn]
    lows = [metric.bounds[0] if metric else None for metric in known]
    highs = [metric.bounds[1] if metric else None for metric in known]
    low = min((v for v in lows if v is not None), default=None) if None not in lows else None
    high = max((v for v in highs if v is not None), default=None) if None not in highs else None
    return low, high


def _says_nothing(line: Series) -> bool:
    """Whether every value is 0, or every one 1: no tool was called, each conversation had one turn."""
    edges = {line.lowest[1], line.highest[1]} if line.lowest and line.highest else set()
    return not line.non_finite and edges in ({0.0}, {1.0})
