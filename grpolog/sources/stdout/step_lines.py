"""verl's console lines: `step:3 - actor/lr:1e-06 - critic/score/mean:0.5`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = re.compile(rb"step:(\d{1,12}) - ")
_NAME = re.compile(rb"[\w.@-]+[/:]")
_PAIR = re.compile(
    rb"(.{1,200}?):(?:[a-z]+\.)*(?:[a-z]+\d*\()?"
    rb"([+-]?(?:(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf))(?![\d.])"
)


@dataclass(frozen=True, slots=True)
class StepLine:
    """A line of metrics in a block."""

    start: int
    end: int
    """Its place: the first byte, and the first one behind it."""

    step: int


def step_lines(text: bytes) -> Iterator[StepLine]:
    """The lines of metrics in a block, in order."""
    for match in _START.finditer(text):
        start = match.start()
        if start and (text[start - 1 : start].isalnum() or text[start - 1] in b"_/-.'\"("):
            continue
        end = _end(text, match.end())
        first = text[match.end() : end].split(b" - ", 1)[0]
        if _NAME.match(first) and _PAIR.match(first):
            yield StepLine(start, end, int(match[1]))


def read_step_line(text: bytes) -> dict[str, float]:
    """The values of a line; of one that other output is glued to, those that are whole."""
    return dict(filter(None, map(_pair, text.decode("utf-8", "replace").split(" - ")[1:])))


def _pair(piece: str) -> tuple[str, float] | None:
    key, _, value = piece.rpartition(":")
    if ":" not in key:
        try:
            return key, float(value)
        except ValueError:  # np.float64(0.5), or other output behind the number
            pass
    match = _PAIR.match(piece.encode())
    return (match[1].decode(), float(match[2])) if match else None


def _end(text: bytes, start: int) -> int:
    newline = text.find(b"\n", start)
    stop = newline if newline >= 0 else len(text)
    carriage = text.find(b"\r", start, stop)
    return carriage if carriage >= 0 else stop
