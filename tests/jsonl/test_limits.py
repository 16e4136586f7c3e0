"""How much a reading takes in."""

import gzip
import io
import os
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.jsonl import Limits, limited


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\x01", b"\n")), st.integers(1, 12))
def test_of_a_line_that_is_too_long_one_byte_more_than_allowed_is_left_and_no_other_line_changes(data, most):
    with limited(Limits(line=most)):
        file = jsonl.cut_lines(io.BytesIO(data))
        assert file.read() == b"\n".join(line[: most + 1] for line in data.split(b"\n"))
        assert file.cuts == sum(len(line) > most + 1 for line in data.split(b"\n"))


def test_the_record_of_a_line_that_is_too_long_is_refused():
    with limited(Limits(line=10)), pytest.raises(ValueError, match="longer than 10 bytes, left out"):
        jsonl.decode(b'{"a":"bcde"}\n')


@pytest.mark.parametrize("ending", [".zst", ".gz"])
def test_what_unpacks_to_more_than_it_may_is_read_up_to_there(tmp_path: Path, ending):
    pack = zstd.compress if ending == ".zst" else gzip.compress
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(pack(b"1234567\n" * 1_000_000))
    with limited(Limits(file=1_000_000)), jsonl.open_part(path) as part:
        read = bytearray()
        with pytest.raises(jsonl.BROKEN, match="it unpacks to more than 1 MB"):
            while chunk := part.read1(300_000):
                read += chunk
    assert 0 < len(read) <= 1_000_000
    with jsonl.open_part(path) as part:
        assert len(part.read()) == 8_000_000
        part.seek(8)
        assert part.read(3) == b"123"


def test_a_plain_file_that_is_larger_than_allowed_is_not_opened(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1234")
    with limited(Limits(file=3)), pytest.raises(LogError, match="is larger than 3 bytes"):
        jsonl.open_part(path)


def test_a_file_that_has_to_be_read_whole_is_so_up_to_its_own_limit(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_bytes(b"1234")
    assert jsonl.whole(path) == b"1234"
    with limited(Limits(value=3)), pytest.raises(LogError, match="is larger than 3 bytes, and has to be read whole"):
        jsonl.whole(path)


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "loop"])
def test_what_is_no_file_is_an_error_and_nothing_waits_for_it(tmp_path: Path, kind):
    path = tmp_path / "a.jsonl"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else path.name)
    with pytest.raises(LogError):
        jsonl.open_part(path)
    with pytest.raises(LogError):
        jsonl.beginning(path, 10)


@pytest.mark.parametrize("depth", [201, 300, 900, 1_000, 1_100, 100_000])
def test_a_value_that_is_nested_too_deep_is_refused(depth):
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        with pytest.raises(ValueError, match=r"nested|invalid JSON"):
            jsonl.decode(b'{"a":' + opening * depth + b"1" + closing * depth + b"}")
    assert jsonl.decode(b'{"a":' + b"[" * 199 + b"]" * 199 + b"}")[0]


def test_a_text_with_many_brackets_is_not_nested():
    text = "{[" * 500
    assert jsonl.decode(f'{{"a":"{text}"}}'.encode()) == ({"a": text}, None)
