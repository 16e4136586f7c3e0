"""What the audit of a log of another program says besides: where it comes from, and what it cannot tell."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from grpolog.analysis.missing_keys import MissingKey, not_judged
from grpolog.events import RunEvent


def foreign_sentences(
    info: RunEvent | None,
    names: list[str],
    events: Mapping[str, pl.DataFrame],
    repeated: int,
    missing: Sequence[MissingKey] = (),
) -> Iterator[str]:
    """Sentences about a log that was imported; none about a log of ours.

    Args:
        info: the run event of the newest attempt.
        names: the metrics that the log holds.
        events: by event its flat table.
        repeated: rows that stood there twice.
        missing: metrics that should be there, of which is said elsewhere what they would tell.
    """
    if info is None or info.capture != "imported":
        return
    framework = info.framework or "an unknown framework"
    version = (info.versions or {}).get(info.framework or "")
    source = (info.capture_note or "imported").partition(" from ")[0]
    yield f"{source[:1].upper()}{source[1:]}; {framework}{f' {version}' if version else ', version unknown'}."
    if repeated:
        yield f"{repeated:,} repeated rows or completions were left out."
    logged, sampled = _steps(events["step"]), _steps(events["quality"])
    if not sampled:
        yield "No completion was recorded: what the model writes cannot be judged."
    elif logged:
        yield f"Completions are there of {len(sampled & logged):,} of {len(logged):,} logged steps of training."
    lacking = [what for what in not_judged(names) if what not in {key.not_judged for key in missing}]
    if not any(name.startswith("eval_") for name in names):
        lacking.append("evaluation")
    if lacking:
        yield f"Not in this log, and so not judged: {', '.join(lacking)}."


def _steps(table: pl.DataFrame) -> set[int]:
    return set(table.filter(pl.col("mode") == "train")["step"].to_list())
