"""What a file that is no grpolog log looks like, in a few words for the error message."""

import codecs
from pathlib import Path
from typing import Any, Final

import orjson

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources import by_step
from grpolog.sources.sample import Sample
from grpolog.sources.stdout import is_training_text

_SAMPLE: Final = 2**20
_UNREAD: Final = "no log that grpolog reads (grpolog import --list-formats)"
_MAGIC: Final = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a picture",
}


def describe(path: Path) -> tuple[str, int | None]:
    """What the file is, and the line that shows it, None where no line does."""
    try:
        sample = jsonl.beginning(path, _SAMPLE)
    except jsonl.BROKEN as error:
        return f"cannot be read: {error}", None
    if not sample.strip():
        return "is empty", None
    for magic, what in _MAGIC.items():
        if sample.startswith(magic):
            return f"is {what}", None
    if b"\0" in sample or not _is_text(sample):
        return "is a binary file", None
    return _of_text(sample)


def not_a_log(path: Path) -> LogError:
    """The error for a file without a single event, and of no other format."""
    what, line = describe(path)
    if what == "is empty":
        return LogError("is empty: nothing was recorded, or not yet", path)
    numbers = by_step.unnamed_numbers(Sample(path))
    if numbers is not None:
        return LogError(numbers, path)
    return LogError(f"{what}, {_UNREAD}" if what.startswith("is ") else what, path, line)


def _is_text(sample: bytes) -> bool:
    try:  # the sample may end within a character
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return False
    return True


def _of_text(sample: bytes) -> tuple[str, int | None]:
    try:
        return f"is {_kind(orjson.loads(sample))}", None
    except orjson.JSONDecodeError:
        pass
    number, line = next((n, t) for n, t in enumerate(sample.split(b"\n"), start=1) if t.strip())
    try:
        return f"is {_kind(orjson.loads(line))}, one a line", number
    except orjson.JSONDecodeError:
        if line.startswith(b'{"v":'):
            return "holds no whole event, only a torn line", number
        start = line.decode(errors="replace")[:40]
        if b'"log_history"' in sample:
            return "is a trainer_state.json of Hugging Face", None
        if sample.lstrip()[:1] in b"{[":
            return "is JSON over several lines", None
        if is_training_text(sample.decode(errors="replace")):
            return "text of a training run without metric rows", None
        return f"is text, beginning with {start!r}", number


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        if "log_history" in value:
            return "a trainer_state.json of Hugging Face"
        if value.keys() == {"step", "data"}:
            return "a metrics file of verl"
        keys = ", ".join(map(repr, list(value)[:6]))
        return f"JSON with the keys {keys}" if keys else "an empty JSON object"
    if isinstance(value, list) and value and isinstance(value[0], dict) and "step" in value[0]:
        return "a log_history of Hugging Face"
    return f"JSON ({type(value).__name__})"
