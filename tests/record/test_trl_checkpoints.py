"""Checkpoints of a real training: recorded as they are saved, with those that are kept."""

from pathlib import Path

import pytest

import grpolog

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl

pytestmark = pytest.mark.trl


def test_each_save_names_the_checkpoints_that_it_leaves(tmp_path: Path) -> None:
    saving = {"save_strategy": "steps", "save_steps": 2, "save_total_limit": 2, "max_steps": 6}
    trainer = tiny_trl.trainer(tmp_path / "out", **saving)
    grpolog.attach(trainer, tmp_path / "exp1.jsonl")
    trainer.train()
    run = grpolog.read(tmp_path / "exp1.jsonl")
    saved = run.perf.select("step", "checkpoints").drop_nulls("checkpoints").rows()
    assert [(step, [Path(path).name for path in paths]) for step, paths in saved] == [
        (2, ["checkpoint-2"]),
        (4, ["checkpoint-2", "checkpoint-4"]),
        (6, ["checkpoint-4", "checkpoint-6"]),
    ]
    assert all(Path(path).is_dir() for path in saved[-1][1])
    assert run.replay.differences == ()
