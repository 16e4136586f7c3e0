"""TensorFlow's tensor messages of one element, in the ways in which they can hold it."""

import struct
from typing import Final

from grpolog.sources.protobuf import BYTES, VARINT, fields, signed, text, varint

_STRING: Final = 7
_BFLOAT16: Final = 14

_RAW: Final = {
    1: "<f", 2: "<d", 3: "<i", 4: "<B", 5: "<h", 6: "<b", 9: "<q", 10: "<?", 17: "<H", 19: "<e", 22: "<I",
    _BFLOAT16: "<H",
}  # fmt: skip
"""How an element of each type lies in `tensor_content`."""

_SHAPE, _CONTENT, _FLOATS, _DOUBLES, _STRINGS, _HALVES = 2, 4, 5, 6, 8, 13
_INTEGERS: Final = frozenset({7, 10, 11, 16, 17})


def element(tensor: bytes) -> float | str | None:
    """The element of a `TensorProto` that has exactly one, as a number or text; None for any other.

    Raises:
        ValueError: the bytes are no tensor.
    """
    kind, found, count = 0, None, 0
    value: float | str | None
    for number, wire, integer, inside in fields(tensor):
        if number == 1:
            kind = integer
            continue
        if number == _SHAPE:
            if _size(inside) != 1:
                return None
            continue
        if number == _STRINGS:
            value = text(inside)
        elif number == _CONTENT:
            value = _number(inside, kind)
        elif number == _FLOATS:
            value = struct.unpack("<f", inside)[0] if len(inside) == 4 else None
        elif number == _DOUBLES:
            value = struct.unpack("<d", inside)[0] if len(inside) == 8 else None
        elif number == _HALVES or number in _INTEGERS:
            value = _integer(wire, integer, inside)
            value = _half(int(value), kind) if value is not None and number == _HALVES else value
        else:
            continue
        found, count = value, count + 1
    return found if count == 1 and isinstance(found, str) == (kind == _STRING) else None


def _size(shape: bytes) -> int:
    """Number of elements."""
    size = 1
    for number, _, _, dimension in fields(shape):
        if number == 2:
            size *= next((signed(extent) for place, _, extent, _ in fields(dimension) if place == 1), 0)
    return size


def _number(content: bytes, kind: int) -> float | None:
    form = _RAW.get(kind)
    if form is None or len(content) != struct.calcsize(form):
        return None
    value = struct.unpack(form, content)[0]
    return _half(value, kind) if kind == _BFLOAT16 else float(value)


def _integer(wire: int, integer: int, inside: bytes) -> float | None:
    """An integer, alone or as a packed list of one."""
    if wire == VARINT:
        return float(signed(integer))
    if wire != BYTES or not inside:
        return None
    value, place = varint(inside, 0)
    return float(signed(value)) if place == len(inside) else None


def _half(bits: int, kind: int) -> float:
    """The number of 16 bits of a float16 or bfloat16."""
    if kind == _BFLOAT16:
        return float(struct.unpack("<f", struct.pack("<I", (bits & 0xFFFF) << 16))[0])
    return float(struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))[0])
