"""TensorBoard's event messages: the numbers and texts of each.

Numbers are `simple_value`, or tensors of one element from newer writers (the `scalars` plugin). A tensor's plugin is
named with the first value of its tag only.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Final

from grpolog.sources.protobuf import BYTES, FIXED32, VARINT, double, fields, signed, text
from grpolog.sources.tensorboard.tensor import element

_PLAIN: Final = re.compile(
    rb"\x09(.{8})"  # time
    rb"(?:\x10([\x80-\xff]{0,9}[\x00-\x7f]))?"  # step, left out where it is 0
    rb"\x2a([\x00-\x7f])\x0a([\x00-\x7f])\x0a([\x00-\x7f])(.*)\x15(.{4})",  # one value: tag and simple_value
    re.DOTALL,
)
"""A single number as all writers put it, with lengths below 128: nearly every record."""

_NUMBERS: Final = frozenset({"scalars", ""})
"""Plugins whose tensors are numbers by step."""

_DOUBLE: Final = struct.Struct("<d")
_FLOAT: Final = struct.Struct("<f")


Values = list[tuple[str, float | str]]
"""Numbers and texts by tag."""


@dataclass(slots=True)
class Reader:
    """Reads the events of one file in their order."""

    _plugins: dict[str, str] = field(default_factory=dict)

    def numbers(self, data: bytes) -> tuple[float, int, Values]:
        """Unix time, step, and the numbers and texts by tag of one event.

        Raises:
            ValueError: the bytes are no event.
        """
        match = _PLAIN.fullmatch(data)
        if match is not None:
            time, step, summary, value, size, tag, number = match.groups()
            if len(tag) == size[0] and size[0] + 7 == value[0] and value[0] + 2 == summary[0]:
                found: Values = [(tag.decode("utf-8", "replace"), _FLOAT.unpack(number)[0])]
                return _DOUBLE.unpack(time)[0], _step(step), found
        return self._event(data)

    def _event(self, data: bytes) -> tuple[float, int, Values]:
        time, step = 0.0, 0
        values: Values = []
        for number, wire, integer, inside in fields(data):
            if number == 1 and len(inside) == 8:
                time = double(inside)
            elif number == 2 and wire == VARINT:
                step = signed(integer)
            elif number == 5 and wire == BYTES:
                for place, _, _, content in fields(inside):
                    value = self._value(content) if place == 1 else None
                    if value is not None:
                        values.append(value)
        return time, step, values

    def _value(self, data: bytes) -> tuple[str, float | str] | None:
        """Tag and content of a value; None for pictures, histograms and the like."""
        tag, tensor = "", None
        found: float | str | None = None
        for number, wire, _, inside in fields(data):
            if number == 1:
                tag = text(inside)
            elif number == 2 and wire == FIXED32:
                found = _FLOAT.unpack(inside)[0]
            elif number == 8:
                tensor = inside
            elif number == 9:
                self._plugins.setdefault(tag, _plugin(inside))
        if found is None and tensor is not None:
            found = element(tensor)
            if isinstance(found, float) and self._plugins.get(tag, "") not in _NUMBERS:
                found = None
        return None if found is None else (tag, found)


def _step(data: bytes | None) -> int:
    if data is None:
        return 0
    if len(data) == 1:
        return data[0]
    return signed(sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data)) & 0xFFFFFFFFFFFFFFFF)


def _plugin(metadata: bytes) -> str:
    """The name in `SummaryMetadata`."""
    for number, wire, _, inside in fields(metadata):
        if number == 1 and wire == BYTES:
            return next((text(name) for place, _, _, name in fields(inside) if place == 1), "")
    return ""
