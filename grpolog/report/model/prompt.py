"""Prompts over a run as values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt over the run; scores are pass rates or mean totals, as `PromptSet.score` says."""

    prompt_id: str
    """Hash of the prompt, the same in every run."""

    row_id: str
    """Its row in the dataset; empty when unknown."""

    source: str
    """Where it comes from; empty when unknown."""

    text: str
    """Its beginning, where an example of the log holds it, else empty."""

    visits: int
    """Generations in which it came up."""

    completions: int
    """Answers over all visits."""

    passes: int | None
    """Answers that solved it; null when unknown."""

    first: float | None
    """Score of the first visit."""

    best: float | None
    """The best score before the newest."""

    best_step: int | None
    """Step of the best score; null for a prompt that came up once."""

    last: float | None
    """Score of the newest visit."""

    last_step: int
    """Step of the newest visit."""

    swing: float | None
    """Mean change of the score from visit to visit, less the net change; null below three visits."""

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
    """What is true of them, a few words."""

    about: str
    """The same as a sentence."""

    rows: tuple[PromptRow, ...]
    """The most telling prompts."""

    found: int
    """Prompts that it is true of, of which `rows` are the most telling."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The prompts of one source."""

    source: str
    """Empty for prompts without one."""

    prompts: int
    """How many."""

    completions: int
    """Answers to all of them."""

    never: int
    """Prompts of which no answer was right."""

    sometimes: int
    """Prompts of which some answers were right."""

    always: int
    """Prompts of which every answer was right."""

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
    """Unique in the report: letters, digits and hyphens."""

    where: str
    """`Training`, or which evaluation."""

    score: Literal["pass rate", "total reward"]
    """What prompts are measured by."""

    prompts: int
    """How many."""

    groups: int
    """Groups of them that were generated."""

    counts: tuple[tuple[str, int], ...]
    """Prompts never, sometimes and always solved, and those of which this is unknown."""

    notes: tuple[str, ...]
    """What a reader has to know, sentences."""

    tables: tuple[PromptTable, ...]
    """Prompts that something is true of."""

    sources: tuple[SourceRow, ...]
    """Empty where the log names no source."""

    sources_left_out: int = 0
    """Sources that the table has no room for."""
