"""Damaged event files: what can be read is read, and the loss is named."""

from pathlib import Path

import pytest
from event_files import T0, encoded, row, scalar, written
from foreign_logs import items, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grpolog.analysis import read
from grpolog.errors import GrpologError
from grpolog.sources import tensorboard
from grpolog.sources.tensorboard import crc32c, framing

WHOLE = encoded(
    *(event for step in range(1, 41) for event in row(step, train__reward=step / 8, train__epoch=step / 64))
)
SIZE = len(encoded(*row(1, train__reward=0.5))) - len(encoded())
"""Bytes of a record of the reward."""


def of(path: Path, data: bytes) -> tuple[list, list]:
    path.write_bytes(data)
    found, losses = items(tensorboard.FORMAT, path)
    return rows_of(found), losses


def test_a_file_that_ends_within_a_record_is_read_up_to_there(tmp_path: Path) -> None:
    rows, losses = of(tmp_path / "x", WHOLE[:-5])
    assert [step for step, _ in rows] == list(range(1, 41))
    assert rows[-1] == (40, {"reward": 5.0})
    assert [loss[:2] for loss in losses] == [("torn line", 81)]


def test_a_changed_byte_costs_one_record(tmp_path: Path) -> None:
    place = WHOLE.index(b"train/reward", len(WHOLE) // 2) + 15  # within the number
    rows, losses = of(tmp_path / "x", WHOLE[:place] + bytes([WHOLE[place] ^ 1]) + WHOLE[place + 1 :])
    whole, _ = of(tmp_path / "y", WHOLE)
    changed = [(step, values) for (step, values), there in zip(rows, whole, strict=True) if values != there[1]]
    assert [set(values) for _, values in changed] == [{"epoch"}]
    assert losses == [("invalid line", 2 * changed[0][0], "a record whose checksum does not fit was left out")]


def test_a_changed_length_costs_the_records_up_to_the_next_whole_one(tmp_path: Path) -> None:
    begin = WHOLE.index(b"train/reward", len(WHOLE) // 2) - 30
    begin = max(
        place for place in range(begin - 12, begin + 12) if framing.begins_with_record(WHOLE[place : place + 12])
    )
    rows, losses = of(tmp_path / "x", WHOLE[:begin] + bytes([WHOLE[begin] ^ 64]) + WHOLE[begin + 1 :])
    assert sum(len(values) for _, values in rows) == 79
    assert [(kind, what) for kind, _, what in losses] == [
        ("invalid line", f"damaged: {SIZE} bytes up to the next whole record were left out")
    ]


@pytest.mark.parametrize("garbage", [b"\0" * 700, b"\xff" * 13, bytes(range(256)) * 3])
def test_garbage_between_records_is_passed_over(tmp_path: Path, garbage: bytes) -> None:
    middle = len(
        encoded(*(event for step in range(1, 21) for event in row(step, train__reward=step / 8, train__epoch=0.5)))
    )
    rows, losses = of(tmp_path / "x", WHOLE[:middle] + garbage + WHOLE[middle:])
    assert rows == of(tmp_path / "y", WHOLE)[0]
    assert [kind for kind, _, _ in losses] == ["invalid line"]
    assert f"{len(garbage)} bytes" in losses[0][2]


def test_zeros_that_a_crashed_disk_left_behind_are_named_once(tmp_path: Path) -> None:
    rows, losses = of(tmp_path / "x", WHOLE + bytes(5000))
    assert len(rows) == 40
    assert losses == [("invalid line", 82, "damaged: 5000 bytes up to the next whole record were left out")]


def test_a_record_that_is_no_event_is_left_out(tmp_path: Path) -> None:
    from event_files import framed

    rows, losses = of(
        tmp_path / "x", WHOLE + framed(b"\x0f\xff\xff") + encoded(*row(41, train__reward=1.0, train__epoch=1.0))
    )
    assert rows[-1] == (41, {"reward": 1.0, "epoch": 1.0})
    assert [loss[:2] for loss in losses] == [("invalid line", 82)]


def test_records_across_the_borders_of_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of(tmp_path / "x", WHOLE)[0]
    for size in (1, 50, 64, 1000):
        monkeypatch.setattr(framing, "_CHUNK", size)
        assert of(tmp_path / "x", WHOLE) == (whole, [])
        rows, losses = of(tmp_path / "x", WHOLE[:700] + b"\xff" * 99 + WHOLE[700:])
        assert len(rows) == 40
        assert [kind for kind, _, _ in losses] == ["invalid line", "invalid line"]  # the record, what is behind it


def test_a_huge_step_and_a_negative_one_are_steps(tmp_path: Path) -> None:
    path = written(tmp_path / "x", scalar("a", -5, 1.0, T0), scalar("a", 2**40, 2.0, T0), scalar("a", 2**62, 3.0, T0))
    assert rows_of(items(tensorboard.FORMAT, path)[0]) == [(-5, {"a": 1.0}), (2**40, {"a": 2.0}), (2**62, {"a": 3.0})]


def test_checksums_of_many_equal_those_of_each() -> None:
    import numpy as np

    rows = np.random.default_rng(0).integers(0, 256, (40, 33)).astype(np.uint8)
    assert crc32c.masked_of_rows(rows).tolist() == [crc32c.masked(row.tobytes()) for row in rows]
    assert crc32c.masked(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, len(WHOLE)),
    st.binary(max_size=40),
)
def test_whatever_happened_to_a_file_only_a_grpolog_error_may_come_of_it(tmp_path, changes, end, tail) -> None:
    data = bytearray(WHOLE)
    for place, byte in changes:
        data[place] = byte
    (tmp_path / "x").write_bytes(bytes(data[:end]) + tail)
    try:
        run = read(tmp_path / "x", now=T0)
    except GrpologError:
        return
    assert run.audit.last_step is None or run.audit.last_step <= 40 or run.losses


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_whatever_a_sound_record_holds_only_a_grpolog_error_may_come_of_it(tmp_path, contents) -> None:
    from event_files import framed

    (tmp_path / "x").write_bytes(encoded(scalar("a", 1, 1.0)) + b"".join(map(framed, contents)))
    try:
        read(tmp_path / "x", now=T0)
    except GrpologError:
        return
