"""What the audit of a log of another program says besides: where it comes from, and what it cannot tell."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from grpolog.analysis.missing_keys import MissingKey, not_judged
from grpolog.events import RunEvent
from grpolog.metrics import SHOWN_BY, Objective


def foreign_sentences(
    info: RunEvent | None,
    names: list[str],
    events: Mapping[str, pl.DataFrame],
    repeated: int,
    missing: Sequence[MissingKey] = (),
    objective: Objective | None = None,
) -> Iterator[str]:
    """Sentences about a log that was imported; none about a log of ours.

    Args:
        info: the run event of the newest attempt.
        names: the metrics that the log holds.
        events: by event its flat table.
        repeated: rows that stood there twice.
        missing: metrics that should be there, of which is said elsewhere what they would tell.
        objective: what is trained where that is not GRPO.
    """
    if info is None or info.capture != "imported":
        return
    version = (info.versions or {}).get(info.framework or "")
    framework = f"{info.framework}{f' {version}' if version else ', version unknown'}"
    source = (info.capture_note or "imported").partition(" from ")[0]
    yield f"{source[:1].upper()}{source[1:]}; {framework if info.framework else 'framework unknown'}."
    if objective is not None:
        yield f"Not a GRPO log: {SHOWN_BY[objective]}."
        return
    if repeated:
        yield f"{repeated:,} repeated rows or completions were left out."
    yield from _of_completions(events)
    lacking = [what for what in not_judged(names) if what not in {key.not_judged for key in missing}]
    if not any(name.startswith("eval_") for name in names):
        lacking.append("evaluation")
    if lacking:
        yield f"Not in this log, and so not judged: {', '.join(lacking)}."


def _of_completions(events: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Of which steps the texts of completions are there."""
    logged, sampled = _steps(events["step"]), _steps(events["quality"])
    if sampled and logged:
        yield f"Completions are there of {len(sampled & logged):,} of {len(logged):,} logged steps of training."
    elif sampled:
        return
    elif events["quality"].height:
        yield "Completions are there of evaluations alone: what the model writes in training cannot be judged."
    elif events["example"].height:
        yield "Completions are there to be read, without rewards: what the model writes cannot be judged."
    else:
        yield "No text of a completion was recorded: what the model writes cannot be judged."


def _steps(table: pl.DataFrame) -> set[int]:
    return set(table.filter(pl.col("mode") == "train")["step"].to_list())
