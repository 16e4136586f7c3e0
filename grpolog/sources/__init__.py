"""Foreign logs, recognised by their content and read as the events of ours."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from grpolog.events import Event
from grpolog.sources import (
    by_step,
    hf_state,
    nemo_rl,
    notebook,
    prime_rl,
    printed,
    scored,
    stdout,
    tensorboard,
    tinker,
    trl_completions,
    verl,
    wandb,
)
from grpolog.sources.assemble import Record, events_of, records_of
from grpolog.sources.part import StepRow
from grpolog.sources.sample import Format, Note, Sample

FORMATS: tuple[Format, ...] = (
    trl_completions.FORMAT,
    nemo_rl.FORMAT,
    prime_rl.FORMAT,
    tinker.FORMAT,
    verl.DUMP,
    scored.FORMAT,
    notebook.FORMAT,
    wandb.HISTORY,
    stdout.FORMAT,
    hf_state.FORMAT,
    tensorboard.FORMAT,
    wandb.OFFLINE,
    wandb.SUMMARY,
    verl.METRICS,
    *by_step.FORMATS,
    printed.FORMAT,
)
"""All formats, those that are surest to recognise first."""

__all__ = ["FORMATS", "Format", "Note", "Record", "Sample", "StepRow", "recognise", "source_events", "source_records"]


def recognise(path: Path, mapping: Mapping[str, str] | None = None) -> Format | None:
    """The format that a file or folder holds, by its content; None when nobody knows it.

    Args:
        path: a file or folder.
        mapping: our names by foreign keys, where the user says what these mean.

    Raises:
        LogError: the path cannot be opened.
    """
    sample = Sample(path, mapping or {})
    return next((form for form in FORMATS if form.recognises(sample)), None)


def source_events(path: Path, form: Format, note: Note, mapping: Mapping[str, str] | None = None) -> Iterator[Event]:
    """The events of a foreign log, in the order of writing; see `source_records`."""
    yield from events_of(source_records(path, form, note, mapping))


def source_records(path: Path, form: Format, note: Note, mapping: Mapping[str, str] | None = None) -> Iterator[Record]:
    """The events of a foreign log, in the order of writing; the rows of numbers as they are, which is much faster.

    Args:
        path: a file or folder that holds `form`.
        form: its format.
        note: takes what could not be read.
        mapping: our names by foreign keys, `step` included, where the user says what these mean.

    Raises:
        LogError: nothing can be read.
    """
    mapping = mapping or {}
    items = form.read(path, note, mapping) if form.maps else form.read(path, note)
    return records_of(items, path, form.name, note, mapping)
