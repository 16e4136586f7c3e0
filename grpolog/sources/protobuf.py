"""Protocol buffers as they lie on the wire: fields by number, without a schema.

See https://protobuf.dev/programming-guides/encoding.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""

Field = tuple[int, int, int, bytes]
"""Number, wire type, the integer of a varint (else 0), the bytes of any other type."""


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message in their order.

    Raises:
        ValueError: the bytes are no message.
    """
    place, end = 0, len(data)
    while place < end:
        tag = data[place]
        place += 1
        if tag > 0x7F:
            tag, place = varint(data, place - 1)
        wire = tag & 7
        if wire == BYTES:
            size = data[place] if place < end else 0x80
            place += 1
            if size > 0x7F:
                size, place = varint(data, place - 1)
        elif wire == VARINT:
            value, place = varint(data, place)
            yield tag >> 3, wire, value, b""
            continue
        elif wire == FIXED64:
            size = 8
        elif wire == FIXED32:
            size = 4
        else:
            raise ValueError(f"wire type {wire} at byte {place}")
        behind = place + size
        if behind > end:
            raise ValueError(f"a field of {size} bytes ends behind the message")
        yield tag >> 3, wire, 0, data[place:behind]
        place = behind


def varint(data: bytes, place: int) -> tuple[int, int]:
    """An unsigned integer of up to 64 bits, and the place behind it.

    Raises:
        ValueError: the bytes end within it, or it is longer than 10 bytes.
    """
    value = shift = 0
    try:
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, place
            shift += 7
            if shift > 63:
                raise ValueError("an integer of more than 10 bytes")
    except IndexError:
        raise ValueError("the bytes end within an integer") from None


def signed(value: int) -> int:
    """A varint as the signed integer of 64 bits that `int32` and `int64` fields hold."""
    return value - (1 << 64) if value >= 1 << 63 else value


def double(data: bytes) -> float:
    """The number of a `double` field."""
    return float(struct.unpack("<d", data)[0])


def text(data: bytes) -> str:
    """The text of a `string` field; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")
