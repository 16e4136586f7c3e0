"""The short form of `make torture`, in a process of its own: it forks off all its children from there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_short_campaign_breaks_no_promise():
    """Without the trainings, whose short form is in `tests/record/test_trl_callbacks.py` and `test_trl_runs.py`."""
    short = ["--scale", "0.005", "--seed", "3", "--only", "^(?!.*TRL)"]
    command = [sys.executable, "-m", "benchmarks.torture", *short]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
