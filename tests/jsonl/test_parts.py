import gzip
import os
from pathlib import Path

import pytest

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.jsonl.parts import zstd


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"{}\n")


def found(log: Path) -> dict[int, list[tuple[int | None, str]]]:
    return {rank: [(number, path.name) for number, path in parts] for rank, parts in jsonl.find_parts(log).items()}


# names


@pytest.mark.parametrize(
    ("given", "log"), [("exp1", "exp1.jsonl"), ("exp1.jsonl", "exp1.jsonl"), ("a/v1.2", "a/v1.2.jsonl")]
)
def test_a_log_is_named_by_its_live_part(given, log):
    assert jsonl.log_path(given) == Path(log)


@pytest.mark.parametrize(
    ("rank", "number", "name"),
    [
        (0, None, "exp1.jsonl"),
        (3, None, "exp1.rank3.jsonl"),
        (0, 1, "exp1.0001.jsonl"),
        (0, 12345, "exp1.12345.jsonl"),
        (12, 7, "exp1.rank12.0007.jsonl"),
    ],
)
def test_parts_are_named_by_rank_and_number_and_found_by_it(tmp_path, rank, number, name):
    log = tmp_path / "exp1.jsonl"
    path = jsonl.live_part(log, rank) if number is None else jsonl.closed_part(log, number, rank)
    assert path == tmp_path / name
    touch(tmp_path, name)
    assert found(log) == {rank: [(number, name)]}


# finding


def test_parts_come_in_the_order_of_writing_and_ranks_ascend(tmp_path):
    names = ["exp1.0002.jsonl.zst", "exp1.10000.jsonl", "exp1.9999.jsonl.zst", "exp1.jsonl", "exp1.0001.jsonl.gz"]
    touch(tmp_path, *names, "exp1.rank10.jsonl", "exp1.rank2.jsonl", "exp1.rank2.0001.jsonl.zst")
    assert list(found(tmp_path / "exp1.jsonl").items()) == [
        (
            0,
            [
                (1, "exp1.0001.jsonl.gz"),
                (2, "exp1.0002.jsonl.zst"),
                (9999, "exp1.9999.jsonl.zst"),
                (10000, "exp1.10000.jsonl"),
                (None, "exp1.jsonl"),
            ],
        ),
        (2, [(1, "exp1.rank2.0001.jsonl.zst"), (None, "exp1.rank2.jsonl")]),
        (10, [(None, "exp1.rank10.jsonl")]),
    ]


@pytest.mark.parametrize("ending", [".zst", ".gz"])
def test_of_a_plain_and_a_compressed_part_the_plain_one_wins(tmp_path, ending):
    touch(tmp_path, f"exp1.0001.jsonl{ending}", "exp1.0001.jsonl", f"exp1.jsonl{ending}", "exp1.jsonl")
    assert found(tmp_path / "exp1.jsonl") == {0: [(1, "exp1.0001.jsonl"), (None, "exp1.jsonl")]}


def test_a_log_without_its_live_part_is_found(tmp_path):
    touch(tmp_path, "exp1.0001.jsonl.zst")
    assert found(tmp_path / "exp1.jsonl") == {0: [(1, "exp1.0001.jsonl.zst")]}


def test_other_files_beside_a_log_are_no_parts(tmp_path):
    touch(
        tmp_path,
        *("exp1.jsonl.lock", "exp1.0001.jsonl.zst.tmp", "exp1.001.jsonl", "exp1.00001.jsonl", "exp1.rank0.jsonl"),
        *("exp1.rank03.jsonl", "exp10.jsonl", "exp1.best.jsonl", "exp1.\u0661\u0662\u0663\u0664.jsonl", "Xexp1.jsonl"),
        *("exp1.jsonl.bak", "exp1.0001.jsonlx", "exp1_0001.jsonl"),
    )
    (tmp_path / "exp1.jsonl").mkdir()
    assert found(tmp_path / "exp1.jsonl") == {}


def test_a_folder_that_is_not_there_holds_no_parts(tmp_path):
    assert found(tmp_path / "nowhere" / "exp1.jsonl") == {}


