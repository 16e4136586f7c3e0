"""What the campaign looks for is found where it is."""

import pytest

import grpolog
from benchmarks.torture import inspection, workload
from benchmarks.torture.tally import Tally, table

STEPS = range(1, 9)


@pytest.fixture
def log(tmp_path):
    with grpolog.Recorder(tmp_path / "run.jsonl", **workload.OPTIONS | {"compress": False}) as recorder:
        for step in STEPS:
            workload.record(recorder, step)
    return tmp_path / "run.jsonl"


def judged(log):
    tally = Tally("a fault", tries=1, resumed=1)
    found = inspection.judge(log, STEPS, tally)
    return tally, found


def edited(log, edit):
    part = log.with_name("run.0002.jsonl")
    part.write_bytes(b"".join(edit(part.read_bytes().splitlines(keepends=True))))
    return judged(log)


def test_a_whole_log_keeps_all_promises(log):
    tally, found = judged(log)
    assert tally.broken == []
    assert tally.acknowledged == len(STEPS) * 12
    assert (found.gaps, found.torn, inspection.left_over(log.parent)) == (
        0,
        False,
        [f"run.{n:04d}.jsonl" for n in (1, 2)],
    )


def test_a_removed_line_is_missing_by_its_number_and_breaks_the_chain(log):
    tally, found = edited(log, lambda lines: lines[:3] + lines[4:])
    assert (tally.lost, found.gaps) == (1, 1)
    assert found.broken_chain == ["run.0002.jsonl"]
    assert len(tally.broken) == 2


def test_lines_in_another_order_are_seen(log):
    _, found = edited(log, lambda lines: [lines[0], lines[2], lines[1], *lines[3:]])
    assert (found.gaps, found.disorder) == (0, 1)


def test_a_repeated_line_is_seen(log):
    _, found = edited(log, lambda lines: [lines[0], *lines])
    assert (found.gaps, found.disorder) == (0, 1)


def test_a_line_that_is_no_event_is_invalid(log):
    tally, _ = edited(log, lambda lines: [*lines, b'{"loss": NaN}\n', b"{}\n", b"torn"])
    assert tally.invalid == 3


def test_a_torn_line_is_one_at_the_end_of_the_live_part_only(log):
    log.write_bytes(log.read_bytes()[:-5])
    tally, found = judged(log)
    assert (tally.invalid, found.torn) == (0, True)


def test_a_missing_part_is_seen(log):
    log.with_name("run.0001.jsonl").unlink()
    tally, found = judged(log)
    assert found.gaps > 0
    assert found.broken_chain == ["run.0001.jsonl"]
    assert tally.lost > 0


def test_a_row_with_another_number_is_lost(log):
    log.write_bytes(log.read_bytes().replace(b'"loss":1.0', b'"loss":2.0'))
    tally, _ = judged(log)
    assert tally.lost == 1


def test_the_table_has_a_row_for_each_fault_and_sums_are_added():
    tally = Tally("all", tries=1, acknowledged=1000)
    tally.add(Tally("one", tries=2, acknowledged=234, resumed=1, violations=["one: hung"]))
    assert table([tally]).splitlines()[2] == "| all | 3 | 1,234 | 0 | 0 | 0 | 0 | 0 | 1 |"
    assert tally.broken == [
        "one: hung",
        "one: 1 of 2 tries were not written on",
        "all: 2 of 3 tries were not written on",
    ]
