"""A run that was read into frames as what is judged."""

from functools import partial

from grpolog import trends
from grpolog.analysis.case import Case, alert_of
from grpolog.analysis.moments import paces_of
from grpolog.analysis.reading import groups_to_read
from grpolog.analysis.ruling import Ruling
from grpolog.analysis.run import Run


def case_of(run: Run, ruling: Ruling | None = None, baseline: Run | None = None) -> Case:
    """What is judged of a run.

    Args:
        run: the run.
        ruling: live rules, thresholds or facts in the place of those of the log.
        baseline: another run that it is held against.
    """
    judged = run.replay.judged
    if ruling is not None:
        openings = {event.attempt: event for event in reversed(run.runs) if event.rank == 0}
        judged = trends.replay(lambda attempt: ruling.start(openings.get(attempt)), run.replay.attempts)
    fields = [name for name in trends.Alert.__slots__ if name in run.alerts.columns]
    recorded = [(row.pop("attempt"), alert_of(row)) for row in run.alerts.select("attempt", *fields).to_dicts()]
    numbers = run.attempts["attempt"]
    return Case(
        name=run.name,
        runs=run.runs,
        attempts=run.replay.attempts,
        judged=judged,
        recorded=recorded,
        valid_to=dict(run.attempts.select("attempt", "valid_to_step").rows()),
        last_step=run.audit.last_step,
        pulse=run.pulse,
        paces=paces_of(run.tables, numbers[-1] if len(numbers) else 0),
        objective=run.objective,
        groups=partial(groups_to_read, run),
        baseline=None if baseline is None else case_of(baseline),
    )
