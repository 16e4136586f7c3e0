"""The questions of a report with all their panels."""

import re
from collections.abc import Iterator
from dataclasses import replace

from grpolog.analysis.task import Task
from grpolog.report.build.layout import EFFICIENT, GAMING, SIGNAL, STABLE
from grpolog.report.build.lines import Lines, eval_prefix
from grpolog.report.build.others import other_plans
from grpolog.report.build.overview import signal_panel, task_panel
from grpolog.report.build.panels import EVAL_SETS, build, eval_label, question
from grpolog.report.build.plan import SHARE, Line, Plan
from grpolog.report.build.rewards import Rewards
from grpolog.report.build.scales import by_scale
from grpolog.report.build.sources import sources_of
from grpolog.report.build.step_time import step_time_panel
from grpolog.report.model import Question
from grpolog.report.text import one_line

PER_PANEL = 6
"""Reward functions in a panel at most: so many lines can be told apart."""

FUNCTION_PANELS = 3
"""Panels of reward functions at most."""

GPUS = 4
"""GPUs with a panel at most."""

_MEMORY = (("in use on the device", "used"), ("reserved", "reserved"), ("allocated", "allocated"), ("peak", "peak"))


def questions(lines: Lines, rewards: Rewards, task: Task) -> tuple[Question, ...]:
    """What the first screen shows, then four questions, then the sources of the prompts where the log names them; a
    last one holds the metrics that have no place in them, where there are any.
    """
    asked = [
        _overview(lines, rewards, task),
        question(lines, "learning", "Is it learning?", _learning(lines, rewards, task)),
        question(lines, "stable", "Is it stable?", STABLE),
        question(lines, "gaming", "Is it gaming the reward?", [*GAMING, *_unscored(lines, rewards)]),
        _efficient(lines, rewards),
        *sources_of(lines),
    ]
    drawn = {series.metric for known in asked for panel in known.panels for series in panel.series}
    others = question(lines, "others", "What else did the trainer log?", other_plans(lines, drawn))
    return (*asked, others) if others.panels else tuple(asked)


def _overview(lines: Lines, rewards: Rewards, task: Task) -> Question:
    deciding = build(lines, _deciding(lines, rewards))
    drawn = (task_panel(lines, rewards, task), signal_panel(lines), deciding)
    titles = ("Total reward", SIGNAL.title, "Share of the advantage")
    return Question(
        "overview",
        "At a glance",
        tuple(panel for panel in drawn if panel is not None),
        tuple(title for title, panel in zip(titles, drawn, strict=True) if panel is None),
    )


def _deciding(lines: Lines, rewards: Rewards) -> Plan:
    """Which function pays for what the policy learns."""
    return _largest(
        lines, rewards, "advantage_share", "panel-advantage", "Share of the advantage",
        "Part of the advantage that comes from each function; shares add up to 1 and may be negative.",
        unit=SHARE, optional=False,
    )  # fmt: skip


def _learning(lines: Lines, rewards: Rewards, task: Task) -> Iterator[Plan]:
    band = "the band is one standard deviation of completions up and down"
    if task.function is not None:
        yield Plan(
            "panel-reward", "Total reward", f"Mean weighted sum of the reward functions; {band}.",
            (Line("training", ("reward",)),), evaluated=True, spread=("reward_std",), optional=True,
        )  # fmt: skip
    if rewards.primary is not None and len(rewards.names) > 1 and task.function is None:
        name = rewards.primary
        yield Plan(
            "panel-primary", f"The task: {one_line(name, 60)}",
            f"Mean of the primary reward function; {band}, within their range.",
            (Line("training", (rewards.mean(name),)),), evaluated=True,
            spread=(f"rewards/{name}/std", f"rewards/{name}/min", f"rewards/{name}/max"),
        )  # fmt: skip
    yield from _functions(lines, rewards, "", "panel-functions", "Reward per function")
    for number, eval_set in enumerate(lines.eval_sets[:EVAL_SETS], start=1):
        title = f"Reward per function, {one_line(eval_label(eval_set), 60)}"
        yield from _functions(lines, rewards, eval_prefix(eval_set), f"panel-eval-{number}", title)


