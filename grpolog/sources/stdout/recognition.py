"""Whether a file holds what a training wrote to its terminal, by its content."""

import re
from itertools import islice
from typing import Final

import orjson

from grpolog.sources.sample import HEAD_BYTES, Sample, silent
from grpolog.sources.stdout.blocks import Block, cleaned, read_blocks
from grpolog.sources.stdout.rows import DictRow
from grpolog.sources.stdout.step_lines import StepLine
from grpolog.sources.stdout.survey import rows_of
from grpolog.sources.text_file import UTF16

_SEARCHED: Final = 256
"""Blocks, about a MiB each, that are searched for the first row."""

_CODE = re.compile(
    rb"(?i)\s*(?:#!|import |from \S+ import |\"\"|''|# ?-\*-|# ?(?:copyright|spdx)|#include|//|/\*|package |use "
    rb"|<\?xml|<!doctype|<html|\[\s*\{|\{\s*\"cells\")"
)
_IMPORT = re.compile(rb"(?m)^(?:import \w|from [\w.]+ import )")
_MARKDOWN = re.compile(rb"\s*(?:#{1,3} |\[!\[|<(?:div|p|h1|img|a|center)\b|---\r?\n|!\[)")
_HEADING = re.compile(rb"(?m)^#{1,3} \w")
_FENCE = re.compile(rb"(?m)^ {0,3}(?:```|~~~)")
_TRAINING = re.compile(
    r"\d%\|[^|\r\n]{0,400}\| *\d+/\d+ \[|[Uu]nsloth|\*{5} Running training|\bvLLM\b|wandb: |<\|[a-z_]+\|>|\bGRPO"
    r"|\(\w+ pid=\d+\)|Traceback \(most recent call last\)|[*-]{20} ?Question:|Streaming output truncated"
)


def recognises(sample: Sample) -> bool:
    """Whether a file is text with a row of metrics that a program printed: no source code, no document, no table."""
    if sample.is_folder or not _is_text(sample.head):
        return False
    head = _head(sample)
    if _is_written(head.text):
        return False
    if _is_json_lines(head.text):
        return b"global_step/max_steps" in head.text and bool(rows_of(head, DictRow))
    if head.text.lstrip().startswith(b"{") and _is_json(head.text):
        return False
    if holds_rows(head):
        return True
    return not head.is_last and any(map(holds_rows, islice(read_blocks(sample.path, silent), _SEARCHED)))


def holds_rows(block: Block) -> bool:
    """Whether a text holds a row of metrics that a program printed."""
    return any(_is_printed(block, row) for row in rows_of(block, None))


def is_training_text(text: str) -> bool:
    """Whether a text without rows of metrics comes from a training all the same: progress, samples, errors."""
    return not _is_written(text.encode("utf-8", "replace")) and _TRAINING.search(text) is not None


def _head(sample: Sample) -> Block:
    """The beginning of a file as a block."""
    head = sample.text.encode("utf-8", "replace") if sample.head.startswith(UTF16) else sample.head
    return Block(cleaned(head.removeprefix(b"\xef\xbb\xbf")), 1, len(sample.head) < HEAD_BYTES)


def _is_text(head: bytes) -> bool:
    """Whether bytes are text; zeros that a full disk or a rotated log left between lines do no harm."""
    if head.startswith(UTF16):
        return True
    head = head.lstrip(b"\0")
    return bool(head) and b"\0" not in head[:512] and head.count(b"\0") * 2 < len(head)


def _is_written(text: bytes) -> bool:
    """Whether people wrote it: source code, Markdown, a document."""
    if _CODE.match(text):
        return True
    if not _MARKDOWN.match(text):
        return False
    return any(pattern.search(text) for pattern in (_IMPORT, _FENCE)) or b"](" in text[:10000]


def _is_json_lines(text: bytes) -> bool:
    """Whether each line is JSON: then other formats know better what it is."""
    lines = [line for line in text[:100_000].split(b"\n", 6)[:5] if line.strip()]
    return bool(lines) and all(map(_is_json, lines))


def _is_json(text: bytes) -> bool:
    """Whether a text is one object of JSON."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _is_printed(block: Block, row: DictRow | StepLine) -> bool:
    """Whether a row begins its line or follows other output on it, and is no example in a document."""
    text = block.text
    begin = text.rfind(b"\n", 0, row.start) + 1
    if not text[begin : row.start].strip(b" \t") and row.start > begin:
        return False
    fences = len(_FENCE.findall(text, 0, row.start))
    return fences % 2 == 0 or _HEADING.search(text, 0, row.start) is None
