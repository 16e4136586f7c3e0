"""A log that grows is judged as if it were read anew each time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_logs import line, numbered, write
from test_gathering import NOW, plain, rows

from grpolog import jsonl
from grpolog.analysis import read
from grpolog.analysis.framed import case_of
from grpolog.analysis.growing import Growing
from grpolog.errors import LogError


def pieces(lines: list[bytes], sizes: list[int]) -> Iterator[bytes]:
    """The bytes of lines, cut anywhere."""
    data, at = b"".join(lines), 0
    while at < len(data):
        size = sizes[at % len(sizes)]
        yield data[at : at + size]
        at += size


def test_any_growth_comes_to_the_same_as_reading_it_whole(tmp_path: Path) -> None:
    again = line("run", 24, attempt=1, resumed_from_step=24, time=1200.0)
    end = line("run", 50, attempt=1, phase="end", status="finished", time=1300.0)
    lines = numbered(line("run", 0), *rows(range(1, 41)), again, *rows(range(25, 50), attempt=1, level=0.1), end)
    log = write(tmp_path / "exp1.jsonl", lines[0])
    growing, closed = Growing(log), 0
    assert growing.look(NOW) is not None
    for piece in pieces(lines[1:], [701, 2003, 5009]):
        with log.open("ab") as file:
            file.write(piece)
        if log.stat().st_size > 20_000 and log.read_bytes().endswith(b"\n"):
            closed += 1
            jsonl.compress_part(log.rename(jsonl.closed_part(log, closed)))
            write(log)
        case = growing.look(NOW)
        assert case is not None
        assert plain(case) == plain(case_of(read(log, now=NOW)))
    assert plain(case)["status"] == "finished"


def test_a_log_that_another_one_took_the_place_of_is_read_anew(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *numbered(line("run", 0), *rows(range(1, 41))))
    growing = Growing(log)
    first = growing.look(NOW)
    assert first is not None
    assert first.last_step == 40
    write(log, *numbered(line("run", 0), *rows(range(1, 4))))
    second = growing.look(NOW)
    assert second is not None
    assert second.last_step == 3


def test_a_log_of_another_program_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("loading the model\n")
    growing = Growing(path)
    assert growing.look(NOW) is None
    assert "train.log: " in str(growing.waiting)
    with path.open("a") as file:
        for step in range(1, 4):
            row = {"loss": 0.1, "reward": 0.5, "reward_std": 0.2, "kl": 0.0, "epoch": step / 10}
            file.write(f"{row}\n")
        file.write("{'loss': ")
    case = growing.look(NOW)
    assert case is not None
    assert growing.waiting is None
    steps, _ = case.history("reward")
    assert steps.tolist() == [1, 2, 3]
    assert growing.look(NOW) is not None


def test_a_log_that_comes_up_later_is_waited_for_and_one_that_is_nowhere_is_not(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl")
    growing = Growing(log)
    assert growing.look(NOW) is None
    write(log, *numbered(line("run", 0), *rows(range(1, 4))))
    case = growing.look(NOW)
    assert case is not None
    assert case.last_step == 3
    with pytest.raises(LogError, match="no such log"):
        Growing(tmp_path / "nothing.jsonl")


def test_keys_are_translated_as_the_user_says(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text("\n".join(json.dumps({"update": n, "avg_return": 0.5, "x": 1}) for n in range(1, 9)))
    case = Growing(path, mapping={"update": "step", "avg_return": "reward"}).look(NOW)
    assert case is not None
    assert case.history("reward")[0].tolist() == [*range(1, 9)]