@pytest.mark.parametrize("stem", ["a.b.c", "run 1", "größe 漢字", "exp[1]*?", "a+b(c)$", "0001", "x.rank3", ".hidden"])
def test_any_name_finds_its_own_parts_only(tmp_path, stem):
    touch(tmp_path, f"{stem}.0001.jsonl.zst", f"{stem}.jsonl", f"{stem}.rank1.jsonl", f"{stem}x.jsonl", "other.jsonl")
    assert found(tmp_path / f"{stem}.jsonl") == {
        0: [(1, f"{stem}.0001.jsonl.zst"), (None, f"{stem}.jsonl")],
        1: [(None, f"{stem}.rank1.jsonl")],
    }


# opening and compressing


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"one\ntwo\n"),
        ("a.jsonl.zst", zstd.compress(b"one\ntwo\n")),
        ("a.jsonl.zst", zstd.compress(b"one\n") + zstd.compress(b"two\n")),
        ("a.jsonl.gz", gzip.compress(b"one\ntwo\n", mtime=0)),
        ("a.log", gzip.compress(b"one\ntwo\n", mtime=0)),
        ("a.log.1", zstd.compress(b"one\ntwo\n")),
    ],
)
def test_a_part_opens_by_the_ending_of_its_name_or_by_its_first_bytes(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with jsonl.open_part(tmp_path / name) as part:
        assert list(part) == [b"one\n", b"two\n"]


def test_a_part_that_was_compressed_since_it_was_found_is_opened(tmp_path):
    touch(tmp_path, "a.0001.jsonl")
    jsonl.compress_part(tmp_path / "a.0001.jsonl")
    with jsonl.open_part(tmp_path / "a.0001.jsonl") as part:
        assert part.read() == b"{}\n"


@pytest.mark.parametrize("ending", ["", ".zst", ".gz"])
def test_a_part_that_is_gone_is_a_log_error_that_names_it(tmp_path, ending):
    path = tmp_path / f"a.jsonl{ending}"
    with pytest.raises(LogError) as error:
        jsonl.open_part(path)
    assert str(error.value) == f"{path}: cannot be opened: No such file or directory"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl.zst", zstd.compress(bytes(range(256)))[:-3]),
        ("a.jsonl.zst", b"no frame at all"),
        ("a.jsonl.gz", gzip.compress(bytes(range(256)))[:-3]),
        ("a.jsonl.gz", b"no member at all"),
        ("a.jsonl.gz", gzip.compress(b"x" * 99, mtime=0)[:12] + b"\xff" * 20),
    ],
)
def test_a_damaged_part_raises_what_the_module_says(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with jsonl.open_part(tmp_path / name) as part, pytest.raises(jsonl.BROKEN):
        part.read()


def test_compressing_keeps_the_bytes_and_removes_the_plain_part(tmp_path):
    plain, data = tmp_path / "a.0001.jsonl", os.urandom(100) * 50_000
    plain.write_bytes(data)
    packed = jsonl.compress_part(plain)
    assert packed == tmp_path / "a.0001.jsonl.zst"
    assert list(tmp_path.iterdir()) == [packed]
    assert zstd.decompress(packed.read_bytes()) == data


def test_a_compressed_part_carries_a_checksum(tmp_path):
    plain = tmp_path / "a.0001.jsonl"
    plain.write_bytes(b"0123456789" * 10)
    damaged = bytearray(jsonl.compress_part(plain).read_bytes())
    damaged[-1] ^= 1
    with pytest.raises(zstd.ZstdError, match="checksum"):
        zstd.decompress(bytes(damaged))


def test_an_empty_part_is_compressed_into_a_frame(tmp_path):
    plain = tmp_path / "a.0001.jsonl"
    plain.touch()
    with jsonl.open_part(jsonl.compress_part(plain)) as part:
        assert part.read() == b""


def test_the_plain_part_goes_only_after_the_compressed_one_is_on_the_disk(tmp_path, monkeypatch):
    plain, order = tmp_path / "a.0001.jsonl", []
    plain.write_bytes(b"{}\n")
    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink")):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *args, real=real, name=name, **kw: (order.append(name), real(*args, **kw))
        )
    jsonl.compress_part(plain)
    assert order[:2] == ["fsync", "replace"]
    assert order[-1] == "unlink"


def test_a_failed_compression_leaves_the_plain_part_alone(tmp_path, monkeypatch):
    def refuse(fd: int) -> None:
        raise OSError(28, "No space left on device")

    plain = tmp_path / "a.0001.jsonl"
    plain.write_bytes(b"{}\n")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        jsonl.compress_part(plain)
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(plain, b"{}\n")]
