import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event

from grpolog.sources.protobuf import BYTES, FIXED64, VARINT, double, fields, signed, text


def test_the_fields_of_a_message_in_their_order() -> None:
    data = Event(wall_time=0.5, step=-3, file_version="ä" * 100).SerializeToString()
    (time, step, version) = fields(data)
    assert time[:2] == (1, FIXED64)
    assert double(time[3]) == 0.5
    assert (step[:2], signed(step[2])) == ((2, VARINT), -3)
    assert (version[:2], text(version[3])) == ((3, BYTES), "ä" * 100)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x0a\x05ab", "a field of 5 bytes ends behind the message"),
        (b"\x09\x00", "a field of 8 bytes ends behind the message"),
        (b"\x08", "the bytes end within an integer"),
        (b"\x0a", "the bytes end within an integer"),
        (b"\x08" + b"\xff" * 11, "an integer of more than 10 bytes"),
        (b"\x0b", "wire type 3 at byte 1"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        list(fields(data))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = list(fields(data))
    except ValueError:
        return
    assert sum(len(inside) for _, _, _, inside in found) <= len(data)
