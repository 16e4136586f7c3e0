"""A part as blocks of whole lines."""

import hashlib
from pathlib import Path

import pytest
from backports import zstd
from small_logs import write

from grpolog.analysis.blocks import Block, blocks

TEXT = b"one\n\nthree\n" + b"4" * 50 + b"\nfive\n"
LINES = [b"one", b"", b"three", b"4" * 50, b"five"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.zst", "a.jsonl.gz"])
@pytest.mark.parametrize("size", [1, 3, 7, 10, 1000])
@pytest.mark.parametrize("end", [b"", b"torn"])
def test_blocks_of_any_size_hold_the_same_lines(tmp_path: Path, name: str, size: int, end: bytes) -> None:
    digest = hashlib.sha256()
    found = list(blocks(write(tmp_path / name, TEXT + end), size, digest))
    assert [line for block in found for line in block.lines] == LINES + [end] * bool(end)
    assert [block.first for block in found] == [1 + sum(len(b.lines) for b in found[:i]) for i in range(len(found))]
    assert [block.torn for block in found] == [False] * (len(found) - 1) + [bool(end)]
    assert digest.hexdigest() == hashlib.sha256(TEXT + end).hexdigest()


def test_an_empty_part_has_no_blocks(tmp_path: Path) -> None:
    assert list(blocks(write(tmp_path / "a.jsonl"))) == []


def test_a_part_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    whole = b"".join(b"%d\n" % n for n in range(1000))
    packed = b"".join(zstd.compress(whole[i : i + 1000]) for i in range(0, len(whole), 1000))
    (tmp_path / "a.jsonl.zst").write_bytes(packed[: len(packed) * 3 // 4])
    found = list(blocks(tmp_path / "a.jsonl.zst", 500))
    lines = [line for block in found for line in block.lines]
    assert 500 < len(lines) < 900
    assert lines[:-1] == whole.split(b"\n")[: len(lines) - 1]
    assert [block.error for block in found[:-1]] == [None] * (len(found) - 1)
    assert found[-1].error == "Compressed file ended before the end-of-stream marker was reached"


def test_a_part_that_is_no_archive_is_one_block_without_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"no gzip")
    assert list(blocks(tmp_path / "a.jsonl.gz")) == [Block(1, [], error="Not a gzipped file (b'no')")]
