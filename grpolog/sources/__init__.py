"""Foreign logs, recognised by their content and read as the events of ours."""

from collections.abc import Iterator
from pathlib import Path

from grpolog.events import Event
from grpolog.sources import hf_state, stdout, trl_completions, verl
from grpolog.sources.assemble import events_of
from grpolog.sources.sample import Format, Note, Sample

FORMATS: tuple[Format, ...] = (
    trl_completions.FORMAT,
    stdout.FORMAT,
    hf_state.FORMAT,
    verl.METRICS,
    verl.DUMP,
)
"""All formats, those that are surest to recognise first."""

__all__ = ["FORMATS", "Format", "Note", "Sample", "recognise", "source_events"]


def recognise(path: Path) -> Format | None:
    """The format that a file or folder holds, by its content; None when nobody knows it.

    Raises:
        LogError: the path cannot be opened.
    """
    sample = Sample(path)
    return next((form for form in FORMATS if form.recognises(sample)), None)


def source_events(path: Path, form: Format, note: Note) -> Iterator[Event]:
    """The events of a foreign log, in the order of writing.

    Args:
        path: a file or folder that holds `form`.
        form: its format.
        note: takes what could not be read.

    Raises:
        LogError: nothing can be read.
    """
    return events_of(form.read(path, note), path, form.name, note)
