"""Metrics that have no place of their own: a user's `log_metric`, a newer trainer's additions."""

from collections.abc import Collection

from grpolog import metrics
from grpolog.report.build.layout import BESIDE, BESIDE_BEGINNINGS
from grpolog.report.build.lines import Lines
from grpolog.report.build.plan import Line, Plan
from grpolog.report.build.scales import by_scale
from grpolog.report.text import one_line

PANELS = 12
"""Panels of such metrics at most; the metrics that find no place are named."""

_PER_PANEL = 4
_NAMED = 30
_BOOKKEEPING = ("runtime", "samples_per_second", "steps_per_second")


def other_plans(lines: Lines, drawn: Collection[str]) -> list[Plan]:
    """Plans for the metrics that no other panel is for, those of one prefix together."""
    found: dict[str, list[str]] = {}
    for metric in lines.names:
        if metric not in drawn and not _beside(metric) and lines.first_known(metric):
            head, slash, _ = metric.rpartition("/")
            found.setdefault(head if slash else metric, []).append(metric)
    parts = [
        (head, part)
        for head in sorted(found, key=lambda head: (head.startswith("eval_"), head.endswith(_BOOKKEEPING), head))
        for part in by_scale(lines, found[head], _PER_PANEL)
    ]
    left_out = [metric for _, part in parts[PANELS:] for metric in part]
    return [
        Plan(
            key=f"panel-other-{number}",
            title=one_line(part[0] if len(part) == 1 else f"{head}/…", 60),
            about="As the trainer logged it.",
            lines=tuple(Line(metric.removeprefix(f"{head}/"), (metric,)) for metric in part),
            sparse=head.startswith("eval_"),
            notes=(_left_out(left_out),) if left_out and number == PANELS else (),
        )
        for number, (head, part) in enumerate(parts[:PANELS], start=1)
    ]


def _beside(metric: str) -> bool:
    """Whether a metric is told elsewhere; evaluations are drawn where they are told from training at a glance."""
    known = metrics.metric(metric)
    if known is None:
        return metric in BESIDE
    return metric in BESIDE or metric.startswith(("eval_", *BESIDE_BEGINNINGS))


def _left_out(names: list[str]) -> str:
    listed = ", ".join(one_line(name, 40) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Not drawn, but in the log: {listed}{more}."
