"""Foreign logs, recognised by their content and read as the events of ours."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grpolog.events import Event
from grpolog.sources.assemble import Record, events_of, records_of
from grpolog.sources.hf_state import FORMAT, is_state
from grpolog.sources.part import StepRow
from grpolog.sources.sample import Format, Note, Sample

if TYPE_CHECKING:
    from grpolog.sources.formats import FORMATS

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
    if is_state(sample):  # most are, and the modules of all other formats take longer to load than such a file to read
        return FORMAT
    from grpolog.sources.formats import FORMATS

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


def __getattr__(name: str) -> Any:
    if name == "FORMATS":
        from grpolog.sources.formats import FORMATS

        return FORMATS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
