"""What is judged line by line is what is judged from frames."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign_logs import REAL
from small_logs import line, numbered, write

from grpolog.analysis import read
from grpolog.analysis.case import Case
from grpolog.analysis.framed import case_of
from grpolog.analysis.growing import Growing, gathered
from grpolog.analysis.judgement import Judgement, judge_case
from grpolog.demo import recorded

NOW = 5000.0


def plain(case: Case) -> dict[str, Any]:
    """A case in values that can be compared; groups to read are left out."""
    judgement = judge_case(case)
    found = [replace(finding, groups=()) for finding in judgement.findings]
    return {
        "judgement": repr(replace(judgement, findings=tuple(found))),
        "name": case.name,
        "last_step": case.last_step,
        "valid_to": dict(case.valid_to),
        "status": case.pulse.status,
        "moments": case.pulse.moments.tolist(),
        "heard": case.pulse.heard,
        "usual": case.pulse.usual,
        "step_seconds": case.pulse.step_seconds,
        "paces": sorted(zip(case.paces.steps.tolist(), case.paces.ranks.tolist(), strict=True)),
        "reward": [part.tolist() for part in case.history("reward")],
        "alerts": repr([judged.alerts for judged in case.judged.values()]),
    }


def same(path: Path) -> Judgement:
    """The judgement on a log, the same both ways."""
    case = Growing(path).look(NOW)
    assert case is not None
    assert plain(case) == plain(case_of(read(path, now=NOW)))
    return judge_case(case)


def rows(steps: range, attempt: int = 0, level: float = 0.8) -> list[bytes]:
    dice = np.random.default_rng(attempt)
    return [
        text
        for step in steps
        for text in (
            line("reward", step, n=8, mean=level + 0.05 * float(dice.normal()), std=0.3, attempt=attempt),
            line("perf", step, step_seconds=5.0, attempt=attempt),
            line("perf", step, rank=1, step_seconds=5.0, reward_seconds={"f": 1.0}, attempt=attempt),
            line("step", step, loss=0.1, attempt=attempt, time=1000.0 + step + 200 * attempt),
        )
    ]


def log(folder: Path, *lines: bytes) -> Path:
    return write(folder / "exp1.jsonl", *numbered(*lines))


def test_a_run_of_one_attempt(tmp_path: Path) -> None:
    end = line("run", 60, phase="end", status="finished", time=1100.0)
    found = same(log(tmp_path, line("run", 0), *rows(range(1, 40)), *rows(range(40, 61), level=0.0), end))
    assert found.verdict == "error"


def test_a_resume_makes_void_what_lies_behind_it(tmp_path: Path) -> None:
    first, second = rows(range(1, 41)), rows(range(25, 50), attempt=1)
    again = line("run", 24, attempt=1, resumed_from_step=24, time=1200.0)
    found = same(log(tmp_path, line("run", 0), *first, again, *second))
    assert found.verdict == "warning"  # it broke off


def test_a_start_that_made_no_step_replaces_nothing(tmp_path: Path) -> None:
    again = line("run", 10, attempt=1, resumed_from_step=10, time=1200.0)
    same(log(tmp_path, line("run", 0), *rows(range(1, 41)), again))


def test_other_ranks_have_parts_of_their_own(tmp_path: Path) -> None:
    ranks = [[text for text in rows(range(1, 41)) if (b'"rank":1' in text) is other] for other in (False, True)]
    again = [line("run", 24, attempt=1, resumed_from_step=24, time=1200.0, rank=rank) for rank in (0, 1)]
    then = [line("perf", 25, attempt=1, rank=rank, step_seconds=7.0) for rank in (0, 1)]
    write(tmp_path / "exp1.rank1.jsonl", *numbered(line("run", 0, rank=1), *ranks[1], again[1], then[1]))
    path = log(tmp_path, line("run", 0), *ranks[0], again[0], then[0], *rows(range(25, 26), attempt=1))
    same(path)


def test_recorded_alerts_of_what_cannot_be_replayed_count(tmp_path: Path) -> None:
    groups = [{"step": 8, "mode": "train", "group": 1, "prompt_id": "ab", "shows": "longest"}]
    stall = line("alert", 9, rule="stall", metric="perf/step_seconds", severity="warning", groups=groups)
    found = same(log(tmp_path, line("run", 0), *rows(range(1, 10)), stall))
    assert [finding.rule for finding in found.findings] == ["stall", "died"]
    assert [group.shows for group in found.findings[0].groups] == ["longest"]


def test_a_log_without_a_run_event_and_one_with_a_bad_one(tmp_path: Path) -> None:
    same(log(tmp_path, *rows(range(1, 30))))
    bad = line("run", 0).replace(b'"name":"exp1"', b'"name":"exp1","max_steps":"many"')
    same(log(tmp_path, bad, *rows(range(1, 30))))


def test_the_recorded_demo(tmp_path: Path) -> None:
    same(recorded.unpack(tmp_path))


@pytest.mark.skipif(not (REAL / "manifest.jsonl").is_file(), reason=f"no real runs at {REAL}")
@pytest.mark.parametrize("kind", ["trainer_state", "log_history_json", "stdout_log", "wandb", "metrics_jsonl"])
def test_logs_of_other_programs(kind: str) -> None:
    for path in sorted((REAL / kind).iterdir())[:4]:
        found = gathered(path)
        assert found is not None
        assert plain(found[0].case(NOW)) == plain(case_of(read(path, now=NOW)))
