import errno
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.events import StepEvent
from grpolog.jsonl.parts import zstd
from grpolog.record.background import Background
from grpolog.record.writer import Closed, Writer


class Still(Background):
    """A background without a thread: the test runs what is due."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        super().__init__(self.errors.append, clock=lambda: 0.0)

    def _start(self) -> None:
        pass


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "exp1.jsonl"


@pytest.fixture
def still() -> Still:
    return Still()


def line(step: int, **fields: object) -> bytes:
    return jsonl.encode(StepEvent(step=step, seq=step, **fields))


def opening(closed: Closed) -> bytes:
    return b'{"v":1,"event":"run","step":0,"attempt":0,"seq":0,"previous":["%s","%s"]}\n' % (
        closed.name.encode(),
        closed.sha256.encode(),
    )


def writer(log: Path, background: Background, **options: object) -> Writer:
    return Writer(log, background=background, **({"opening": before, "gone": lambda lines: None} | options))


def before(closed: Closed, lines: bytes) -> bytes:
    return opening(closed) + lines


def records(log: Path, rank: int = 0) -> Iterator[dict]:
    for _, path in jsonl.find_parts(log).get(rank, []):
        with jsonl.open_part(path) as part:
            for text in part:
                assert text.endswith(b"\n"), (path, text)
                yield json.loads(text)


def steps(log: Path, rank: int = 0) -> list[int]:
    return [record["step"] for record in records(log, rank) if record["event"] == "step"]


def names(log: Path) -> list[str]:
    return sorted(path.name for path in log.parent.iterdir())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# opening


def test_a_new_log_has_no_past(log, still):
    new = writer(log, still)
    assert (new.torn, new.last, new.previous) == (None, None, None)
    assert log.read_bytes() == b""


def test_the_folder_is_made(tmp_path, still):
    writer(tmp_path / "runs" / "today" / "exp1.jsonl", still).write(line(1))
    assert steps(tmp_path / "runs/today/exp1.jsonl") == [1]


def test_an_existing_log_is_appended_to(log, still):
    log.write_bytes(line(1) + line(2))
    again = writer(log, still)
    again.write(line(3))
    assert steps(log) == [1, 2, 3]
    assert again.last["step"] == 2
    assert again.previous is None


def test_a_torn_last_line_is_cut_back(log, still):
    log.write_bytes(line(1) + line(2)[:-9])
    again = writer(log, still)
    assert again.torn == line(2)[:-9]
    assert again.last["step"] == 1
    assert log.read_bytes() == line(1)


def test_zeros_that_a_power_cut_left_are_cut_back(log, still):
    log.write_bytes(line(1) + bytes(4096))
    assert writer(log, still).torn == b"\0"
    assert log.read_bytes() == line(1)


@pytest.mark.parametrize("begun", [0, 3, 40])
def test_zeros_that_a_power_cut_left_of_a_whole_part_are_no_foreign_file(log, still, begun):
    log.write_bytes(line(1)[:begun] + bytes(4096))
    assert writer(log, still).torn == line(1)[:begun] + b"\0"
    assert log.read_bytes() == b""


def test_a_log_that_is_one_torn_line_is_emptied(log, still):
    log.write_bytes(line(1)[:20])
    assert writer(log, still).torn == line(1)[:20]
    assert log.read_bytes() == b""


def test_the_last_event_is_found_behind_lines_that_cannot_be_read(log, still):
    log.write_bytes(line(7) + b'{"event":"of somebody else"}\n' + b"\x00\xff{\n" + b"[]\n")
    assert writer(log, still).last["step"] == 7


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01", b"PK\x03\x04\nabc", b'{"text": "a data set"}\n', b"loss: 3\nloss"]
)
def test_a_file_that_is_no_log_is_refused_and_left_as_it_is(log, still, data):
    log.write_bytes(data)
    with pytest.raises(LogError, match="not a log of grpolog, so nothing is appended: choose another path"):
        writer(log, still)
    assert log.read_bytes() == data


def test_a_log_of_a_newer_version_is_refused_and_left_as_it_is(log, still):
    data = line(1).replace(b'"v":1', b'"v":2') + b"torn"
    log.write_bytes(data)
    with pytest.raises(LogError, match="written by a newer version of grpolog"):
        writer(log, still)
    assert log.read_bytes() == data


def test_a_folder_in_the_place_of_the_log_is_an_os_error(log, still):
    log.mkdir()
    with pytest.raises(OSError, match="directory"):
        writer(log, still)


def test_without_a_live_part_the_last_closed_one_tells_the_past(log, still):
    log.with_name("exp1.0001.jsonl.zst").write_bytes(zstd.compress(line(1)))
    log.with_name("exp1.0002.jsonl.zst").write_bytes(zstd.compress(line(2) + line(3)))
    new = writer(log, still)
    assert new.last["step"] == 3
    assert new.previous == Closed("exp1.0002.jsonl", sha256(line(2) + line(3)))


def test_with_a_live_part_the_part_before_is_not_read(log, still):
    log.with_name("exp1.0001.jsonl.zst").write_bytes(b"damaged")
    log.write_bytes(line(5))
    assert writer(log, still).previous is None


def test_a_damaged_closed_part_does_not_hide_the_events_before_it(log, still):
    log.with_name("exp1.0001.jsonl.zst").write_bytes(zstd.compress(line(1)))
    log.with_name("exp1.0002.jsonl.zst").write_bytes(zstd.compress(line(2))[:-6])
    new = writer(log, still)
    assert new.last["step"] == 1
    assert new.previous is None


def test_left_over_temporary_files_go_and_plain_closed_parts_are_compressed(log, still):
    log.with_name("exp1.0001.jsonl").write_bytes(line(1))
    log.with_name("exp1.0001.jsonl.zst.tmp").write_bytes(b"half")
    log.with_name("exp1.0002.jsonl").write_bytes(line(2))
    log.with_name("exp1.0002.jsonl.zst").write_bytes(b"older")
    writer(log, still)
    still.run_due(0.0)
    assert names(log) == ["exp1.0001.jsonl.zst", "exp1.0002.jsonl.zst", "exp1.jsonl"]
    assert steps(log) == [1, 2]
    assert still.errors == []


def test_left_over_temporary_files_go_without_compression_too(log, still):
    log.with_name("exp1.0001.jsonl").write_bytes(line(1))
    log.with_name("exp1.0001.jsonl.zst.tmp").write_bytes(b"half")
    writer(log, still, compress=False)
    assert names(log) == ["exp1.0001.jsonl", "exp1.jsonl"]


def test_files_of_other_ranks_and_logs_are_left_alone(log, still):
    others = ["exp1.rank3.0001.jsonl", "exp1.rank3.0001.jsonl.zst.tmp", "exp10.0001.jsonl", "exp1.0001.jsonl.bak"]
    for name in others:
        log.with_name(name).write_bytes(line(1))
    writer(log, still)
    still.run_due(0.0)
    assert names(log) == sorted([*others, "exp1.jsonl"])


def test_a_live_part_that_somebody_compressed_becomes_a_closed_one(log, still):
    log.with_name("exp1.0004.jsonl.zst").write_bytes(zstd.compress(line(1)))
    log.with_name("exp1.jsonl.zst").write_bytes(zstd.compress(line(2)))
    new = writer(log, still)
    new.write(line(3))
    assert names(log) == ["exp1.0004.jsonl.zst", "exp1.0005.jsonl.zst", "exp1.jsonl"]
    assert steps(log) == [1, 2, 3]
    assert new.previous == Closed("exp1.0005.jsonl", sha256(line(2)))


# writing and rotating


def test_written_lines_are_in_the_file_when_write_returns(log, still):
    new = writer(log, still)
    new.write(line(1))
    new.write(line(2) + line(3))
    assert log.read_bytes() == line(1) + line(2) + line(3)


def test_several_lines_are_one_call_to_the_system(log, still, monkeypatch):
    new, calls, real = writer(log, still, max_bytes=10), [], os.write
    new.write(line(1))
    monkeypatch.setattr(os, "write", lambda fd, data: calls.append(bytes(data)) or real(fd, data))
    new.write(line(2) + line(3))
    assert calls == [opening(Closed("exp1.0001.jsonl", sha256(line(1)))) + line(2) + line(3)]


def test_a_full_part_is_closed_numbered_compressed_and_named_by_the_next(log, still):
    new = writer(log, still, max_bytes=2 * len(line(1)))
    for step in (1, 2, 3):
        new.write(line(step))
    assert names(log) == ["exp1.0001.jsonl", "exp1.jsonl"]
    still.run_due(0.0)
    assert names(log) == ["exp1.0001.jsonl.zst", "exp1.jsonl"]
    assert log.read_bytes() == opening(Closed("exp1.0001.jsonl", sha256(line(1) + line(2)))) + line(3)
    assert zstd.decompress(log.with_name("exp1.0001.jsonl.zst").read_bytes()) == line(1) + line(2)


def test_a_part_is_opened_once(log, still):
    new = writer(log, still, max_bytes=9 * len(line(1)))
    new.write(9 * line(1))
    new.write(line(2))
    new.write(line(3))
    assert log.read_bytes() == opening(Closed("exp1.0001.jsonl", sha256(9 * line(1)))) + line(2) + line(3)


def test_the_hash_covers_what_was_there_before_the_writer(log, still):
    log.write_bytes(line(1) + b"torn")
    again = writer(log, still, max_bytes=2 * len(line(1)))
    again.write(line(2))
    again.write(line(3))
    assert opening(Closed("exp1.0001.jsonl", sha256(line(1) + line(2)))) in log.read_bytes()


def test_lines_larger_than_a_part_are_written_whole(log, still):
    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    assert names(log) == ["exp1.jsonl"]
    new.write(line(2) + line(3))
    assert steps(log) == [1, 2, 3]


def test_without_compression_closed_parts_stay_plain(log, still):
    new = writer(log, still, max_bytes=10, compress=False)
    new.write(line(1))
    new.write(line(2))
    still.run_due(0.0)
    assert names(log) == ["exp1.0001.jsonl", "exp1.jsonl"]
    assert still.errors == []


def test_numbers_go_on_after_the_largest_also_past_9999(log, still):
    for name in ("exp1.0007.jsonl.gz", "exp1.9999.jsonl.zst"):
        log.with_name(name).write_bytes(b"")
    new = writer(log, still, max_bytes=10)
    for step in (1, 2, 3):
        new.write(line(step))
    assert {"exp1.10000.jsonl", "exp1.10001.jsonl"} <= set(names(log))


def test_a_number_that_was_taken_meanwhile_is_passed_over(log, still):
    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    log.with_name("exp1.0001.jsonl.zst").write_bytes(b"of another")
    new.write(line(2))
    assert names(log) == ["exp1.0001.jsonl.zst", "exp1.0002.jsonl", "exp1.jsonl"]


def test_other_ranks_write_parts_of_their_own(log, still):
    third = writer(log, still, rank=3, max_bytes=10)
    third.write(line(1))
    third.write(line(2))
    still.run_due(0.0)
    assert names(log) == ["exp1.rank3.0001.jsonl.zst", "exp1.rank3.jsonl"]
    assert steps(log, rank=3) == [1, 2]


def test_names_with_dots_spaces_and_brackets_work(tmp_path, still):
    log = tmp_path / "päth [1] *.v2" / "run 1.0 [a-z].jsonl"
    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    new.write(line(2))
    still.run_due(0.0)
    assert names(log) == ["run 1.0 [a-z].0001.jsonl.zst", "run 1.0 [a-z].jsonl"]
    assert writer(log, still).last["step"] == 2


def test_threads_may_write_at_the_same_time(log):
    background = Background(pytest.fail)
    new = writer(log, background, max_bytes=2000)

    def write(first: int) -> None:
        for step in range(first, first + 200):
            new.write(line(step))

    threads = [threading.Thread(target=write, args=(1000 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    new.close()
    assert background.close()
    assert sorted(steps(log)) == [1000 * i + n for i in range(4) for n in range(200)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_writes_nothing(log, still):
    new = writer(log, still)
    new.write(line(1))
    child = os.fork()
    if child == 0:
        new.write(line(2))
        new.sync()
        new.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    new.write(line(3))
    assert steps(log) == [1, 3]


# syncing and closing


def test_the_background_syncs_what_was_written_and_only_then(log, still, monkeypatch):
    synced, real = [], os.fsync
    new = writer(log, still, fsync_seconds=5.0)
    still.run_due(0.0)
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), real(fd)))
    new.write(line(1))
    still.run_due(4.0)
    assert synced == []
    still.run_due(5.0)
    still.run_due(10.0)
    assert synced == [len(line(1))]


def test_writing_goes_on_during_a_slow_sync(log, still, monkeypatch):
    new, syncing, wrote = writer(log, still), threading.Event(), threading.Event()
    new.write(line(1))
    monkeypatch.setattr(os, "fsync", lambda fd: (syncing.set(), wrote.wait(10)))
    thread = threading.Thread(target=new.sync)
    thread.start()
    assert syncing.wait(10)
    new.write(line(2))  # would wait for ever if the sync held a lock
    wrote.set()
    thread.join()
    assert steps(log) == [1, 2]


def test_close_syncs_and_a_second_close_does_nothing(log, still, monkeypatch):
    synced, new = [], writer(log, still)
    monkeypatch.setattr(os, "fsync", synced.append)
    new.write(line(1))
    new.close()
    new.close()
    assert len(synced) == 1


def test_a_closed_writer_refuses_to_write_and_its_background_task_rests(log, still):
    new = writer(log, still)
    new.close()
    with pytest.raises(OSError, match="the log is closed"):
        new.write(line(1))
    still.run_due(100.0)
    assert still.errors == []


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_closing_leaks_no_file_descriptor(log, still):
    before = list(Path("/proc/self/fd").iterdir())
    new = writer(log, still, max_bytes=10)
    for step in range(5):
        new.write(line(step))
    still.run_due(100.0)
    new.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


# trouble


def test_a_short_write_is_cut_back_and_raised(log, still, monkeypatch):
    new, real = writer(log, still), os.write
    new.write(line(1))
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(OSError, match="only 10 of") as error:
        new.write(line(2))
    assert error.value.errno == errno.ENOSPC
    assert log.read_bytes() == line(1)
    monkeypatch.undo()
    new.write(line(3))
    assert steps(log) == [1, 3]


def test_a_short_write_that_could_not_be_cut_back_is_cut_back_before_the_next(log, still, monkeypatch):
    new, real = writer(log, still), os.write

    def refuse(fd: int, size: int) -> None:
        raise OSError(errno.EIO, "broken")

    new.write(line(1))
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    monkeypatch.setattr(os, "ftruncate", refuse)
    for _ in range(2):
        with pytest.raises(OSError, match="broken"):
            new.write(line(2))
    monkeypatch.undo()
    new.write(line(3))
    assert steps(log) == [1, 3]


def test_the_hash_leaves_out_what_was_cut_back(log, still, monkeypatch):
    new, real = writer(log, still, max_bytes=2 * len(line(1))), os.write
    new.write(line(1))
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(OSError, match="only"):
        new.write(line(2))
    monkeypatch.undo()
    new.write(line(3))
    new.write(line(4))
    assert opening(Closed("exp1.0001.jsonl", sha256(line(1) + line(3)))) in log.read_bytes()


def test_a_part_whose_opening_could_not_be_written_still_gets_one(log, still, monkeypatch):
    def refuse(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(OSError, match="full"):
        new.write(line(2))
    monkeypatch.undo()
    new.write(line(3))
    assert log.read_bytes() == opening(Closed("exp1.0001.jsonl", sha256(line(1)))) + line(3)


def test_an_opening_that_fails_is_asked_for_again(log, still):
    asked = []

    def stumbling(closed: Closed, lines: bytes) -> bytes:
        asked.append(closed)
        if len(asked) == 1:
            raise ValueError("not now")
        return before(closed, lines)

    new = writer(log, still, max_bytes=10, opening=stumbling)
    new.write(line(1))
    with pytest.raises(ValueError, match="not now"):
        new.write(line(2))
    new.write(line(3))
    assert asked == 2 * [Closed("exp1.0001.jsonl", sha256(line(1)))]
    assert steps(log) == [1, 3]


def test_a_rotation_that_is_refused_is_tried_again_when_as_much_has_been_written(log, still, monkeypatch):
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "not now")

    new = writer(log, still, max_bytes=2 * len(line(1)))
    new.write(line(1) + line(2))
    with monkeypatch.context() as refused:
        refused.setattr(Path, "rename", refuse)
        for step in (3, 4, 5):
            new.write(line(step))
        still.run_due(0.0)
        assert [str(error) for error in still.errors] == 2 * ["[Errno 13] not now"]  # at 3 and 5
    new.write(line(6))
    assert steps(log) == [1, 2, 3, 4, 5, 6]
    assert names(log) == ["exp1.jsonl"]
    new.write(line(7))
    new.write(line(8))
    new.write(line(9))
    assert steps(log) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert names(log) == ["exp1.0001.jsonl", "exp1.0002.jsonl", "exp1.0003.jsonl", "exp1.jsonl"]
    assert_the_parts_form_a_chain(log)


def test_where_open_files_cannot_be_renamed_rotation_works_too(log, still, monkeypatch):
    monkeypatch.setattr("grpolog.record.writer._RENAMES_OPEN_FILES", False)
    new = writer(log, still, max_bytes=10)
    for step in (1, 2, 3):
        new.write(line(step))
    still.run_due(0.0)
    assert steps(log) == [1, 2, 3]
    assert still.errors == []


def test_a_compression_that_fails_leaves_the_plain_part_and_is_reported(log, still, monkeypatch):
    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    new.write(line(2))
    monkeypatch.setattr("grpolog.jsonl.parts.shutil.copyfileobj", lambda *_: 1 / 0)
    still.run_due(0.0)
    assert names(log) == ["exp1.0001.jsonl", "exp1.jsonl"]
    assert [type(error) for error in still.errors] == [ZeroDivisionError]


def test_a_deleted_log_is_made_anew_and_names_what_is_missing(log, still):
    new = writer(log, still)
    new.write(line(1))
    log.unlink()
    still.run_due(5.0)
    new.write(line(2))
    assert log.read_bytes() == opening(Closed("exp1.jsonl", sha256(line(1)))) + line(2)


def test_lines_that_went_with_deleted_parts_are_told(log, still):
    told: list[int] = []
    new = writer(log, still, max_bytes=2 * len(line(1)), gone=told.append)
    for step in range(1, 6):
        new.write(line(step))
    still.run_due(0.0)
    log.with_name("exp1.0001.jsonl.zst").unlink()
    log.unlink()
    new.write(line(6))
    assert steps(log) == [3, 4, 6]
    assert told == [4]  # two lines, and the opening and the line of the live part
    new.write(line(7))  # closes the part
    log.unlink()
    new.write(line(8))
    assert told == [4, 2]


@pytest.mark.parametrize("opened", [False, True])
def test_a_descriptor_that_somebody_closed_costs_nothing_and_what_took_its_place_is_left_alone(log, still, opened):
    new = writer(log, still)
    new.write(line(1))
    os.close(new._part.fd)
    other = os.open(log.with_name("weights.bin"), os.O_RDWR | os.O_CREAT) if opened else None
    assert opened is False or other == new._part.fd
    new.write(line(2))
    new.write(line(3))
    still.run_due(5.0)
    new.close()
    assert steps(log) == [1, 2, 3]
    assert still.errors == []
    if other is not None:
        assert os.fstat(other).st_size == 0
        os.close(other)


def test_a_folder_that_cannot_be_searched_any_more_delays_rotation_and_loses_nothing(log, still, monkeypatch):
    def refuse(path: Path, **_: object) -> bool:
        raise PermissionError(errno.EACCES, "not now")

    new = writer(log, still, max_bytes=len(line(1)))
    new.write(line(1))
    with monkeypatch.context() as refused:
        refused.setattr(Path, "exists", refuse)
        new.write(line(2))
    new.write(line(3))
    new.write(line(4))
    assert steps(log) == [1, 2, 3, 4]
    assert_the_parts_form_a_chain(log)


def test_a_folder_that_was_closed_to_us_costs_nothing(log, still, monkeypatch):
    def refuse(path: Path, **_: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, "not now")

    new = writer(log, still)
    new.write(line(1))
    with monkeypatch.context() as refused:
        refused.setattr(Path, "stat", refuse)
        still.run_due(5.0)
        new.write(line(2))
    new.close()
    assert steps(log) == [1, 2]
    assert still.errors == []


def test_what_was_written_is_found_again_after_an_interruption(log, still):
    new = writer(log, still, max_bytes=2 * len(line(1)))
    new.write(line(1))
    new._suspect, new._size = True, 0  # as if Ctrl-C had come between two lines of `write`
    new.look_again()
    assert new.last["step"] == 1
    for step in (2, 3, 4):
        new.write(line(step))
    assert steps(log) == [1, 2, 3, 4]
    assert_the_parts_form_a_chain(log)


def test_a_deleted_folder_is_made_anew(tmp_path, still):
    log = tmp_path / "runs" / "exp1.jsonl"
    new = writer(log, still)
    new.write(line(1))
    log.unlink()
    log.parent.rmdir()
    still.run_due(5.0)
    new.write(line(2))
    assert steps(log) == [2]


def test_a_log_that_is_deleted_before_it_is_full_still_rotates(log, still):
    new = writer(log, still, max_bytes=len(line(1)))
    new.write(line(1))
    log.unlink()
    new.write(line(2))
    new.write(line(3))
    assert steps(log) == [2, 3]


def test_a_log_that_somebody_emptied_is_written_on_from_there(log, still):
    new = writer(log, still, max_bytes=2 * len(line(1)))
    new.write(line(1))
    log.write_bytes(b"")
    still.run_due(5.0)
    new.write(line(2))
    assert log.read_bytes() == opening(Closed("exp1.jsonl", sha256(line(1)))) + line(2)


def test_a_log_that_an_editor_replaced_is_appended_to(log, still):
    new = writer(log, still)
    new.write(line(1) + line(2))
    edited = log.with_name("edited")
    edited.write_bytes(line(1))
    edited.replace(log)
    still.run_due(5.0)
    new.write(line(3))
    assert steps(log) == [1, 3]


def test_a_foreign_file_in_the_place_of_the_log_is_an_os_error_and_left_alone(log, still):
    new = writer(log, still)
    new.write(line(1))
    log.unlink()
    log.write_bytes(b"a letter")
    still.run_due(5.0)
    with pytest.raises(OSError, match="not a log of grpolog"):
        new.write(line(2))
    assert log.read_bytes() == b"a letter"
    log.unlink()
    new.write(line(3))
    assert steps(log) == [3]


# crashes and full disks, for real

CHILD = """
import os, sys
from pathlib import Path
from grpolog import jsonl
from grpolog.events import StepEvent
from grpolog.record.background import Background
from grpolog.record.writer import Writer

