"""What one event file holds: its numbers as columns, its texts by tag."""

from array import array
from dataclasses import dataclass, field
from pathlib import Path

from grpolog import jsonl
from grpolog.sources.sample import Note
from grpolog.sources.tensorboard.framing import records
from grpolog.sources.tensorboard.summary import Reader


@dataclass(slots=True)
class Content:
    """The numbers of an event file in the order of writing, one entry for each value."""

    path: Path
    tags: dict[str, int] = field(default_factory=dict)
    """Number of each tag."""

    tag: "array[int]" = field(default_factory=lambda: array("q"))
    """Number of the tag."""

    step: "array[int]" = field(default_factory=lambda: array("q"))
    value: "array[float]" = field(default_factory=lambda: array("d"))
    time: "array[float]" = field(default_factory=lambda: array("d"))
    """Unix time, seconds."""

    record: "array[int]" = field(default_factory=lambda: array("q"))
    """Number of the record in the file, from 1."""

    texts: dict[str, str] = field(default_factory=dict)
    """The first text of each tag."""

    begun: float = 0.0
    """Unix time of the first record, 0 when none says one."""


def content_of(path: Path, note: Note) -> Content:
    """Read an event file; damage is noted and passed over.

    Raises:
        LogError: it cannot be opened.
    """
    content, reader = Content(path), Reader()
    tags, add_tag, add_step = content.tags, content.tag.append, content.step.append
    add_value, add_time, add_record = content.value.append, content.time.append, content.record.append
    with jsonl.open_part(path) as file:
        for number, data in records(file, path, note):
            try:
                time, step, values = reader.numbers(data)
            except ValueError as error:
                note("invalid line", path, number, f"a record that is no event was left out: {error}")
                continue
            content.begun = content.begun or time
            for tag, value in values:
                if isinstance(value, str):
                    content.texts.setdefault(tag, value)
                    continue
                add_tag(tags.setdefault(tag, len(tags)))
                add_step(step)
                add_value(value)
                add_time(time)
                add_record(number)
    return content
