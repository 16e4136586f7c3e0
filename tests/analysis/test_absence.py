"""What a log tells about things that are not in it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from small_logs import line, losses, numbered, read, steps, write

PARTS = 4


def opening(seq: int, phase: str = "part", **fields: Any) -> bytes:
    return line("run", seq, seq, phase=phase, status="finished" if phase == "end" else "running", **fields)


def rotated(folder: Path, name: str = "exp1", rank: int = 0, ended: bool = True) -> Path:
    """A log of three closed parts and a live one; each begins with a run event that vouches for the one before."""
    stem = f"{name}.rank{rank}" if rank else name
    previous: dict[str, Any] = {}
    for number in range(1, PARTS + 1):
        seq = 3 * (number - 1)
        lines = [
            opening(
                seq, "start" if number == 1 else "part", rank=rank, world_size=rank + 1, capture="trainer", **previous
            ),
            line("step" if rank == 0 else "perf", number, seq + 1, rank=rank),
            opening(seq + 2, "end", rank=rank)
            if number == PARTS and ended
            else line("perf", number, seq + 2, rank=rank),
        ]
        live = number == PARTS
        write(folder / (f"{stem}.jsonl" if live else f"{stem}.000{number}.jsonl.zst"), *lines)
        digest = hashlib.sha256(b"".join(lines)).hexdigest()
        previous = {"previous_part": f"{stem}.000{number}.jsonl", "previous_part_sha256": digest}
    return folder / f"{name}.jsonl"


def without(log: Path, name: str) -> list[str]:
    """What the audit names when a file of the log is removed."""
    (log.parent / name).unlink()
    return losses(read(log))


def test_a_rotated_log_that_is_whole_lacks_nothing(tmp_path: Path) -> None:
    log = rotated(tmp_path)
    rotated(tmp_path, rank=1)
    run = read(log)
    assert (losses(run), run.audit.parts, run.audit.complete) == ([], 8, True)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_part_that_later_ones_vouch_for_is_missing(tmp_path: Path, number: int) -> None:
    first, last = 3 * number - 3, 3 * number - 1
    after = f"exp1.000{number + 1}.jsonl.zst" if number < 3 else "exp1.jsonl"
    assert sorted(without(rotated(tmp_path), f"exp1.000{number}.jsonl.zst")) == sorted(
        [
            f"exp1.000{number}.jsonl: a part is missing",
            f"{after}:1: before this line 3 of attempt 0, rank 0 missing (numbers {first} to {last})",
        ]
    )


def test_the_live_part_is_missing(tmp_path: Path) -> None:
    assert without(rotated(tmp_path), "exp1.jsonl") == ["exp1.jsonl: the last part is missing"]


def test_a_part_of_another_rank_is_missing(tmp_path: Path) -> None:
    log = rotated(tmp_path)
    rotated(tmp_path, rank=1)
    assert "exp1.rank1.0002.jsonl: a part is missing" in without(log, "exp1.rank1.0002.jsonl.zst")


def test_a_whole_rank_is_missing(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", opening(0, "start", world_size=3, capture="trainer"), *steps(1, first=1))
    write(tmp_path / "exp1.rank1.jsonl", line("perf", 1, 0, rank=1))
    run = read(log)
    assert losses(run) == ["exp1.rank2.jsonl: nothing of rank 2 is there"]
    assert "Events of 2 of 3 ranks are there." in run.audit.sentences()


@pytest.mark.parametrize("capture", ["callback", "manual", "imported", None])
def test_a_capture_on_one_rank_alone_misses_no_other(tmp_path: Path, capture: str | None) -> None:
    log = write(tmp_path / "exp1.jsonl", opening(0, "start", world_size=3, capture=capture), *steps(1, first=1))
    assert losses(read(log)) == []


def test_numbers_between_parts_are_missing_though_nobody_names_them(tmp_path: Path) -> None:
    for number, seq in ((1, 0), (4, 1)):
        write(tmp_path / f"exp1.000{number}.jsonl", line("step", number, seq))
    write(tmp_path / "exp1.jsonl", line("step", 5, 2))
    missing = ["exp1.0002.jsonl: a part is missing", "exp1.0003.jsonl: a part is missing"]
    assert losses(read(tmp_path / "exp1")) == missing


def test_an_attempt_that_ended_does_not_excuse_a_later_one_that_lacks_its_live_part(tmp_path: Path) -> None:
    ended = [opening(0, "start"), *steps(1, first=1), opening(2, "end")]
    again = [opening(0, "start", attempt=1), *steps(2, first=1, attempt=1)]
    write(tmp_path / "exp1.0001.jsonl", *ended, *again)
    assert losses(read(tmp_path / "exp1")) == ["exp1.jsonl: the last part is missing"]


def test_a_log_whose_files_were_all_renamed_lacks_nothing(tmp_path: Path) -> None:
    rotated(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("exp1", "best")))
    assert losses(read(tmp_path / "best")) == []


def test_a_part_read_alone_names_the_one_before_it(tmp_path: Path) -> None:
    rotated(tmp_path)
    alone = tmp_path / "copy"
    alone.mkdir()
    (tmp_path / "exp1.0003.jsonl.zst").rename(alone / "exp1.0003.jsonl.zst")
    run = read(alone / "exp1.0003.jsonl.zst")
    assert run.steps["step"].to_list() == [3]
    assert losses(run)[0] == "exp1.0002.jsonl: a part is missing"


@pytest.mark.parametrize("ending", ["", ".zst", ".gz"])
def test_a_closed_part_that_was_changed_is_told_by_its_hash(tmp_path: Path, ending: str) -> None:
    log = rotated(tmp_path)
    (tmp_path / "exp1.0002.jsonl.zst").unlink()
    changed = [opening(3, previous_part="exp1.0001.jsonl"), line("step", 2, 4, loss=0.0), line("perf", 2, 5)]
    write(tmp_path / f"exp1.0002.jsonl{ending}", *changed)
    run = read(log)
    assert losses(run) == [f"exp1.0002.jsonl{ending}: differs from what was recorded (SHA-256)"]
    assert run.audit.losses_by_kind == {"changed part": 1}


def test_a_cut_off_part_is_not_said_to_differ_as_well(tmp_path: Path) -> None:
    log = rotated(tmp_path)
    part = tmp_path / "exp1.0002.jsonl.zst"
    part.write_bytes(part.read_bytes()[:-10])
    assert "changed part" not in read(log).audit.losses_by_kind


def test_a_live_part_that_vanished_while_it_was_written_is_missing(tmp_path: Path) -> None:
    log = write(
        tmp_path / "exp1.jsonl", opening(7, previous_part="exp1.jsonl", previous_part_sha256="ab"), *steps(9, first=8)
    )
    assert losses(read(log))[0] == "exp1.jsonl: what stood here was removed while the run was recorded"


def test_a_torn_line_that_was_cut_off_on_reopening_is_named(tmp_path: Path) -> None:
    again = line("run", 1, attempt=1, resumed_from_step=1, recovered_tail='{"v":1,"ev')
    run = read(write(tmp_path / "exp1.jsonl", *numbered(line("run", 0), line("step", 1)), again))
    assert losses(run) == ["exp1.jsonl: a torn last line (10 characters) was cut off when attempt 1 began"]
    assert run.audit.complete is False


def test_what_the_recorder_could_not_write_is_named_once_per_attempt_and_rank(tmp_path: Path) -> None:
    lost = {"batch": 2, "surrogates": 3}
    write(
        tmp_path / "exp1.jsonl",
        opening(0, "start"),
        opening(1, "part", lost={"batch": 1}),
        opening(2, "end", lost=lost, first_error="batch: UsageError: no"),
    )
    write(tmp_path / "exp1.rank1.jsonl", opening(0, "end", rank=1, lost={"event": 1}))
    run = read(tmp_path / "exp1")
    assert losses(run) == [
        "exp1.jsonl: attempt 0, rank 0 could not record: batch (2), batch: UsageError: no",
        "exp1.jsonl: attempt 0, rank 0 recorded with corrections: surrogates (3)",
        "exp1.rank1.jsonl: attempt 0, rank 1 could not record: event (1)",
    ]
    assert run.audit.losses_by_kind == {"recorder": 3, "corrected value": 3}
    assert run.audit.complete is False


def test_values_that_were_corrected_leave_a_log_complete(tmp_path: Path) -> None:
    run = read(
        write(tmp_path / "exp1.jsonl", opening(0, "end", lost={"surrogates": 3, "huge_integers": 1, "not_json": 1}))
    )
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"corrected value": 5}, True)


def test_alerts_that_did_not_arrive_leave_a_log_complete(tmp_path: Path) -> None:
    ended = opening(0, "end", lost={"webhook": 2}, first_error="webhook: ConnectionError: chat answered 500")
    run = read(write(tmp_path / "exp1.jsonl", ended))
    assert losses(run) == [
        "exp1.jsonl: attempt 0, rank 0 could not tell: webhook (2), webhook: ConnectionError: chat answered 500"
    ]
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"untold alert": 2}, True)