def opening(closed):
    text = '{"v":1,"event":"run","step":0,"attempt":0,"seq":0,"previous":["%s","%s"]}\\n'
    return (text % (closed.name, closed.sha256)).encode()

def line(step):
    return jsonl.encode(StepEvent(step=step, seq=step, metrics={"padding": float(step)}))

log = Path(sys.argv[1])
before = lambda closed, lines: opening(closed) + lines
writer = Writer(log, max_bytes=3000, background=Background(print), opening=before, gone=print)
if writer.previous:
    writer.write(opening(writer.previous))
"""

ENDLESS = (
    CHILD
    + """
step = int(sys.argv[2])
while True:
    writer.write(line(step) + line(step + 1))
    step += 2
    os.write(1, b"%d\\n" % step)
"""
)

LIMITED = (
    CHILD.replace("3000", "10**9")
    + """
import resource
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
for step in range(1, 21):
    try:
        writer.write(line(step))
        print(step, flush=True)
    except OSError:
        pass
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.write(line(99))
writer.close()
"""
)


def child(code: str, *args: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], stdout=subprocess.PIPE)


def assert_the_parts_form_a_chain(log: Path) -> None:
    """Each part opens with the name and hash of the part before."""
    before: list[str] | None = None
    for _, path in jsonl.find_parts(log)[0]:
        with jsonl.open_part(path) as part:
            data = part.read()
        first = json.loads(data.partition(b"\n")[0])
        assert first.get("previous") == before, path
        before = [path.name.removesuffix(".zst"), sha256(data)]


def test_kill_9_loses_no_line_that_was_written(log):
    dice, step = random.Random(5), 1
    for _ in range(20):
        with child(ENDLESS, log, step) as process:
            reported = [process.stdout.readline() for _ in range(dice.randrange(1, 120))]
            process.kill()
            reported += process.stdout.read().splitlines()
        background = Background(pytest.fail)
        again = writer(log, background, max_bytes=3000)
        if again.previous:
            again.write(opening(again.previous))
        again.close()
        assert background.close()
        assert again.torn is None or b"\n" not in again.torn
        step = max(steps(log)) + 1
        assert step >= int(reported[-1])
    assert steps(log) == list(range(1, step))
    assert [name for name in names(log) if not name.endswith(".jsonl.zst")] == ["exp1.jsonl"]
    assert_the_parts_form_a_chain(log)


def test_a_file_size_limit_leaves_whole_lines_and_writing_goes_on_when_it_is_lifted(log):
    with child(LIMITED, log) as process:
        written = [int(text) for text in process.stdout]
    assert process.returncode == 0
    assert 1 < len(written) < 20
    assert log.read_bytes().endswith(b"\n")
    assert steps(log) == [*written, 99]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    except OSError:
        pytest.skip("no mount command")
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_leaves_whole_lines_and_writing_goes_on_when_there_is_room(small_disk, still):
    log, filler = small_disk / "exp1.jsonl", small_disk / "filler"
    filler.write_bytes(bytes(30_000))
    new, written, refused = writer(log, still, max_bytes=20_000), [], set()
    for step in range(100):
        try:
            new.write(line(step, metrics={f"metric {i}": 0.5 for i in range(40)}))
            written.append(step)
        except OSError as error:
            refused.add(error.errno)
    assert refused == {errno.ENOSPC}
    assert 0 < len(written) < 100
    still.run_due(5.0)  # no room for compression either
    assert steps(log) == written
    filler.unlink()
    new.write(line(100))
    new.close()
    assert steps(log) == [*written, 100]
    assert_the_parts_form_a_chain(log)
    assert {type(error) for error in still.errors} <= {OSError}


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_too_many_open_files_at_a_rotation_cost_one_write_and_no_more(log, still):
    new = writer(log, still, max_bytes=10)
    new.write(line(1))
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            new.write(line(2))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    new.write(line(3))
    assert log.read_bytes() == opening(Closed("exp1.0001.jsonl", sha256(line(1)))) + line(3)
