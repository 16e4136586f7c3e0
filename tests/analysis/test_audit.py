"""What a log holds, and what it ought to hold and does not."""

import math
from pathlib import Path

import pytest
from small_logs import line, numbered, run_of, steps, write

from grpolog.analysis import NonFinite, read


def test_an_audit_counts_what_is_there(tmp_path: Path) -> None:
    lines = numbered(
        line("run", 0, world_size=2),
        *(line("reward", n, name=name) for n in (1, 2) for name in ("f", "total")),
        *(line("quality", n, n=8) for n in (1, 2)),
        line("step", 1),
        line("step", 2, mode="eval", loss=math.nan),
    )
    again = numbered(
        line("run", 2, attempt=1, resumed_from_step=2, grpolog_version="0.2.0"), line("step", 3, attempt=1)
    )
    write(tmp_path / "exp1.rank1.jsonl", line("perf", 1, rank=1))
    audit = run_of(tmp_path, *lines, *again).audit
    assert audit.format_versions == (1,)
    assert audit.grpolog_versions == ("0.1.0", "0.2.0")
    assert (audit.attempts, audit.ranks, audit.world_size, audit.parts) == (2, (0, 1), None, 2)
    assert audit.events == {"reward": 4, "quality": 2, "step": 3, "run": 2, "perf": 1}
    assert (audit.first_step, audit.last_step, audit.missing_steps) == (1, 3, ())
    assert (audit.generations, audit.completions) == (2, 16)
    assert audit.non_finite == {"eval_loss": NonFinite(1, 2)}
    assert (audit.gaps, audit.losses, audit.losses_by_kind, audit.complete) == ((), (), {}, True)


def test_the_size_of_the_world_is_that_of_the_newest_attempt(tmp_path: Path) -> None:
    run = run_of(tmp_path, line("run", 0, world_size=4), line("run", 0, attempt=1, world_size=2), line("perf", 1, 1))
    assert run.audit.world_size == 2


def test_completions_are_counted_by_the_total_where_there_is_no_quality(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, *numbered(line("reward", n=6), line("reward", n=8, name="f"), line("reward", mode="eval", n=2))
    )
    assert (run.audit.generations, run.audit.completions) == (2, 8)


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ((1, 2, 3), ()),
        ((1, 2, 5, 6, 8), ((3, 4), (7, 7))),
        ((10, 20, 30), ()),
        ((10, 20, 40, 50, 60), ((21, 39),)),
        ((7,), ()),
    ],
)
def test_steps_are_missing_where_they_lie_further_apart_than_usual(
    tmp_path: Path, numbers: tuple[int, ...], missing: tuple[tuple[int, int], ...]
) -> None:
    audit = run_of(tmp_path, *steps(*numbers)).audit
    assert (audit.first_step, audit.last_step, audit.missing_steps) == (numbers[0], numbers[-1], missing)


def test_steps_between_two_rows_of_the_trainer_are_covered_by_generations(tmp_path: Path) -> None:
    lines = numbered(*(line("reward", n) for n in range(1, 9)), line("step", 4), line("step", 8))
    assert run_of(tmp_path, *lines).audit.missing_steps == ()


def test_superseded_rows_cover_no_step(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1, 2, 3, 4, 9), *steps(5, 6, attempt=1))
    assert (run.audit.first_step, run.audit.last_step) == (1, 6)


def test_non_finite_values_are_counted_by_step_superseded_ones_too(tmp_path: Path) -> None:
    bad = {"loss": math.inf, "metrics": {"own": math.nan}}
    first = [line("step", n, n - 1, kl=1.0, **bad) for n in (1, 2, 3)]
    run = run_of(tmp_path, *first, line("step", 2, 0, attempt=1, loss=math.nan))
    assert run.audit.non_finite == {"loss": NonFinite(4, 1), "own": NonFinite(3, 1)}


def test_a_whole_log_is_told_in_a_few_sentences(tmp_path: Path) -> None:
    lines = numbered(
        line("run", 0), *(line("quality", n, n=500) for n in (1, 2, 3)), *(line("step", n) for n in (1, 2, 3))
    )
    assert run_of(tmp_path, *lines).audit.sentences() == [
        "The log is complete: every recorded event could be read.",
        "7 events in 1 part from 1 attempt.",
        "Steps 1 to 3.",
        "1,500 completions in 3 generations.",
    ]


def test_a_damaged_log_is_told_in_a_few_sentences(tmp_path: Path) -> None:
    first = [line("step", n, i) for i, n in enumerate(WIDE)]
    first[0] = line("step", 1, 0, loss=math.nan, grad_norm=math.inf)
    first[1] = line("step", 2, 1, loss=math.nan).replace(b"}\n", b',"later":1}\n')
    write(tmp_path / "exp1.0001.jsonl.zst", *first)
    write(tmp_path / "exp1.jsonl", line("run", 90, 20, attempt=1, world_size=2, capture="trainer"), b"{}\n")
    assert read(tmp_path / "exp1").audit.sentences() == [
        "The log is not complete: invalid line (1), missing event (20), missing part (1).",
        "Read with corrections that lose nothing recorded: unknown field (1).",
        "16 events in 2 parts from 2 attempts.",
        "Events of 1 of 2 ranks are there.",
        "Steps 1 to 80, without 3, 5 to 6, 10 to 19, 21 to 29, 31 to 39 and 2 more gaps.",
        "Not finite: loss (2 times, first at step 1), grad_norm (once, first at step 1).",
    ]


WIDE = (1, 2, 4, 7, 8, 9, 20, 30, 40, 41, 42, 43, 60, 61, 80)


def test_a_log_of_one_step_says_so(tmp_path: Path) -> None:
    assert run_of(tmp_path, *steps(4)).audit.sentences()[-1] == "Step 4."


def test_a_log_without_training_says_so(tmp_path: Path) -> None:
    run = run_of(tmp_path, line("step", 0, mode="eval"))
    assert run.audit.sentences()[-1] == "No step of training was recorded."
