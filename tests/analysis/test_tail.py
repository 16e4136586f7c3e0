"""What is read of a log that grows: each line once, whatever happens to its parts meanwhile."""

import os
from pathlib import Path

import pytest
from backports import zstd
from small_logs import line, numbered, write

from grpolog.analysis import tail as tail_module
from grpolog.analysis.tail import Tail

LINES = numbered(*(line("step", step, loss=float(step)) for step in range(1, 41)))


def steps(tail: Tail) -> list[int]:
    assert not tail.replaced
    return [record["step"] for record in tail.records()]


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def test_only_what_was_appended_is_read(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *LINES[:3])
    tail = Tail(log)
    assert steps(tail) == [1, 2, 3]
    assert steps(tail) == []
    # what was read may even change: nobody looks at it again
    log.write_bytes(log.read_bytes().replace(b'"step":2', b'"step":9'))
    append(log, LINES[3])
    assert steps(tail) == [4]


def test_a_torn_last_line_waits_for_its_end(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", LINES[0], LINES[1][:20])
    tail = Tail(log)
    assert steps(tail) == [1]
    append(log, LINES[1][20:], LINES[2])
    assert steps(tail) == [2, 3]


def test_a_torn_line_that_a_resume_cut_off_is_no_other_log(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", LINES[0], LINES[1][:30])
    tail = Tail(log)
    assert steps(tail) == [1]
    os.truncate(log, len(LINES[0]))
    append(log, LINES[4])
    assert steps(tail) == [5]


def test_a_part_that_is_closed_and_compressed_is_read_to_its_end(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *LINES[:3])
    tail = Tail(log)
    assert steps(tail) == [1, 2, 3]
    append(log, LINES[3])
    (tmp_path / "exp1.0001.jsonl.zst").write_bytes(zstd.compress(log.read_bytes()))
    log.write_bytes(LINES[4])
    assert steps(tail) == [4, 5]
    log.rename(tmp_path / "exp1.0002.jsonl")
    assert steps(tail) == []
    write(log, LINES[5])
    assert steps(tail) == [6]


def test_several_parts_closed_between_two_looks_are_all_read(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *LINES[:2])
    tail = Tail(log)
    assert steps(tail) == [1, 2]
    log.rename(tmp_path / "exp1.0001.jsonl")
    write(tmp_path / "exp1.0002.jsonl", *LINES[2:4])
    write(log, LINES[4])
    assert steps(tail) == [3, 4, 5]


def test_a_log_with_closed_parts_is_read_from_the_first_one_there_is(tmp_path: Path) -> None:
    write(tmp_path / "exp1.0007.jsonl", *LINES[:2])
    tail = Tail(write(tmp_path / "exp1.jsonl", LINES[2]))
    assert steps(tail) == [1, 2, 3]


def test_a_part_closed_while_it_is_read_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write(tmp_path / "exp1.jsonl", *LINES[:2])
    tail = Tail(log)
    look, closed = tail_module._new_lines, []

    def closing(path: Path, offset: int) -> list[bytes]:
        if not closed:  # between the listing of the parts and the opening of the live one
            closed.append(log.rename(tmp_path / "exp1.0001.jsonl"))
            write(log, LINES[2])
        return look(path, offset)

    monkeypatch.setattr(tail_module, "_new_lines", closing)
    assert steps(tail) == [1, 2, 3]


def test_other_ranks_are_read_on_their_own_and_may_come_later(tmp_path: Path) -> None:
    tail = Tail(write(tmp_path / "exp1.jsonl", LINES[0]))
    assert steps(tail) == [1]
    other = write(tmp_path / "exp1.rank1.jsonl", line("perf", 7, rank=1, step_seconds=1.0))
    assert steps(tail) == [7]
    append(other, line("perf", 8, rank=1, step_seconds=1.0))
    append(tmp_path / "exp1.jsonl", LINES[1])
    assert steps(tail) == [2, 8]


def test_a_log_that_became_shorter_is_another_one(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *LINES[:9])
    tail = Tail(log)
    assert steps(tail) == [*range(1, 10)]
    write(log, LINES[0])
    assert tail.replaced


def test_groups_examples_and_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    bad = b'{"v":1,"event":"step","step":\n'
    newer = LINES[2].replace(b'{"v":1', b'{"v":2')
    log = write(tmp_path / "exp1.jsonl", line("group", 1), line("example", 1), bad, b"\n", newer, LINES[3])
    assert steps(Tail(log)) == [4]
