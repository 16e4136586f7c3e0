"""From a path to a run, or to an error of one line that says what is there instead."""

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from backports import zstd
from small_logs import line, losses, numbered, run_of, steps, write

from grpolog.analysis import read, reader
from grpolog.analysis.tables import read_tables
from grpolog.errors import GrpologError, LogError


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("exp1.jsonl", "{}")
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"step": [1]}).write_parquet(buffer)
    return buffer.getvalue()


UNREAD = "no log that grpolog reads (grpolog import --list-formats)"

NO_LOGS = {
    "empty": (b"", ": is empty: nothing was recorded, or not yet"),
    "blank": (b"\n \n", ": is empty: nothing was recorded, or not yet"),
    "binary": (bytes(range(256)) * 10, ": is a binary file, " + UNREAD),
    "latin-1": (
        "é".encode("latin-1") * 99,
        ": is a binary file, " + UNREAD,
    ),
    "zip": (zipped(), ": is a zip archive, " + UNREAD),
    "parquet": (parquet(), ": is a Parquet file, " + UNREAD),
    "png": (b"\x89PNG\r\n\x1a\n", ": is a picture, " + UNREAD),
    "packed text": (zstd.compress(b"loss 0.5\n"), ":1: is text, beginning with 'loss 0.5', " + UNREAD),
    "text": (
        b"\nloss 0.5\n",
        ":2: is text, beginning with 'loss 0.5', " + UNREAD,
    ),
    "umlauts": (
        "aéééé".encode(),
        ":1: is text, beginning with 'aéééé', " + UNREAD,
    ),
    "long umlauts": (
        "aé".encode() * 2**20,
        f":1: is text, beginning with {'aé' * 20!r}, " + UNREAD,
    ),
    "escapes": (
        b"\x1b[31mred",
        ":1: is text, beginning with '\\x1b[31mred', " + UNREAD,
    ),
    "dataset": (
        b'{"prompt":"a","answer":1}\n{"prompt":"b"}\n',
        ":1: is JSON with the keys 'prompt', 'answer', one a line, " + UNREAD,
    ),
    "one object": (
        b'{"a":1}',
        ": is JSON with the keys 'a', " + UNREAD,
    ),
    "nothing in it": (b"{}\n", ": is an empty JSON object, " + UNREAD),
    "numbers": (b"1\n2\n", ":1: is JSON (int), one a line, " + UNREAD),
    "pretty": (
        b'{\n  "a": 1,\n',
        ": is JSON over several lines, " + UNREAD,
    ),
    "torn": (b'{"v":1,"event":"st', ":1: holds no whole event, only a torn line"),
    "newer": (
        b'{"v":2,"event":"step","step":1}\n',
        ":1: log format 2, and this grpolog reads up to 1: update grpolog",
    ),
    "no event": (
        b'{"v":"1","event":"step"}\n',
        ": is JSON with the keys 'v', 'event', " + UNREAD,
    ),
}


@pytest.mark.parametrize(("content", "what"), NO_LOGS.values(), ids=NO_LOGS)
def test_a_file_that_is_no_log_is_an_error_of_one_line(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "exp1.jsonl"
    path.write_bytes(content)
    with pytest.raises(LogError) as caught:
        read(path)
    assert str(caught.value) == f"{path}{what}"
    assert "\n" not in str(caught.value)


def test_a_compressed_log_is_read_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "exp1.jsonl").write_bytes(zstd.compress(steps(1)[0]))
    assert read(tmp_path / "exp1.jsonl").steps["loss"].to_list() == [1.0]


@pytest.mark.parametrize("name", ["exp1.jsonl.zst", "exp1.jsonl.gz"])
@pytest.mark.parametrize("content", [b"", b"plain text"])
def test_a_compressed_file_that_cannot_be_unpacked_is_an_error_of_one_line(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LogError) as caught:
        read(tmp_path / name)
    assert caught.value.path == tmp_path / name
    assert "\n" not in str(caught.value)


def test_a_missing_log_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GrpologError, match="no such log"):
        read(tmp_path / "exp1.jsonl")


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "exp1.jsonl", *steps(1))
    location = reader.locate(tmp_path / "exp1")
    (tmp_path / "exp1.jsonl").unlink()
    with pytest.raises(LogError, match=r"exp1\.jsonl: cannot be opened: No such file"):
        read_tables(location)


def test_a_log_is_what_any_event_of_it_is(tmp_path: Path) -> None:
    for lines in (
        [line("run", 0)],
        [line("alert", rule="stall")],
        [line("example")],
        [b'{"v":1,"event":"later","step":1}\n'],
    ):
        run = run_of(tmp_path, *lines)
        assert sum(run.audit.events.values()) == 1
        assert run.audit.sentences()[1].startswith("1 event in 1 part")
        assert [frame.height for frame in (run.steps, run.rewards, run.groups, run.quality, run.perf)] == [0] * 5
        assert (run.metric_names(), run.history("reward").height, run.replay.differences) == ([], 0, ())


def test_all_parts_and_ranks_are_one_run(tmp_path: Path) -> None:
    write(tmp_path / "exp1.0001.jsonl.zst", *numbered(line("run", 0), line("step", 1)))
    write(tmp_path / "exp1.0002.jsonl", *numbered(line("step", 2), line("step", 3), first=2))
    write(tmp_path / "exp1.jsonl", line("step", 4, 4))
    write(tmp_path / "exp1.rank1.jsonl", *(line("perf", n, n - 1, rank=1) for n in (1, 2, 3, 4)))
    run = read(tmp_path / "exp1")
    assert run.steps["step"].to_list() == [1, 2, 3, 4]
    assert run.perf.select("rank", "step").rows() == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert (run.audit.parts, run.audit.ranks, run.audit.losses) == (4, (0, 1), ())


def test_a_plain_part_that_is_compressed_while_the_log_is_read_is_read_all_the_same(tmp_path: Path) -> None:
    write(tmp_path / "exp1.0001.jsonl", line("step", 1, 0))
    write(tmp_path / "exp1.jsonl", line("step", 2, 1))
    location = reader.locate(tmp_path / "exp1")
    write(tmp_path / "exp1.0001.jsonl.zst", line("step", 1, 0))
    (tmp_path / "exp1.0001.jsonl").unlink()
    assert read_tables(location).counts == {"step": 2}


def test_a_log_that_begins_a_new_part_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(tmp_path / "exp1.jsonl", line("step", 1, 0))

    def rotating(location: reader.Location) -> reader.Tables:
        if not (tmp_path / "exp1.0001.jsonl").exists():
            log.rename(tmp_path / "exp1.0001.jsonl")
            write(log, line("step", 2, 1))
        return read_tables(location)

    monkeypatch.setattr(reader, "read_tables", rotating)
    run = read(log)
    assert run.steps["step"].to_list() == [1, 2]
    assert losses(run) == []
