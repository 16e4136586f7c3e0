"""TensorBoard's event messages: the numbers and texts of each.

Numbers are `simple_value`, or tensors of one element from newer writers (the `scalars` plugin). A tensor's plugin is
named with the first value of its tag only.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Final

from grpolog.sources.protobuf import BYTES, FIXED32, VARINT, double, fields, signed, text, varint
from grpolog.sources.tensorboard.tensor import element

_PLAIN: Final = re.compile(rb"\x2a([\x00-\x7f])\x0a([\x00-\x7f])\x0a([\x00-\x7f])(.*)\x15", re.DOTALL)
"""What stands between step and number in the event of a single `simple_value`: three lengths and the tag. That is
nearly every record, and these bytes are the same for all numbers of a tag."""

_NUMBERS: Final = frozenset({"scalars", ""})
"""Plugins whose tensors are numbers by step."""

_TIME, _STEP = 0x09, 0x10
"""First bytes of the time and the step of an event."""

_SHORTEST: Final = 20
"""Bytes of an event with a single number, at the least."""

_DOUBLE: Final = struct.Struct("<d")
_FLOAT: Final = struct.Struct("<f")


Values = list[tuple[str, float | str]]
"""Numbers and texts by tag."""


@dataclass(slots=True)
class Reader:
    """Reads the events of one file in their order."""

    _plugins: dict[str, str] = field(default_factory=dict)
    _tags: dict[bytes, str] = field(default_factory=dict)
    """The tag by the bytes of `_PLAIN`."""

    def numbers(self, data: bytes) -> tuple[float, int, Values]:
        """Unix time, step, and the numbers and texts by tag of one event.

        Raises:
            ValueError: the bytes are no event.
        """
        if len(data) < _SHORTEST or data[0] != _TIME:
            return self._event(data)
        step, place = 0, 9
        if data[9] == _STEP:
            step, place = (data[10], 11) if data[10] < 0x80 else varint(data, 10)
        middle = data[place:-4]
        tag = self._tags.get(middle)
        if tag is None:
            tag = _tag(middle)
            if tag is None:
                return self._event(data)
            self._tags[middle] = tag
        return _DOUBLE.unpack_from(data, 1)[0], signed(step), [(tag, _FLOAT.unpack_from(data, len(data) - 4)[0])]

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


def _tag(middle: bytes) -> str | None:
    """The tag in the bytes of `_PLAIN`; None for other bytes."""
    match = _PLAIN.fullmatch(middle)
    if match is None:
        return None
    summary, value, size, tag = match.groups()
    fits = len(tag) == size[0] and size[0] + 7 == value[0] and value[0] + 2 == summary[0]
    return text(tag) if fits else None


def _plugin(metadata: bytes) -> str:
    """The name in `SummaryMetadata`."""
    for number, wire, _, inside in fields(metadata):
        if number == 1 and wire == BYTES:
            return next((text(name) for place, _, _, name in fields(inside) if place == 1), "")
    return ""
