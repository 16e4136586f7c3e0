"""Damaged `.wandb` files: what can be read is read, and the loss is named."""

from pathlib import Path

import pytest
from foreign_logs import items, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wandb_files import framed, history, record, written

from grpolog.analysis import read
from grpolog.errors import GrpologError
from grpolog.sources import wandb
from grpolog.sources.wandb.record import record as parsed

RECORDS = [history(g=step, train__reward=step / 8, train__epoch=step / 64) for step in range(1, 41)]
WHOLE = framed(*RECORDS)
LONG = history(g=1, train__reward=0.5, train__epoch=0.5, words="x" * 100_000)


def of(path: Path, data: bytes) -> tuple[list, list]:
    path.write_bytes(data)
    found, losses = items(wandb.OFFLINE, path)
    return [step for step, _ in rows_of(found)], losses


def test_a_file_that_ends_within_a_record_is_read_up_to_there(tmp_path: Path) -> None:
    for cut in (1, 5, len(RECORDS[-1]) + 3):
        steps, losses = of(tmp_path / "x", WHOLE[:-cut])
        assert steps == list(range(1, 40))
        assert losses == [("torn line", 40, "the file ends within a record")]


def test_a_changed_byte_costs_one_record(tmp_path: Path) -> None:
    place = WHOLE.index(b"train/reward", len(WHOLE) // 2) + 3
    steps, losses = of(tmp_path / "x", WHOLE[:place] + b"?" + WHOLE[place + 1 :])
    assert len(steps) == 39
    (lost,) = set(range(1, 41)) - set(steps)
    assert losses == [("invalid line", lost, "a damaged record, or several, was left out")]


def test_behind_a_changed_length_reading_begins_again_at_the_next_block(tmp_path: Path) -> None:
    data = bytearray(framed(*RECORDS, history(fill=1, words="y" * 32768), *RECORDS))
    data[7 + 4] ^= 1  # the length of the first record
    steps, losses = of(tmp_path / "x", bytes(data))
    assert steps[-40:] == list(range(1, 41))
    assert [kind for kind, _, _ in losses] == ["invalid line"]


def test_zeros_that_a_crashed_disk_left_behind_are_no_records(tmp_path: Path) -> None:
    assert of(tmp_path / "x", WHOLE + bytes(50_000)) == (list(range(1, 41)), [])


def test_records_longer_than_a_block_are_put_together_and_a_torn_one_is_named(tmp_path: Path) -> None:
    found, _ = items(wandb.OFFLINE, written(tmp_path / "x", LONG, *RECORDS[1:]))
    assert [step for step, _ in rows_of(found)] == list(range(1, 41))
    begun = framed(LONG)[: 3 * 32768]  # its last piece was not written
    steps, losses = of(tmp_path / "x", framed(*RECORDS)[:7] + begun[7:])
    assert steps == []
    assert losses == [("torn line", 1, "the file ends within a record")]


def test_a_record_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    found, losses = items(wandb.OFFLINE, written(tmp_path / "x", RECORDS[0], b"\x12\xff", RECORDS[1]))
    assert [step for step, _ in rows_of(found)] == [1, 2]
    assert [loss[:2] for loss in losses] == [("invalid line", 2)]


def test_a_file_that_ends_before_the_first_row_is_refused_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path / "x", record(run={"run_id": "r"}), history(g=0, profiling__f=1.0))
    with pytest.raises(GrpologError, match="recognised as wandb, but holds no metrics"):
        read(path, now=0.0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(7, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    st.integers(7, len(WHOLE)),
    st.binary(max_size=40),
)
def test_whatever_happened_to_a_file_only_a_grpolog_error_may_come_of_it(tmp_path, changes, end, tail) -> None:
    data = bytearray(WHOLE)
    for place, byte in changes:
        data[place] = byte
    (tmp_path / "x").write_bytes(bytes(data[:end]) + tail)
    try:
        run = read(tmp_path / "x", now=0.0)
    except GrpologError:
        return
    assert [value * 8 for value in run.history("reward")["value"]] == run.history("reward")["step"].to_list()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([2, 3, 4, 5, 13, 17, 18, 26]))
def test_whatever_a_sound_record_holds_it_is_read_or_refused(content: bytes, field: int) -> None:
    tag = [field << 3 | 2] if field < 16 else [(field << 3 | 2) & 0x7F | 0x80, field >> 4]
    try:
        parsed(bytes([*tag, len(content)]) + content)
    except ValueError:
        return