def _functions(lines: Lines, rewards: Rewards, prefix: str, key: str, title: str) -> Iterator[Plan]:
    """Means by function, those of comparable size together."""
    names = {prefix + rewards.mean(name): name for name in rewards.names}
    known = [metric for metric in names if lines.first_known(metric)]
    parts = by_scale(lines, known, PER_PANEL)
    room = FUNCTION_PANELS if not prefix or len(lines.eval_sets) == 1 else 1
    left_out = sum(map(len, parts[room:]))
    for number, part in enumerate(parts[:room], start=1):
        last = left_out and number == room
        yield Plan(
            key if number == 1 else f"{key}-{number}",
            title if number == 1 else f"{title} ({number})",
            "Mean over completions, before weighting.",
            tuple(Line(names[metric], (metric,)) for metric in part),
            sparse=bool(prefix),
            notes=(f"{left_out:,} more functions are in the log.",) if last else (),
        )
    if not parts and not prefix:
        yield Plan(key, title, "", ())


def _unscored(lines: Lines, rewards: Rewards) -> Iterator[Plan]:
    """Which function does not answer."""
    unscored = replace(
        rewards, names=tuple(name for name in rewards.names if _ever(lines, f"rewards/{name}/none_share"))
    )
    yield _largest(
        lines, unscored, "none_share", "panel-unscored", "Not scored",
        "Share of completions to which a function gave no reward.", unit=SHARE, optional=True,
    )  # fmt: skip


def _largest(
    lines: Lines, rewards: Rewards, field: str, key: str, title: str, about: str, *, unit: str, optional: bool
) -> Plan:
    """The functions with the largest values in the end, in their order."""
    metrics = {f"rewards/{name}/{field}": name for name in rewards.names}
    known = [metric for metric in metrics if lines.first_known(metric)]
    shown = sorted(known, key=lambda metric: -abs(lines.series(metric).end or 0.0))[:PER_PANEL]
    left_out = len(known) - len(shown)
    return Plan(
        key, title, about,
        tuple(Line(name, (metric,)) for metric, name in metrics.items() if metric in shown),
        optional=optional, unit=unit,
        notes=(f"The {PER_PANEL} largest; {left_out:,} more functions are in the log.",) if left_out else (),
    )  # fmt: skip


def _ever(lines: Lines, metric: str) -> bool:
    highest = lines.series(metric).highest if lines.first_known(metric) else None
    return highest is not None and highest[1] > 0


def _efficient(lines: Lines, rewards: Rewards) -> Question:
    found = question(
        lines, "efficient", "Is it efficient?", [*EFFICIENT, *_reward_seconds(lines, rewards), *_gpus(lines)]
    )
    first = step_time_panel(lines)
    if first is None:
        return replace(found, missing=("Seconds per step", *found.missing))
    return replace(found, panels=(first, *found.panels))


def _reward_seconds(lines: Lines, rewards: Rewards) -> Iterator[Plan]:
    if len(rewards.names) > 1:
        names = [f"perf/reward_seconds/{name}" for name in rewards.names]
        known = [metric for metric in names if lines.first_known(metric)]
        shown = sorted(known, key=lambda metric: -(lines.series(metric).end or 0.0))[:PER_PANEL]
        yield Plan(
            "panel-scoring", "Seconds per reward function", "The slowest functions.",
            tuple(Line(metric.removeprefix("perf/reward_seconds/"), (metric,)) for metric in known if metric in shown),
            optional=True,
        )  # fmt: skip


def _gpus(lines: Lines) -> Iterator[Plan]:
    indices = sorted({int(match[1]) for name in lines.names if (match := re.match(r"perf/gpu(\d+)/", name))})
    for index in indices[:GPUS]:
        left_out = f"{len(indices) - GPUS} more GPUs are in the log."
        yield Plan(
            f"panel-gpu{index}", f"Memory of GPU {index}", "As the first rank sees it.",
            tuple(Line(label, (f"perf/gpu{index}/{field}_gib",)) for label, field in _MEMORY),
            notes=(left_out,) if len(indices) > GPUS and index == indices[GPUS - 1] else (),
        )  # fmt: skip
