"""Which completions match, and what their groups say."""

from pathlib import Path

from small_logs import line, numbered, run_of

from grpolog.analysis.completions import matching


def example(step: int, group: int, index: int, **fields: object) -> bytes:
    return line("example", step, group=group, index=index, generation=step, **fields)


def places(table: object) -> list[tuple[int, int, int]]:
    return table.select("step", "group", "index").rows()  # type: ignore[attr-defined]


def test_steps_are_limited_on_both_sides(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(line("run"), *(example(step, 0, 0) for step in (3, 1, 2, 4))))
    assert places(matching(run)) == [(1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0)]
    assert places(matching(run, steps=(2, 3))) == [(2, 0, 0), (3, 0, 0)]
    assert places(matching(run, steps=(3, None))) == [(3, 0, 0), (4, 0, 0)]
    assert places(matching(run, steps=(None, 1))) == [(1, 0, 0)]


def test_a_completion_knows_the_size_and_the_mean_of_its_group(tmp_path: Path) -> None:
    rows = [example(1, 0, 0, total=1.0), example(1, 0, 1, total=0.0), example(1, 1, 0, total=3.0)]
    run = run_of(tmp_path, *numbered(line("run"), *rows, example(1, 0, 0, total=7.0, mode="eval")))
    found = matching(run).select("mode", "group", "group_size", "group_mean").rows()
    assert found == [("train", 0, 2, 0.5), ("train", 0, 2, 0.5), ("train", 1, 1, 3.0), ("eval", 0, 1, 7.0)]


def test_steps_that_a_later_attempt_replaced_are_left_out(tmp_path: Path) -> None:
    first = numbered(line("run"), example(1, 0, 0), example(2, 0, 0))
    again = numbered(line("run", 1, attempt=1, resumed_from_step=1), example(2, 0, 1, attempt=1))
    assert places(matching(run_of(tmp_path, *first, *again))) == [(1, 0, 0), (2, 0, 1)]
