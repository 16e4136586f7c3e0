"""Events that are missing, repeated or out of order."""

from pathlib import Path

import pytest
from small_logs import line, losses, numbered, run_of, steps, write

from grpolog.analysis import Gap, read

ALL = numbered(
    line("run", 0),
    line("reward", 1, mean=0.5),
    line("group", 1, reward_means={"f": 1.0}),
    line("quality", 1),
    line("perf", 1, gpus=[{"index": 0, "used_gib": 1.5}], reward_seconds={"a": 1.0}),
    line("example", 1, also_kept=["worst"], rewards={"f": 1.0}, extra={"a": [1]}),
    line("step", 1, loss=float("nan")),
    line("alert", 1, rule="stall", details={"a": 1}),
)


def test_a_whole_log_has_no_gap(tmp_path: Path) -> None:
    run = run_of(tmp_path, *ALL)
    assert (run.audit.gaps, losses(run), run.audit.complete) == ((), [], True)


@pytest.mark.parametrize(
    ("left", "gaps", "named"),
    [
        ([0, 2], [Gap(0, 0, 1, 1)], ["exp1.jsonl:2: before this line 1 of attempt 0, rank 0 missing (number 1)"]),
        ([3, 4], [Gap(0, 0, 0, 2)], ["exp1.jsonl:1: before this line 3 of attempt 0, rank 0 missing (numbers 0 to 2)"]),
        ([0, 1], [], []),
    ],
)
def test_missing_numbers_are_named_at_the_line_after_them(
    tmp_path: Path, left: list[int], gaps: list[Gap], named: list[str]
) -> None:
    run = run_of(tmp_path, *(steps(*range(1, 6))[i] for i in left))
    assert (list(run.audit.gaps), losses(run)) == (gaps, named)
    assert run.audit.missing_events == sum(gap.count for gap in gaps)
    assert run.audit.losses_by_kind == ({"missing event": run.audit.missing_events} if gaps else {})


def test_each_attempt_and_rank_has_numbers_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "exp1.rank1.jsonl", *(line("perf", n, n, rank=1) for n in (0, 1, 3)))
    third = steps(6, first=4, attempt=2)
    run = run_of(tmp_path, *steps(1, 2), *steps(3, 4, attempt=1), *steps(5, first=5, attempt=1), *third)
    assert run.audit.gaps == (Gap(0, 1, 2, 2), Gap(1, 0, 2, 4), Gap(2, 0, 0, 3))
    assert [text.split(": ")[0] for text in losses(run)] == ["exp1.jsonl:5", "exp1.jsonl:6", "exp1.rank1.jsonl:3"]


def test_unknown_events_and_run_events_have_numbers_too(tmp_path: Path) -> None:
    later = b'{"v":1,"event":"later","step":1,"time":1.0,"attempt":0,"seq":1,"rank":0}\n'
    run = run_of(tmp_path, line("run", 0, 0), later, *steps(1, first=2))
    assert run.audit.gaps == ()
    assert run.audit.losses_by_kind == {"unknown event": 1}


@pytest.mark.parametrize("text", ALL, ids=lambda text: text.split(b'"')[5].decode())
def test_a_line_that_repeats_another_counts_once(tmp_path: Path, text: bytes) -> None:
    once = run_of(tmp_path, *ALL)
    twice = run_of(tmp_path, *ALL, text)
    event = text.split(b'"')[5].decode()
    assert f"exp1.jsonl:9: repeats a line ({event} event)" in losses(twice)
    assert twice.audit.losses_by_kind.get("repeated line") == 1
    assert twice.audit.complete
    assert twice.runs == once.runs
    assert all(table.equals(once.tables[name]) for name, table in twice.tables.items())


def test_a_log_that_was_written_twice_reads_as_once(tmp_path: Path) -> None:
    once = run_of(tmp_path, *ALL)
    twice = run_of(tmp_path, *ALL, *ALL)
    assert twice.audit.losses_by_kind == {"repeated line": 8, "unordered line": 1}
    assert all(table.equals(once.tables[name]) for name, table in twice.tables.items())


def test_different_events_under_one_number_are_kept_and_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1, 2), line("step", 3, 1), line("reward", 3, 1))
    assert run.steps["step"].to_list() == [1, 2, 3]
    assert losses(run) == ["exp1.jsonl:2: different events carry one number"]
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"repeated number": 2}, False)


def test_lines_out_of_order_are_put_in_order_and_named(tmp_path: Path) -> None:
    one, two, three = steps(1, 2, 3)
    run = run_of(tmp_path, one, three, two)
    assert run.steps["step"].to_list() == [1, 2, 3]
    assert losses(run) == ["exp1.jsonl:3: stands after a line of a later attempt or with a higher number"]
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"unordered line": 1}, True)


def test_attempts_out_of_order_are_put_in_order_and_named(tmp_path: Path) -> None:
    first = numbered(line("run", 0), line("step", 1))
    second = numbered(line("run", 1, attempt=1, resumed_from_step=1), line("step", 2, attempt=1))
    run = run_of(tmp_path, *second, *first)
    assert run.steps.select("attempt", "step").rows() == [(0, 1), (1, 2)]
    assert [event.attempt for event in run.runs] == [0, 1]
    assert losses(run) == ["exp1.jsonl:3: stands after a line of a later attempt or with a higher number"]


def test_lines_without_numbers_stay_in_their_order(tmp_path: Path) -> None:
    texts = [b'{"v":1,"event":"step","step":%d}\n' % step for step in (3, 1, 1, 2)]
    run = run_of(tmp_path, *texts)
    assert run.steps["step"].to_list() == [3, 1, 1, 2]
    assert losses(run) == []


def test_repeated_parts_of_a_rank_are_told_apart_from_those_of_another(tmp_path: Path) -> None:
    write(tmp_path / "exp1.jsonl", line("perf", 1, 0))
    write(tmp_path / "exp1.rank1.jsonl", line("perf", 1, 0, rank=1))
    assert losses(read(tmp_path / "exp1")) == []
