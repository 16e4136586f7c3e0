"""Samples that a notebook printed while it trained, without rewards: Unsloth's questions and answers, functions that a
model wrote, conversations with their special tokens.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.generation.batch import Batch, Scoring
from grpolog.sources.items import Generation, Item, Opening
from grpolog.sources.sample import Format, Note, Sample
from grpolog.sources.stdout import is_training_text
from grpolog.sources.text_file import opened

_QUESTION: Final = re.compile(r"[*-]{20,} ?Question: ?")
_LABELS: Final = {"Answer:": "answer", "Response:": "response", "Extracted:": "extracted"}
_ASIDE: Final = ("answer", "extracted")
"""What is printed beside a sample: the right answer, and what was read from the response."""

_FUNCTION: Final = re.compile(r"(?:async )?def \w+\(")
_CONVERSATION: Final = "<|start|>"
_ANSWERS: Final = "<|start|>assistant"
_END: Final = "<|return|>"
_FENCE: Final = "```"
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][0-9A-Z])")
_LONGEST: Final = 200_000
"""Characters of a sample that are kept."""

_FEWEST: Final = 2
"""Functions or conversations that make a file one of samples; a question with its answer and response is sure alone."""


@dataclass(slots=True)
class _Printed:
    """A sample as it was printed."""

    kind: str
    parts: dict[str, list[str]] = field(default_factory=dict)
    size: int = 0

    def add(self, part: str, line: str) -> None:
        self.size += len(line) + 1
        if self.size <= _LONGEST:
            self.parts.setdefault(part, []).append(line)

    def text(self, part: str) -> str:
        return "\n".join(self.parts.get(part, [])).strip()


def recognises(sample: Sample) -> bool:
    """Whether a file without rows of metrics is a training's text with printed samples."""
    if sample.is_folder or not is_training_text(sample.text):
        return False
    kinds = [printed.kind for printed in _samples(iter(sample.lines)) if printed.text("response")]
    return "question" in kinds or len(kinds) >= _FEWEST


def read(path: Path, note: Note) -> Iterator[Item]:
    """The samples in the order of printing, each as a generation of its own without rewards.

    Raises:
        LogError: there is none.
    """
    yield Opening()
    count = 0
    with jsonl.open_part(path) as file:
        for printed in _samples(_lines(opened(file), path, note)):
            if not printed.text("response"):
                continue
            if not count:
                what = "printed samples say neither step nor reward: they are numbered in the order of printing"
                note("corrected value", path, None, what)
            count += 1
            extra: dict[str, list[Any]] = {part: [printed.text(part)] for part in _ASIDE if part in printed.parts}
            yield Generation(count, _batch(printed, extra), Scoring((), ()))
    if not count:
        raise LogError("holds no printed sample", path)


def _batch(printed: _Printed, extra: dict[str, list[Any]]) -> Batch:
    return Batch([printed.text("question")], [printed.text("response")], np.empty((1, 0)), 1, extra=extra)


def _lines(lines: Iterator[str], path: Path, note: Note) -> Iterator[str]:
    count = 0
    try:
        for line in lines:
            count += 1
            yield line.rstrip("\r\n")
    except jsonl.BROKEN as error:
        note("cut-off part", path, count + 1, f"the compressed file ends early: {error}")


def _samples(lines: Iterator[str]) -> Iterator[_Printed]:
    """The samples of a text, one after the other."""
    now: _Printed | None = None
    part = before = ""
    for line in lines:
        text = _ESCAPES.sub("", line) if "\x1b" in line else line
        begun = None if now is not None and now.kind == "conversation" and _is_said(text, before) else _begun(text)
        before = text.strip() or before
        if now is not None and (begun is not None or _ends(now, part, text)):
            yield now
            now = None
        if begun is not None:
            now, part = begun
        elif now is not None and now.kind == "conversation":
            part = _converse(now, part, text)
            if _END in text:
                yield now
                now = None
        elif now is not None and now.kind == "question" and text.strip() in _LABELS:
            part = _LABELS[text.strip()]
            now.add(part, "")
        elif now is not None:
            now.add(part, text)
    if now is not None:
        yield now


def _is_said(text: str, before: str) -> bool:
    """Whether a line goes on with a conversation. One that broke off ends with the next one, or where a function begins
    without a fence.
    """
    return not text.startswith(_CONVERSATION) and (not _FUNCTION.match(text) or _FENCE in before)


def _begun(text: str) -> tuple[_Printed, str] | None:
    """The sample that a line begins, and the part that follows."""
    question = _QUESTION.match(text)
    if question:
        printed = _Printed("question")
        printed.add("question", text[question.end() :])
        return printed, "question"
    if _CONVERSATION in text:
        printed = _Printed("conversation")
        return printed, _converse(printed, "question", text[text.index(_CONVERSATION) :])
    if _FUNCTION.match(text):
        printed = _Printed("function")
        printed.add("response", text)
        return printed, "response"
    return None


def _ends(printed: _Printed, part: str, text: str) -> bool:
    """Whether a sample is over before a line: a function at the first line of something else, a question after what
    was extracted from its response.
    """
    if printed.kind == "function":
        return text != "" and text == text.lstrip() and not text.startswith((")", "]", "}"))
    return part == "extracted" and len(printed.parts.get(part, [])) > 1


def _converse(printed: _Printed, part: str, text: str) -> str:
    """Add a line of a conversation; the part that the next one belongs to."""
    before, answers, after = text.partition(_ANSWERS)
    if part == "question" and answers:
        printed.add("question", before)
        printed.add("response", answers + after)
        return "response"
    printed.add(part, text)
    return part


FORMAT = Format(
    "printed_samples",
    "samples printed by a training (Unsloth's notebooks) whose text holds no row of metrics: examples to be read",
    recognises,
    read,
)
