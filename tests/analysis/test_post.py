"""Rules that need more than the rows of rank 0: how a log ends, other ranks."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from small_logs import line, numbered, run_of

from grpolog.analysis.finding import Finding
from grpolog.analysis.judgement import Judgement, judge
from grpolog.analysis.ruling import ruling


def rows(steps: int, seconds: float = 10.0, **pauses: float) -> list[bytes]:
    """Rows of training, one each `seconds`; `step_7=300` makes step 7 take longer."""
    time, found = 1000.0, []
    for step in range(1, steps + 1):
        time += pauses.get(f"step_{step}", seconds)
        found.append(line("step", step, reward=0.5 + 0.01 * step, reward_std=0.3, time=time))
    return found


def judged(folder: Path, *lines: bytes, now: float = 1e6, **about: Any) -> Judgement:
    """The judgement on a log that begins with a run event."""
    return judge(run_of(folder, *numbered(line("run", 0, time=1000.0, **about), *lines), now=now))


def end(step: int, status: str, **fields: Any) -> bytes:
    return line("run", step, phase="end", status=status, **fields)


def of(judgement: Judgement, rule: str) -> Finding | None:
    return next((finding for finding in judgement.findings if finding.rule == rule), None)


def locked(folder: Path, pid: int, started: float, host: str | None = None) -> None:
    """A lock beside the log, as the recorder leaves it."""
    holder = {"host": host or socket.gethostname(), "pid": pid, "started": started, "token": "x"}
    (folder / "exp1.jsonl.lock").write_text(json.dumps(holder))


def test_a_log_that_breaks_off_died_unless_it_was_heard_of_lately(tmp_path: Path) -> None:
    found = judged(tmp_path, *rows(20), now=1200.0 + 7200)
    said = of(found, "died")
    assert said is not None
    assert (said.severity, said.state, said.step, said.metric) == ("warning", "open", 20, "log")
    assert said.message == "Step 20: the log breaks off and says of no end; the last word is 2 h old, a step took 10 s"
    assert "dmesg" in said.remedy
    assert found.verdict == "warning"
    assert of(judged(tmp_path, *rows(20), now=1200.0 + 500), "died") is None


def test_the_lock_tells_a_process_that_is_gone_from_one_that_hangs(tmp_path: Path) -> None:
    locked(tmp_path, os.getpid(), psutil.Process().create_time())
    found = judged(tmp_path, *rows(20), now=1200.0 + 7200)
    said = of(found, "hung")
    assert said is not None
    assert said.message == "Step 20: no step for 2 h, a step took 10 s"
    assert (said.severity, of(found, "died")) == ("warning", None)
    locked(tmp_path, os.getpid(), psutil.Process().create_time() - 1000)
    found = judged(tmp_path, *rows(20), now=1201.0)
    said = of(found, "died")
    assert said is not None
    assert ", and the process that wrote it is gone" in said.message
    locked(tmp_path, os.getpid(), psutil.Process().create_time(), host="elsewhere")
    assert of(judged(tmp_path, *rows(20), now=1201.0), "died") is None


def test_a_run_that_talks_and_makes_no_step_hangs_and_an_evaluation_does_not(tmp_path: Path) -> None:
    late = line("alert", 20, rule="stall", metric="perf/step_seconds", severity="warning", time=1200.0 + 700)
    said = of(judged(tmp_path, *rows(20), late, now=1200.0 + 800), "hung")
    assert said is not None
    assert said.message == "Step 20: no step for 13.3 min, a step took 10 s"
    assert of(judged(tmp_path, *rows(20, step_7=500.0), late, now=1690.0 + 800), "hung") is None
    assert of(judged(tmp_path, *rows(20, seconds=100.0), late, now=3000.0 + 800), "hung") is None


def test_the_ranks_that_did_not_finish_a_step_are_named(tmp_path: Path) -> None:
    locked(tmp_path, os.getpid(), psutil.Process().create_time())
    ranks = [line("perf", 21 - (rank == 3), rank=rank, step_seconds=9.0) for rank in range(8)]
    said = of(judged(tmp_path, *rows(20), *ranks, now=1200.0 + 7200), "hung")
    assert said is not None
    assert said.message.endswith("a step took 10 s; rank 3 did not finish step 21")


def test_silence_may_be_limited(tmp_path: Path) -> None:
    run = run_of(tmp_path, *numbered(line("run", 0, time=1000.0), *rows(20)), now=1200.0 + 301)
    assert of(judge(run, ruling(silence=300.0)), "hung") is not None
    assert of(judge(run, ruling(silence=302.0)), "hung") is None


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_a_run_that_ended_neither_hangs_nor_died(tmp_path: Path, status: str) -> None:
    found = judged(tmp_path, *rows(20), end(20, status))
    assert found.not_applicable["hung"] == "the run has ended"
    assert found.not_applicable["died"] == "the log says how the run ended"


@pytest.mark.parametrize(
    ("status", "fields", "said"),
    [
        ("finished", {}, "training ended at step 20 of 100: a callback stopped it, or the data ran out"),
        ("stopped", {}, "training was stopped at step 20 of 100, by hand or by a signal"),
        (
            "stopped", {"stopped_by": "non_finite: Step 20: loss is NaN"},
            "training was stopped at step 20 of 100 by the alert non_finite (Step 20: loss is NaN)",
        ),
    ],
)  # fmt: skip
def test_an_end_before_the_last_step_is_told_with_who_made_it(
    tmp_path: Path, status: str, fields: dict[str, str], said: str
) -> None:
    found = of(judged(tmp_path, *rows(20), end(20, status, **fields), max_steps=100), "stopped_early")
    assert found is not None
    assert (found.message, found.severity) == (f"Step 20: {said}", "warning")


def test_an_end_at_the_last_step_or_of_an_unknown_one_is_not_early(tmp_path: Path) -> None:
    assert of(judged(tmp_path, *rows(20), end(20, "finished"), max_steps=20), "stopped_early") is None
    # a trainer that logs every fifth step may have made four more
    assert of(judged(tmp_path, *rows(95), end(95, "finished"), max_steps=99), "stopped_early") is None
    found = judged(tmp_path, *rows(20), end(20, "finished"))
    assert found.unjudged["stopped_early"] == "how many steps the run was to make is not known"
    assert judged(tmp_path, *rows(20), now=1300.0).not_applicable["stopped_early"] == "the log says of no end"


def test_an_exception_is_an_error_and_not_an_early_stop(tmp_path: Path) -> None:
    found = judged(tmp_path, *rows(20), end(20, "failed", error="RuntimeError: boom"), max_steps=100)
    assert (found.verdict, found.sentence) == (
        "error",
        "Step 20: training was ended by an exception: RuntimeError: boom.",
    )
    assert [finding.rule for finding in found.findings] == ["crash"]


def paces(ranks: int, steps: int, slow: dict[int, tuple[float, range]], noise: float = 0.1) -> Iterator[bytes]:
    """Perf events of all ranks: in sampling, a slow rank takes its factor longer over its steps; all wait for it."""
    dice = np.random.default_rng(1)
    for step in range(1, steps + 1):
        sampling = 6.0 * np.exp(noise * dice.normal(size=ranks))
        for rank, (factor, when) in slow.items():
            sampling[rank] *= factor if step in when else 1.0
        for rank in range(ranks):
            seconds = {"step_seconds": float(sampling.max()) + 4.0, "generation_seconds": float(sampling[rank])}
            yield line("perf", step, rank=rank, time=1000.0 + step, **seconds)


def many(folder: Path, lines: Iterator[bytes], world: int | None = 4) -> Judgement:
    whole = [line("run", 0, world_size=world), *lines, end(200, "finished")]
    return judge(run_of(folder, *numbered(*whole)))


def test_a_rank_that_others_wait_for_is_named(tmp_path: Path) -> None:
    said = of(many(tmp_path, paces(4, 128, {2: (1.5, range(65, 200))})), "stragglers")
    assert said is not None
    assert (said.metric, said.severity, said.state) == ("perf/generation_seconds", "warning", "open")
    assert (said.onset_step, said.step) == (65, 112)
    assert said.message.startswith("Step 112: rank 2 takes 8.9")
    assert "the middle rank 6." in said.message
    assert said.message.endswith("of a step (steps 65 to 128)")
    assert said.before is not None
    assert said.after is not None
    assert 1.4 < said.after / said.before < 1.7


def test_a_straggler_that_caught_up_is_resolved(tmp_path: Path) -> None:
    said = of(many(tmp_path, paces(4, 128, {1: (1.5, range(17, 65))})), "stragglers")
    assert said is not None
    assert (said.state, said.resolved_step, said.onset_step) == ("resolved", 80, 17)


@pytest.mark.parametrize(
    ("ranks", "slow", "noise"),
    [
        (8, {}, 0.4),  # chance alone
        (4, {2: (1.16, range(200))}, 0.02),  # too little
        (4, {2: (1.5, range(65, 90))}, 0.1),  # too short
        (2, {0: (1.0, range(200))}, 0.3),
    ],
)
def test_ranks_that_differ_by_chance_are_no_stragglers(tmp_path: Path, ranks: int, slow: Any, noise: float) -> None:
    assert of(many(tmp_path, paces(ranks, 128, slow, noise)), "stragglers") is None


def test_without_times_of_several_ranks_stragglers_are_unknown_and_with_one_rank_there_are_none(tmp_path: Path) -> None:
    alone = (each for each in paces(1, 64, {}))
    assert many(tmp_path, alone).unjudged["stragglers"] == "times of 1 of 4 ranks were recorded"
    assert many(tmp_path, iter(())).unjudged["stragglers"] == "times of 0 of 4 ranks were recorded"
    assert many(tmp_path, iter(()), world=1).not_applicable["stragglers"] == "there is one rank"
    short = many(tmp_path, paces(4, 20, {}))
    assert short.unjudged["stragglers"] == "fewer than 48 steps of several ranks were recorded"
