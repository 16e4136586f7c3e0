"""What is said of tiny runs that failed, or did not, in known ways: in training and in replay.

They were trained by `make faults` and recorded by `benchmarks/faults/record.py`.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from backports.zstd import open as open_zstd
from logs import records

from grpolog.analysis import read
from grpolog.analysis.judgement import judge

RECORDED = Path(__file__).parents[1] / "data" / "faults"

SAID: dict[str, tuple[str, dict[str, str]]] = {
    "healthy-0": ("ok", {}),
    "healthy-1": ("ok", {}),
    "healthy-2": ("ok", {}),
    "slower": ("ok", {}),
    "resumed": ("ok", {}),
    "solved": ("info", {"no_contrast": "info", "mode_collapse": "info"}),
    "verifier": ("error", {"reward_drop": "error", "no_contrast": "warning", "entropy_collapse": "warning"}),
    "truncated": ("error", {"no_contrast": "error", "truncation": "warning"}),
    "nan": ("error", {"non_finite": "error"}),
    "collapse": (
        "error",
        {
            "reward_drop": "error",
            "no_contrast": "error",
            "truncation": "error",
            "entropy_explosion": "error",
            "entropy_collapse": "warning",
            "mode_collapse": "warning",
        },
    ),
    "gamed": (
        "error",
        {
            "reward_hacking": "error",
            "dominance": "error",
            "reward_drop": "error",
            "no_contrast": "error",
            "entropy_explosion": "error",
            "format_collapse": "warning",
            "length_drift": "warning",
            "kl_blow_up": "warning",
            "gradient": "warning",
        },
    ),
}
"""By run its verdict, and by rule the highest severity that it raised."""


def highest(alerts: Iterable[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for alert in alerts:
        if alert["rule"] != "trend" and alert["state"] != "resolved":
            severities = (found.get(alert["rule"], "info"), alert["severity"])
            found[alert["rule"]] = max(severities, key=("info", "warning", "error").index)
    return found


def test_every_recorded_run_has_a_label() -> None:
    assert {path.name.partition(".")[0] for path in RECORDED.glob("*.zst")} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_a_run_is_judged_by_what_happened_to_it_in_training_and_in_replay(name: str) -> None:
    log = RECORDED / f"{name}.jsonl"
    run = read(log)
    replayed = run.replay.alerts.filter(pl.col("origin") != "recorded").to_dicts()
    assert highest(records(log, "alert")) == highest(replayed) == SAID[name][1]
    assert run.replay.differences == ()
    assert judge(run).verdict == SAID[name][0]


def test_the_cause_of_an_exception_comes_before_it() -> None:
    judgement = judge(read(RECORDED / "nan.jsonl"))
    assert [finding.rule for finding in judgement.findings][:2] == ["non_finite", "crash"]
    assert judgement.sentence.startswith("Step 50: grad_norm is not a finite number")


def test_an_overlap_after_a_kill_is_superseded_and_the_run_counts_once() -> None:
    run = read(RECORDED / "resumed.jsonl")
    trained = run.steps.filter(pl.col("mode") == "train")
    assert trained.filter("superseded").select("attempt", "step").rows() == [(0, step) for step in range(61, 78)]
    assert trained.filter(~pl.col("superseded"))["step"].to_list() == list(range(1, 121))


@pytest.mark.parametrize("name", SAID)
def test_nothing_of_the_machine_is_in_a_recorded_run(name: str) -> None:
    with open_zstd(RECORDED / f"{name}.jsonl.zst", "rb") as file:
        text = file.read()
    assert re.findall(rb'"/(?!metrics/)\w+/', text) == []  # a path; JSON pointers to metrics look alike
    for run in records(RECORDED / f"{name}.jsonl", "run"):
        assert not {"host", "pid", "command", "git_commit"} & run.keys()
