"""The demo: its task, the recorded run, a real short training."""

import random
from pathlib import Path

import pytest
from cli.commands import grpolog, loaded

import grpolog as package
from grpolog.demo import recorded, task


def test_a_half_learned_answer_is_paid_by_the_functions_as_it_deserves() -> None:
    right = "<think>\nStep 1: 2 + 3 = 5\n</think>\n<answer>\n5\n</answer>"
    wrong = right.replace("\n5\n<", "\n6\n<")
    ids = [[1] * 16, [1] * 16]
    assert task.accuracy([right, wrong], [5, 5]) == [1.0, 0.0]
    assert task.format([right, "The answer is 5"]) == [1.0, 0.0]
    assert task.reasoning_steps([right, "The answer is 5"]) == [pytest.approx(1 / 3), 0.0]
    assert task.cosine([right, wrong], [5, 5], ids) == [pytest.approx(0.75), pytest.approx(-0.75)]
    assert task.repetition_penalty(["a b c a b c", "a b c"]) == [pytest.approx(-0.25), 0.0]


def test_held_out_problems_are_none_of_the_training_problems() -> None:
    training, held_out = task.problems(seed=0, held_out=24)
    assert len(held_out) == 24
    assert set(training).isdisjoint(held_out)
    answers = {task.half_learned_answer(held_out[0], random.Random(i)) for i in range(50)}
    assert len(answers) > 10


def test_the_recorded_run_learns_and_lacks_nothing(tmp_path: Path) -> None:
    run = package.read(recorded.unpack(tmp_path))
    assert (run.status, run.audit.complete, run.audit.last_step) == ("finished", True, recorded.STEPS)
    accuracy = run.history("rewards/accuracy/mean")["value"]
    evaluated = run.history("eval_rewards/accuracy/mean")["value"]
    assert accuracy.tail(20).mean() > accuracy.head(20).mean() + 0.1
    assert evaluated[-1] > evaluated[0] + 0.1
    assert run.info is not None
    assert (run.info.host, run.info.pid, run.info.command) == (None, None, None)


def test_the_demo_reports_the_recorded_run_without_torch(tmp_path: Path) -> None:
    said = grpolog("demo", "--no-train", "-o", tmp_path).stderr.splitlines()
    assert said == [f"Wrote {tmp_path / f'demo-recorded.{ending}'}" for ending in ("jsonl", "html", "md")]
    assert {"demo-recorded.jsonl", "demo-recorded.html", "demo-recorded.md"} == {p.name for p in tmp_path.iterdir()}
    call = f"cli(['demo', '--no-train', '-o', {str(tmp_path)!r}], standalone_mode=False)"
    assert loaded(f"from grpolog.cli import cli\n{call}") & {"torch", "transformers", "trl"} == set()


@pytest.mark.trl
def test_a_short_training_is_recorded_and_a_second_one_takes_a_fresh_log(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="the extra `trl` is not installed")
    from grpolog.demo.train import train

    said: list[str] = []
    logs = [train(tmp_path / "demo.jsonl", 3, warm_up_steps=20, say=said.append, console=0) for _ in range(2)]
    assert [log.name for log in logs] == ["demo.jsonl", "demo-2.jsonl"]
    run = package.read(logs[0])
    assert (run.status, run.audit.last_step, run.audit.complete) == ("finished", 3, True)
    assert run.rewards["name"].unique().sort().to_list() == sorted([*task.REWARD_RANGE, "total"])
    assert len(run.history("kl")) == 3
    assert said[0].startswith("warm-up")
