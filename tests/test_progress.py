"""How far a reading is."""

import gzip
from pathlib import Path

import pytest

from grpolog import jsonl, progress


def test_nobody_is_told_anything_while_nobody_looks(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 10)
    with progress.watched() as reading:
        pass
    with jsonl.open_part(path) as file:
        file.read()
    assert (reading.files, reading.done, reading.total) == ((), 0, 0)


def test_the_bytes_of_a_compressed_file_are_those_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 40_000))
    with progress.watched() as reading, jsonl.open_part(path) as file:
        assert reading.done == 0
        file.read(1_000_000)
        assert 0 < reading.done < reading.total == path.stat().st_size
        while file.read(2**20):
            pass
        assert reading.done == reading.total
        file.close()
        assert reading.done == reading.total


def test_a_file_that_was_closed_counts_as_read(tmp_path: Path) -> None:
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file in files:
        file.write_bytes(b"x" * 10)
    with progress.watched() as reading:
        for n, path in enumerate(progress.each(files), start=1):
            with jsonl.open_part(path) as opened:
                opened.read(1)
            assert (reading.done, reading.total, reading.place) == (10 * n, 20, n - 1)


def test_one_that_nobody_announced_is_a_reading_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_bytes(b"x" * 10)
    second.write_bytes(b"x" * 30)
    with progress.watched() as reading:
        progress.expect([first])
        jsonl.open_part(second).close()
        assert (reading.files, reading.total) == ([second], 30)
        jsonl.open_part(second).close()
        assert (reading.files, reading.total) == ([second], 30)


def test_files_that_are_read_in_another_order_are_found(tmp_path: Path) -> None:
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file in files:
        file.write_bytes(b"x" * 10)
    with progress.watched() as reading:
        progress.expect(files)
        jsonl.open_part(files[1]).close()
        jsonl.open_part(files[0]).close()
        assert (reading.files, reading.place) == (files, 0)


def test_a_look_at_the_beginning_is_no_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"abc")
    with progress.watched() as reading:
        assert jsonl.beginning(path, 2) == b"ab"
    assert reading.files == ()


def test_a_file_that_is_gone_has_no_bytes(tmp_path: Path) -> None:
    with progress.watched() as reading:
        progress.expect([tmp_path / "gone"])
    assert reading.total == 0


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_watched_file_reads_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"abc") if name.endswith(".gz") else b"abc")
    with progress.watched(), jsonl.open_part(path) as file:
        assert file.read() == b"abc"
