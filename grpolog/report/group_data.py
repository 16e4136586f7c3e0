"""Recorded groups as data of a page for its script: lines of JSON, deflated, base64.

A group comes as the elements that the page itself has of others, and as the numbers that it is found and sorted by.
All texts are as they will be read (see `elements`). The data can be cut after any group and still be read, which is
how a page stays within its size.
"""

import base64
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from grpolog.report.group_view import Scale, about, answer, line, prompt, scale_of, scores
from grpolog.report.model import Completion, Group, Turn
from grpolog.report.text import one_line

_END: Final = b"\x03\x00"
"""The last block of a deflate stream, empty."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Groups as a deflate stream in pieces, one a group, that can be read without those after it."""

    pieces: tuple[bytes, ...]

    def fitting(self, size: int) -> int:
        """How many groups fit into `size` characters of base64."""
        room, fit = size // 4 * 3 - len(_END), 0
        for piece in self.pieces:
            room -= len(piece)
            if room < 0:
                break
            fit += 1
        return fit

    def text(self, groups: int) -> str:
        """The first `groups` of them, base64; empty for none."""
        return base64.b64encode(b"".join(self.pieces[:groups]) + _END).decode() if groups else ""


def pack(groups: Sequence[Group], size: int) -> Packed:
    """The groups in their order, as many as fit into `size` characters of base64.

    A stream begins with the names of all reward functions. A group is a line with its prompt, if none before it had
    the same, and one of its own, whose completions are in the order of their totals.
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    names = dict.fromkeys(name for group in groups for c in group.completions for name, _ in c.rewards)
    functions = {name: place for place, name in enumerate(names)}
    scale = scale_of(groups)
    prompts: dict[tuple[Turn, ...], int] = {}
    pieces: list[bytes] = []
    room = size // 4 * 3
    for group in groups:
        lines: list[Any] = [] if pieces else [{"functions": [one_line(name, 120) for name in functions]}]
        if group.prompt not in prompts:
            prompts[group.prompt] = len(prompts)
            lines.append(prompt(group))
        lines.append(_group(group, functions, prompts[group.prompt], scale))
        text = b"".join(orjson.dumps(record) + b"\n" for record in lines)
        piece = deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return Packed(tuple(pieces))


def _group(group: Group, functions: dict[str, int], asked: int, scale: Scale) -> dict[str, Any]:
    ranked = group.ranked
    lengths = [c.characters / 4 if c.tokens is None else c.tokens for c in ranked]
    return {
        "key": group.key,
        "step": group.step,
        "where": one_line(group.where, 80),
        "source": one_line(group.source, 80),
        "id": one_line(group.prompt_id, 40),
        "outcome": group.outcome,
        "alert": bool(group.alerts),
        "length": round(sum(lengths) / len(lengths), 1),
        "totals": [_number(completion.total) for completion in ranked],
        "rewards": dict(_rewards(ranked, functions)),
        "line": line(group, scale),
        "about": [*about(group)],
        "prompt": asked,
        "scores": scores(group),
        "answers": [answer(completion) for completion in ranked],
    }


def _rewards(ranked: Sequence[Completion], functions: dict[str, int]) -> Iterator[tuple[str, list[float | None]]]:
    """By place of a function that scored one of them, the rewards of all."""
    paid = [dict(completion.rewards) for completion in ranked]
    for name in dict.fromkeys(name for rewards in paid for name, value in rewards.items() if value is not None):
        yield str(functions[name]), [_number(rewards.get(name)) for rewards in paid]


def _number(value: float | None) -> float | None:
    """Six digits are more than a page shows; what is not finite is none to sort by."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None
