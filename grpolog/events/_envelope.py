"""The fields that every event carries."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Final = 1
"""Major version of the log format, written as `v`. A newer minor version only adds fields.

1: first version.
"""

Mode = Literal["train", "eval"]
"""Whether completions were sampled to learn from them (train) or to measure the model (eval)."""


class Envelope(BaseModel):
    """What every line of a log begins with."""

    # Strict when writing: an unknown field is a bug of ours. Readers pass `extra="ignore"` and count.
    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    v: Literal[1] = SCHEMA_VERSION
    """Major version of the schema."""

    event: str
    """Type of the event."""

    step: int = Field(ge=0)
    """Optimizer step of the row that the event belongs to: in training the step that these completions are
    learned in (the first update is step 1), in evaluation the number of updates made so far."""

    time: float = 0.0
    """Unix time of writing, seconds, UTC; 0 when unknown, in logs that were imported from another program."""

    attempt: int = Field(default=0, ge=0)
    """Number of the training start on this log, from 0."""

    seq: int = Field(default=0, ge=0)
    """Number of the event within attempt and rank, from 0. An event that could not be written consumes its
    number, so a gap means loss."""

    rank: int = Field(default=0, ge=0)
    """Rank of the process that wrote the event."""

    non_finite: dict[str, Literal["nan", "inf", "-inf"]] | None = None
    """JSON pointer of each field whose number was not finite, and what it was; the field itself is null.
    Absent when all numbers are finite."""


class GenerationEnvelope(Envelope):
    """What events about one generation (one batch of sampled completions) carry besides."""

    mode: Mode = "train"
    """train or eval."""

    eval_name: str | None = None
    """Name of the eval set, absent unless there are several."""

    generation: int | None = Field(default=None, ge=0)
    """Number of the generation within the attempt, from 0, over training and evaluation. Absent where the
    framework does not tell generations apart."""
