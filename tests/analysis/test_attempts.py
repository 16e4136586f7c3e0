"""The training starts of a log, and which rows a later one made void."""

from pathlib import Path

from small_logs import line, numbered, run_of, steps

from grpolog.analysis import Run


def attempt(number: int, resumed: int | None, *numbers: int, end: str | None = None) -> list[bytes]:
    """An attempt that trained the given steps; times are 1000 seconds after the step."""
    start = line(
        "run", numbers[0] - 1 if numbers else 0, attempt=number, resumed_from_step=resumed, host=f"host{number}"
    )
    rows = [line("step", n, attempt=number, loss=float(10 * number + n)) for n in numbers]
    ends = [line("run", numbers[-1], attempt=number, phase="end", status=end)] if end else []
    return numbered(start, *rows, *ends)


def columns(run: Run, *names: str) -> list[tuple[object, ...]]:
    return run.attempts.select(names).rows()


def test_an_attempt_is_described_by_its_run_events_and_rows(tmp_path: Path) -> None:
    run = run_of(tmp_path, *attempt(0, 0, 1, 2, 3, end="finished"))
    assert run.attempts.to_dicts() == [
        {
            "attempt": 0,
            "started": 1000.0,
            "ended": 1003.0,
            "status": "finished",
            "first_step": 1,
            "last_step": 3,
            "resumed_from_step": 0,
            "host": "host0",
            "valid_to_step": None,
        }
    ]


def test_rows_after_the_point_of_return_are_superseded(tmp_path: Path) -> None:
    run = run_of(tmp_path, *attempt(0, 0, 1, 2, 3, 4), *attempt(1, 2, 3, 4, end="finished"))
    assert columns(run, "attempt", "status", "valid_to_step") == [(0, None, 2), (1, "finished", None)]
    assert run.steps.select("attempt", "step", "superseded").rows() == [
        (0, 1, False), (0, 2, False), (0, 3, True), (0, 4, True), (1, 3, False), (1, 4, False),
    ]  # fmt: skip
    assert run.history("loss").rows() == [(1, 1.0, 0), (2, 2.0, 0), (3, 13.0, 1), (4, 14.0, 1)]
    assert run.history("loss", superseded=True).rows() == [
        (1, 1.0, 0), (2, 2.0, 0), (3, 3.0, 0), (3, 13.0, 1), (4, 4.0, 0), (4, 14.0, 1),
    ]  # fmt: skip


def test_the_earliest_of_all_later_points_of_return_counts(tmp_path: Path) -> None:
    run = run_of(tmp_path, *attempt(0, 0, 1, 2, 3, 4), *attempt(1, 1, 2, 3), *attempt(2, 2, 3))
    assert columns(run, "attempt", "valid_to_step") == [(0, 1), (1, 2), (2, None)]
    assert run.history("loss").rows() == [(1, 1.0, 0), (2, 12.0, 1), (3, 23.0, 2)]
    run = run_of(tmp_path, *attempt(0, 0, 1, 2, 3, 4), *attempt(1, 3, 4, 5), *attempt(2, 1, 2))
    assert columns(run, "attempt", "valid_to_step") == [(0, 1), (1, 1), (2, None)]
    assert run.history("loss").rows() == [(1, 1.0, 0), (2, 22.0, 2)]


def test_a_start_from_scratch_makes_all_before_void(tmp_path: Path) -> None:
    run = run_of(tmp_path, *attempt(0, 0, 1, 2), *attempt(1, 0, 1))
    assert run.history("loss").rows() == [(1, 11.0, 1)]


def test_a_start_that_broke_off_before_its_first_row_replaces_nothing(tmp_path: Path) -> None:
    evaluated = line("step", 0, 1, attempt=1, mode="eval", loss=9.0)
    run = run_of(tmp_path, *attempt(0, 0, 1, 2), *attempt(1, 0), evaluated)
    assert columns(run, "attempt", "first_step", "valid_to_step") == [(0, 1, None), (1, None, None)]
    assert run.history("loss").rows() == [(1, 1.0, 0), (2, 2.0, 0)]


def test_without_a_run_event_an_attempt_continues_before_its_first_step(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1, 2, 3), *steps(3, 4, attempt=1), line("alert", 1, 2, attempt=1))
    assert columns(run, "attempt", "first_step", "resumed_from_step", "valid_to_step") == [
        (0, 1, None, 2),
        (1, 3, None, None),
    ]
    assert run.history("loss").rows() == [(1, 1.0, 0), (2, 2.0, 0), (3, 3.0, 1), (4, 4.0, 1)]


def test_events_of_all_kinds_are_superseded_evaluations_and_alerts_too(tmp_path: Path) -> None:
    later = [
        line("reward", 2, 1, attempt=0),
        line("group", 2, 2, attempt=0),
        line("quality", 2, 3, attempt=0, mode="eval"),
        line("perf", 2, 4, attempt=0),
        line("example", 2, 5, attempt=0),
        line("alert", 2, 6, attempt=0),
    ]
    run = run_of(tmp_path, *steps(1), *later, *attempt(1, 1, 2))
    frames = (run.rewards, run.groups, run.quality, run.perf, run.examples, run.alerts)
    assert [frame["superseded"].to_list() for frame in frames] == [[True]] * 6


def test_attempts_are_counted_though_one_left_only_an_alert(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1), line("alert", 1, attempt=3))
    assert columns(run, "attempt", "started", "first_step") == [(0, 1001.0, 1), (3, 1001.0, None)]
