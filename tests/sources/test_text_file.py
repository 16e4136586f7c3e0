"""Texts whose encoding their first bytes tell."""

import io

import pytest

from grpolog.sources.text_file import in_utf8, opened

TEXT = "grün\r\nrot\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_the_same_in_every_encoding(encoding: str):
    assert opened(io.BytesIO(TEXT.encode(encoding))).read() == TEXT
    assert list(in_utf8(io.BytesIO(TEXT.encode(encoding)))) == ["grün\r\n".encode(), b"rot\n"]


def test_what_is_no_character_becomes_a_mark():
    assert opened(io.BytesIO(b"a\xffb")).read() == "a\N{REPLACEMENT CHARACTER}b"
    assert list(in_utf8(io.BytesIO(b"a\xffb"))) == [b"a\xffb"]


@pytest.mark.parametrize("data", [b"", b"a", b"\xff", b"\xff\xfe", b"\xff\xfea"])
def test_files_of_a_few_bytes_are_read(data: bytes):
    assert isinstance(opened(io.BytesIO(data)).read(), str)
    assert all(isinstance(line, bytes) for line in in_utf8(io.BytesIO(data)))
