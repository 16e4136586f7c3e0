"""The short facts under the title."""

from grpolog.analysis import Run
from grpolog.report.build.phrases import seconds_spent, started
from grpolog.report.numbers import count, duration


def subtitle(run: Run) -> tuple[str, ...]:
    """Trainer, model, length and start of a run; what is not known is left out."""
    info = run.info
    last = run.audit.last_step
    seconds = seconds_spent(run)
    facts = (
        (info.trainer or info.framework or "") if info else "",
        (info.model or "") if info else "",
        count(last, "step") if last is not None else "no step",
        count(run.audit.completions, "completion") if run.audit.completions else "",
        duration(seconds) if seconds else "",
        f"started {started(run)}" if started(run) else "",
        f"grpolog {info.grpolog_version}" if info else "",
        f"redacted: {run.redaction}" if run.redaction is not None else "",
    )
    return tuple(fact for fact in facts if fact)
