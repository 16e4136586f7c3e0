"""The audit: what a log holds, and what it ought to hold and does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from grpolog.analysis.history import Histories
from grpolog.analysis.losses import HARMLESS
from grpolog.analysis.missing_keys import MissingKey, sentence_of
from grpolog.analysis.sequence import Gap
from grpolog.errors import Loss


@dataclass(frozen=True, slots=True)
class NonFinite:
    """How often a metric was NaN or infinite."""

    count: int
    first_step: int


@dataclass(frozen=True, slots=True)
class Audit:
    """How complete a log is."""

    format_versions: tuple[int, ...]
    """Major versions of the format."""

    grpolog_versions: tuple[str, ...]
    """Versions of grpolog that wrote it, in the order of writing."""

    attempts: int

    ranks: tuple[int, ...]
    """Ranks whose events are there."""

    world_size: int | None
    """Ranks that trained; None when unknown."""

    parts: int

    events: dict[str, int]
    """Lines by event, unknown ones included."""

    first_step: int | None
    """First step of training that an event that still counts belongs to; None without any."""

    last_step: int | None

    missing_steps: tuple[tuple[int, int], ...]
    """Steps between two covered ones that lie further apart than is usual in this log: first and last of each."""

    generations: int
    """Generations recorded, those of superseded steps included."""

    completions: int
    """Completions whose statistics were recorded, in these generations."""

    non_finite: dict[str, NonFinite]
    """By metric, where there was any."""

    gaps: tuple[Gap, ...]
    """Events that are missing by their numbers."""

    losses: tuple[Loss, ...]
    """What could not be read, or was corrected; at most 100 of a kind are named."""

    losses_by_kind: dict[str, int]
    """All of them, counted."""

    missing_keys: tuple[MissingKey, ...] = ()
    """Metrics that the framework always logs and that are not in the log."""

    foreign: tuple[str, ...] = ()
    """What is to be said of a log of another program: its origin, and what it cannot tell."""

    @property
    def missing_events(self) -> int:
        """Events that are missing by their numbers."""
        return sum(gap.count for gap in self.gaps)

    @property
    def complete(self) -> bool:
        """Whether every event that was recorded could be found and read."""
        return self.losses_by_kind.keys() <= HARMLESS

    def sentences(self) -> list[str]:
        """The audit in short sentences for a report; the first says whether the log is complete."""
        return list(_sentences(self))


def covered_steps(events: dict[str, pl.DataFrame]) -> tuple[int | None, int | None, tuple[tuple[int, int], ...]]:
    """First and last step of training, and the gaps between, over rows that are not superseded."""
    steps = (
        pl.concat(
            table.filter(~pl.col("superseded"), *([pl.col("mode") == "train"] if "mode" in table.columns else []))
            .select("step")
            .unique()
            for event, table in events.items()
            if event in ("step", "reward", "quality", "perf")
        )["step"]
        .unique()
        .sort()
    )
    if steps.is_empty():
        return None, None, ()
    ahead = steps.diff().drop_nulls()
    wide = ahead > (ahead.median() or 0)
    gaps = [(a + 1, b - 1) for a, b in zip(steps.head(-1).filter(wide), steps.slice(1).filter(wide), strict=True)]
    return steps[0], steps[-1], tuple(gaps)


def recorded(events: dict[str, pl.DataFrame]) -> tuple[int, int]:
    """Generations and completions in quality events, in those of the total reward where there are none."""
    table = events["quality"]
    if table.is_empty():
        table = events["reward"].filter(pl.col("name") == "total")
    return table.height, int(table["n"].sum())


def non_finite(histories: Histories) -> dict[str, NonFinite]:
    """The metrics that were NaN or infinite at a step, superseded ones included."""
    found = {}
    for name in histories.names:
        values = histories.history(name, superseded=True)
        steps = values.filter(~pl.col("value").is_finite())["step"]
        if len(steps):
            found[name] = NonFinite(len(steps), steps[0])
    return found


def _sentences(audit: Audit) -> Iterator[str]:
    yield from _of_the_log(audit)
    if audit.missing_keys:
        yield sentence_of(audit.missing_keys)
    yield from audit.foreign


def _of_the_log(audit: Audit) -> Iterator[str]:
    if audit.complete:
        read = "All that the log holds" if audit.foreign else "The log is complete: every recorded event"
        yield f"{read} could be read."
    else:
        yield f"The log is not complete: {_listed(audit, harmless=False)}."
    if any(kind in HARMLESS for kind in audit.losses_by_kind):
        yield f"Read with corrections that lose nothing recorded: {_listed(audit, harmless=True)}."
    total = sum(audit.events.values())
    yield f"{_count(total, 'event')} in {_count(audit.parts, 'part')} from {_count(audit.attempts, 'attempt')}."
    if audit.world_size is not None and len(audit.ranks) < audit.world_size:
        yield f"Events of {len(audit.ranks)} of {audit.world_size} ranks are there."
    if audit.first_step is None:
        yield "No step of training was recorded."
    elif audit.first_step == audit.last_step:
        yield f"Step {audit.first_step}."
    else:
        yield f"Steps {audit.first_step} to {audit.last_step}{_missing_steps(audit.missing_steps)}."
    if audit.generations:
        yield f"{_count(audit.completions, 'completion')} in {_count(audit.generations, 'generation')}."
    if audit.non_finite:
        each = ", ".join(f"{n} ({_times(v.count)}, first at step {v.first_step})" for n, v in audit.non_finite.items())
        yield f"Not finite: {each}."


def _listed(audit: Audit, *, harmless: bool) -> str:
    kinds = {kind: n for kind, n in audit.losses_by_kind.items() if (kind in HARMLESS) == harmless}
    return ", ".join(f"{kind} ({n})" for kind, n in sorted(kinds.items()))


def _missing_steps(gaps: Sequence[tuple[int, int]]) -> str:
    if not gaps:
        return ""
    shown = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in gaps[:5])
    return f", without {shown}" + (f" and {len(gaps) - 5} more gaps" if len(gaps) > 5 else "")


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")
