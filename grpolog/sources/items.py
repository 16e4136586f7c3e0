"""What a foreign log holds, item by item in its own order: the words that all formats share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from grpolog.events import Mode

if TYPE_CHECKING:
    from grpolog.generation.batch import Batch, Scoring


@dataclass(frozen=True, slots=True)
class Opening:
    """A run, or another start of one, begins. Without one the run begins with its first row."""

    framework: str | None = None
    """Name of the framework, as the vocabulary knows it; None leaves what was known before."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of packages, where the source tells them."""

    description: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the run event: `config`, `model`, `max_steps`, `group_size`, ..."""

    continues_from: int | None = None
    """The step whose checkpoint the source says was read, 0 for none; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of numbers, by the framework's own keys."""

    values: Mapping[str, Any]
    """Numbers, NaN and infinities included; what is no number is counted and left out."""

    step: int | None
    """Optimizer step; None where the source has none: rows are then counted from 1."""

    line: int | None = None
    """Its line in the file, from 1, or the number of its record."""

    time: float | None = None
    """Unix time, seconds; None when unknown."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The source says how the run ended."""

    status: Literal["finished", "stopped", "failed"]
    error: str | None = None
    """The last line of a traceback, or what killed it."""

    totals: Mapping[str, float] | None = None
    """Numbers over the whole run."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Completions of one generation, or of what a dump kept of it."""

    step: int
    """Optimizer step that they are learned in; in an evaluation the updates made so far."""

    batch: "Batch"
    scoring: "Scoring"
    mode: Mode = "train"
    eval_name: str | None = None
    has_texts: bool = True
    """Whether prompts and completions are there to be read; else only rewards and groups can be counted."""


Item = Opening | Row | Generation | Closing
