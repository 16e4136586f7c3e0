"""TensorBoard's event files, alone or as folders, read without TensorFlow.

The numbers of one step become one row; several files are read in the order in which they were begun. Numbers that
frameworks give are 32-bit floats there: 0.1 is 0.10000000149011612.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from grpolog import progress
from grpolog.errors import LogError
from grpolog.sources import tracked
from grpolog.sources.folder import files_below
from grpolog.sources.items import Closing, Item, Opening
from grpolog.sources.lenient_json import loads
from grpolog.sources.sample import Format, Note, Sample
from grpolog.sources.settings import described, versions_in
from grpolog.sources.tensorboard.attempts import Numbers, Step, beginnings, by_step, counted, joined
from grpolog.sources.tensorboard.content import Content, content_of
from grpolog.sources.tensorboard.framing import HEADER, begins_with_record

_ARGUMENTS = "args"
"""Text under which Hugging Face's reporter puts the training arguments."""

_TIME = b"\x09"
"""First byte of an event: the tag of its time."""


def recognises(sample: Sample) -> bool:
    """Whether this is an event file, or a folder with some."""
    return bool(_event_files(sample.path)) if sample.is_folder else _is_event_file(sample.head)


def read(path: Path, note: Note) -> Iterator[Item]:
    """By step the numbers of all files; their configuration and how they ended where they say so."""
    files = [path] if path.is_file() else _event_files(path)
    contents = sorted((content_of(file, note) for file in progress.each(files)), key=lambda content: content.begun)
    contents = [content for content in contents if len(content.tag) or content.texts]
    if not any(len(content.tag) for content in contents):
        raise LogError("holds no number by step", path)
    _refuse_several_runs(contents, path)
    openings, paths = _openings(contents), [content.path for content in contents]
    numbers = counted(joined(contents))
    del contents  # the numbers are a copy
    begins = beginnings(numbers, list(openings))
    framework = tracked.framework_of(numbers.names)
    names = tracked.own_names(framework, numbers.names)
    opening: Opening | None = None
    for begin, end in zip(begins, [*begins[1:], len(numbers.step)], strict=True):
        told = [openings[place] for place in openings if begin <= place < end]
        if told or opening is None:
            opening = _opening(framework, told)
        yield opening
        yield from _attempt(numbers.part(begin, end), names, paths, note)


def _is_event_file(head: bytes) -> bool:
    return begins_with_record(head) and head[HEADER : HEADER + 1] == _TIME


def _event_files(folder: Path) -> list[Path]:
    return files_below(folder, HEADER + 1, _is_event_file)


def _attempt(numbers: Numbers, names: Mapping[str, str], paths: Sequence[Path], note: Note) -> Iterator[Item]:
    """The rows of an attempt, and its end where the trainer logged its closing totals."""
    sets = tracked.eval_sets([names.get(tag, tag) for tag in numbers.used])
    totals: dict[str, float] = {}
    for step in by_step(numbers):
        gathered = tracked.StepRows(sets)
        for call in _calls(step, names):
            gathered.add(call)
        totals |= tracked.taken_totals(gathered.train)
        yield from gathered.rows(step.step, step.record, step.time or None)
        if gathered.repeated:
            what = "a number that was logged again for the same step; the last one counts"
            note(
                "repeated row", paths[step.file], step.record, what, key="numbers logged again", count=gathered.repeated
            )
    if "train_runtime" in totals:
        yield Closing("finished", totals=totals)


def _calls(step: Step, names: Mapping[str, str]) -> Iterator[Mapping[str, float]]:
    """The numbers of a step by own names: together where none is repeated or of an evaluation, else one by one."""
    pairs = [(names[tag], value) for tag, value in zip(step.tags, step.values, strict=True) if tag in names]
    together = dict(pairs)
    if len(together) == len(pairs) and not any(name.startswith("eval_") for name in together):
        yield together
    else:
        yield from ({name: value} for name, value in pairs)


def _openings(contents: Sequence[Content]) -> dict[int, Mapping[str, str]]:
    """The texts of the files that have some, by the place at which the file's numbers begin."""
    found: dict[int, Mapping[str, str]] = {}
    place = 0
    for content in contents:
        if content.texts:
            found[place] = {**found.get(place, {}), **content.texts}
        place += len(content.tag)
    return found


def _opening(framework: str | None, texts: Sequence[Mapping[str, str]]) -> Opening:
    """What the texts say of the run: objects of JSON, as `SummaryWriter.add_text` writes them."""
    config: dict[str, Any] = {}
    for tag, text in (entry for found in texts for entry in found.items()):
        name = tag.removesuffix("/text_summary")
        value = _object(text)
        if value:
            config |= value if name == _ARGUMENTS else {name: value}
    model = config.get("model_config")
    return Opening(framework, versions_in(model if isinstance(model, Mapping) else config), described(config))


def _object(text: str) -> dict[str, Any] | None:
    """The object that a text is, as JSON alone or within a block of Markdown."""
    try:
        value = loads(text.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _refuse_several_runs(contents: Sequence[Content], path: Path) -> None:
    """Folders below that were written at the same time under the same tags are different runs.

    Raises:
        LogError: there are several runs.
    """
    spans: dict[Path, tuple[float, float, set[str]]] = {}
    for content in contents:
        if not len(content.tag):
            continue
        first, last, tags = spans.get(content.path.parent, (content.begun, 0.0, set()))
        spans[content.path.parent] = (
            min(first, content.begun),
            max(last, max(content.time)),
            tags | content.tags.keys(),
        )
    folders = sorted(spans, key=lambda folder: spans[folder][0])
    for before, after in pairwise(folders):
        if spans[after][0] < spans[before][1] and spans[after][2] & spans[before][2]:
            names = ", ".join(str(folder.relative_to(path)) for folder in sorted(spans)[:5])
            raise LogError(f"holds the event files of {len(spans)} runs; give one of them: {names}", path)


FORMAT = Format(
    "tensorboard",
    "event files of TensorBoard, or a folder of them (TRL, OpenRLHF, verl, ... with report_to tensorboard)",
    recognises,
    read,
)
