"""What a log itself says of its losses, and what it therefore need not hold.

The recorder counts in its run events what it could not write, and a repair what it could not save. Numbers that are
missing beyond these were removed.
"""

from collections.abc import Mapping

from grpolog.analysis.integrity.numbering import Gap
from grpolog.analysis.integrity.rank import Rank
from grpolog.events import RunEvent
from grpolog.events.run import UNSAVED

DAMAGED_LINES, CHANGED_PARTS, MISSING_ATTEMPTS, MISSING_RANKS, TORN_LINES = UNSAVED


def recorded_losses(run: RunEvent | None) -> int:
    """Numbers that the recorder of an attempt used up for what it could not write, by its last run event."""
    if run is None:
        return 0
    lost = (run.lost or {}).get("event", 0)  # those before the attempt, which took no number of it, included
    if run.phase == "end" and run.events_written is not None:
        return max(0, min(lost, run.seq + 1 - run.events_written))
    return lost


def declared_losses(run: RunEvent | None) -> int:
    """Numbers of an attempt that may be missing: those, and what a repair could not save."""
    return recorded_losses(run) + ((run.lost or {}).get(DAMAGED_LINES, 0) if run is not None else 0)


def repaired(runs: Mapping[int, RunEvent], kind: str) -> int:
    """How much of a kind a repair says it could not save."""
    return sum((run.lost or {}).get(kind, 0) for run in runs.values())


def note_missing_events(rank: Rank) -> None:
    """Numbers that are missing, as damage where the log does not say itself that they were lost."""
    gaps: dict[int, list[Gap]] = {}
    for gap in rank.numbering.gaps:
        gaps.setdefault(gap.attempt, []).append(gap)
    for attempt, found in gaps.items():
        open_gaps = [gap for gap in found if gap.missing]
        missing = sum(gap.missing for gap in open_gaps)
        declared = declared_losses(rank.runs.get(attempt))
        if missing > declared:
            known = f" (of {missing:,} missing ones the log itself explains {declared:,})" if declared else ""
            for gap in open_gaps:
                what = f"before this line {gap} missing{known}"
                rank.marks.damaged("missing event", gap.path, gap.line, what)
        elif missing:
            what = f"from here on {missing:,} numbers of attempt {attempt} are missing, as the log itself says"
            rank.marks.note("lost in recording", open_gaps[0].path, open_gaps[0].line, what)


def note_declared(rank: Rank) -> None:
    """What the run events say was lost."""
    for attempt, run in sorted(rank.runs.items()):
        lost = {kind: count for kind, count in (run.lost or {}).items() if kind not in UNSAVED}
        path = rank.parts[-1].path
        if lost:
            who = "was imported with losses" if run.capture == "imported" else "counted what it could not record"
            reason = f"; first {run.first_error}" if run.first_error else ""
            what = f"attempt {attempt}, rank {rank.rank} {who}: {_listed(lost)}{reason}"
            rank.marks.note("lost in recording", path, None, what)
        saved = {kind: count for kind, count in (run.lost or {}).items() if kind in UNSAVED}
        if saved:
            what = f"attempt {attempt}, rank {rank.rank} was repaired; not saved: {_listed(saved)}"
            rank.marks.note("repaired", path, None, what)


def _listed(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} ({count:,})" for kind, count in lost.items())
