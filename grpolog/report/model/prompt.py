"""Prompts over a run as values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt over the run; scores are pass rates or mean totals, as `PromptSet.score` says."""

    prompt_id: str
    row_id: str
    """Its row in the dataset; empty when unknown."""

    source: str
    text: str
    """Its beginning, where an example of the log holds it, else empty."""

    visits: int
    completions: int
    passes: int | None
    first: float | None
    best: float | None
    """The best score before the newest."""

    best_step: int | None
    last: float | None
    last_step: int
    swing: float | None
    mean: float | None
    """Mean total over all visits."""

    course: tuple[float, ...] = ()
    """Scores of its visits, at most 48 of them; NaN where one is unknown."""

    group: str = ""
    """Key of the newest group of it that the page has."""


@dataclass(frozen=True, slots=True)
class PromptTable:
    """Prompts that something is true of."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    title: str
    about: str
    rows: tuple[PromptRow, ...]
    found: int
    """Prompts that it is true of, of which `rows` are the most telling."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The prompts of one source."""

    source: str
    """Empty for prompts without one."""

    prompts: int
    completions: int
    never: int
    sometimes: int
    always: int
    first: float | None
    """Score over the first tenth of its groups."""

    last: float | None
    """Score over the last tenth."""

    live_share: float | None
    """Share of its groups with an advantage to learn from."""

    mean_length: float | None
    """Tokens."""


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompts of training, or of one evaluation."""

    key: str
    where: str
    """`Training`, or which evaluation."""

    score: Literal["pass rate", "total reward"]
    prompts: int
    groups: int
    counts: tuple[tuple[str, int], ...]
    """Prompts never, sometimes and always solved, and those of which this is unknown."""

    notes: tuple[str, ...]
    tables: tuple[PromptTable, ...]
    sources: tuple[SourceRow, ...]
    """Empty where the log names no source."""

    sources_left_out: int = 0
