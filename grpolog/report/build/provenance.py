"""What a report rests on: how complete the log is, which files it is, how the numbers are made."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import grpolog
from grpolog.analysis import Run
from grpolog.report.curves import EXACT
from grpolog.report.text import cut

LOSSES = 60
"""Losses that are named at most."""

SENTENCE = 2_000
"""Characters of a sentence of the audit at most; it may list hundreds of metrics."""

PARTS = 6
"""Files of the log that are named at most."""

HASHED_BYTES = 256 * 2**20
"""Parts are hashed up to so many bytes in all; hashing more would take longer than reading the log."""


def audit_lines(run: Run) -> tuple[str, ...]:
    """The audit in sentences, then what was lost and where, then how the replay of alerts differs."""
    audit = run.audit
    losses = [str(loss) for loss in audit.losses[:LOSSES]]
    total = sum(audit.losses_by_kind.values())
    if len(audit.losses) > LOSSES:
        losses.append(f"{len(audit.losses) - LOSSES:,} more places are not named here, {total:,} losses in all.")
    agreed = (run.replay.alerts["origin"] == "both").any() and not run.replay.differences
    replayed = ("Alerts judged once more are the same as those recorded.",) if agreed else run.replay.differences
    return (*(cut(sentence, SENTENCE) for sentence in audit.sentences()), *losses, *replayed)


def about(run: Run, generated_at: str | None) -> tuple[tuple[str, str], ...]:
    """How to read the report, and what it was made from."""
    return tuple(_about(run, generated_at))


def _about(run: Run, generated_at: str | None) -> Iterator[tuple[str, str]]:
    if run.redaction is not None:
        yield "Redacted", f"{str(run.redaction).capitalize()} were taken out to share the report; all numbers stand."
    yield "Numbers", "First and last are means over the first and the last tenth of the values that are finite."
    drawn = (
        f"Up to {EXACT:,} values every one counts; longer series are means over equal spans of steps, and the band "
        "goes from the lowest to the highest value. Dotted lines are steps that a later attempt replaced."
    )
    yield "Lines", drawn
    yield "Sources", "Rewards and texts cover every recorded completion; other metrics are as the trainer logged them."
    yield "Read it yourself", f'grpolog.read("{run.path.name}"), or jq, polars and DuckDB: each line is one JSON event.'
    versions = ", ".join(str(version) for version in run.audit.format_versions)
    yield "Log format", f"version {versions}, written by grpolog {', '.join(run.audit.grpolog_versions) or 'unknown'}"
    yield "Report", f"grpolog {grpolog.__version__}{f', {generated_at}' if generated_at else ''}"
    yield from _files(run)


def _files(run: Run) -> Iterator[tuple[str, str]]:
    """The parts of the log with size and SHA-256, the newest last."""
    paths = run.location.files
    if len(paths) > PARTS:
        yield "Parts", f"{len(paths):,}, of which the last {PARTS} are named"
    left = HASHED_BYTES
    for path in paths[-PARTS:]:
        try:
            size = path.stat().st_size
            left -= size
            digest = f", SHA-256 {_sha256(path)}" if left >= 0 else ""
        except OSError:
            continue
        yield path.name, f"{size:,} bytes{digest}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
