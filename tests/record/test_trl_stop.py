"""Real trainings that an alert stops: one decision of rank 0, a checkpoint first, and an end that says why."""

import json

import pytest
from logs import records

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl as tiny
from test_trl_runs import history, run
from transformers import TrainerCallback
from trl import GRPOTrainer

import grpolog
from grpolog.errors import TrainerError

pytestmark = pytest.mark.trl


def attached(tmp_path, stop_on, breaks_at=3, **options):
    """A trainer whose reward function damages the model at a step: the update makes it NaN, then nothing samples."""

    def breaks(completions, trainer_state, **kwargs):
        if trainer_state.global_step + 1 == breaks_at:
            next(trainer.model.parameters()).data.fill_(float("nan"))
        return tiny.accuracy(completions)

    trainer = tiny.trainer(tmp_path / "out", rewards=[breaks], **{"max_steps": 9, **options})
    grpolog.attach(trainer, tmp_path / "run.jsonl", console=0, stop_on=stop_on)
    return trainer


class LogsNan(GRPOTrainer):
    """A trainer whose gradients are said not to be finite from the third step on."""

    def log(self, logs, *args, **kwargs):
        if "grad_norm" in logs and self.state.global_step >= 3:
            logs["grad_norm"] = float("nan")
        super().log(logs, *args, **kwargs)


def end(log):
    return records(log, "run", phase="end")[-1]


@pytest.mark.parametrize("strategy", ["no", "steps", "epoch"])
def test_a_reward_that_breaks_the_model_stops_training_before_it_samples_again(tmp_path, strategy):
    trainer = attached(tmp_path, ("non_finite",), save_strategy=strategy)
    trainer.train()
    (alert,) = records(tmp_path / "run.jsonl", "alert", rule="non_finite", metric="grad_norm")
    assert (alert["step"], trainer.state.global_step) == (3, 3)
    assert [path.name for path in (tmp_path / "out").glob("checkpoint-*")] == ["checkpoint-3"]
    ended = end(tmp_path / "run.jsonl")
    assert (ended["step"], ended["status"]) == (3, "stopped")
    assert ended["stopped_by"] == "non_finite: Step 3: grad_norm is not a finite number"


@pytest.mark.parametrize("alone", [True, False])
def test_a_trainer_that_keeps_the_best_only_saves_when_it_stops_too(tmp_path, alone):
    class Worsens(LogsNan):
        def evaluate(self, *args, **kwargs):
            return super().evaluate(*args, **kwargs) | {"eval_task": -self.state.global_step}

    given = {"eval_dataset": tiny.prompts(2), "eval_strategy": "steps", "eval_steps": 1, "num_generations_eval": 2}
    given |= {"kind": Worsens, "save_strategy": "best", "metric_for_best_model": "task", "greater_is_better": True}
    if alone:
        callbacks = [grpolog.ComprehensiveLoggingCallback(console=0, stop_on="error")]
        trainer = tiny.trainer(tmp_path / "out", callbacks=callbacks, **given)
    else:
        trainer = attached(tmp_path, "error", None, **given)
    trainer.train()
    assert {path.name for path in (tmp_path / "out").glob("checkpoint-*")} == {
        "checkpoint-1",
        f"checkpoint-{trainer.state.global_step}",
    }


def test_the_last_good_checkpoint_is_not_displaced_by_the_one_of_the_stop(tmp_path):
    trainer = attached(tmp_path, "error", save_strategy="steps", save_steps=2, save_total_limit=1)
    trainer.train()
    assert {path.name for path in (tmp_path / "out").glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-3"}
    assert trainer.args.save_total_limit == 1


@pytest.mark.parametrize(("stop_on", "kind"), [(None, LogsNan), ("error", GRPOTrainer), (("slow_down",), LogsNan)])
def test_training_goes_to_its_end_without_an_alert_that_stops(tmp_path, stop_on, kind):
    trainer = attached(tmp_path, stop_on, None, kind=kind, max_steps=6)
    trainer.train()
    ended = end(tmp_path / "run.jsonl")
    assert (trainer.state.global_step, ended["status"], ended.get("stopped_by")) == (6, "finished", None)
    assert not list((tmp_path / "out").glob("checkpoint-*"))


def test_an_alert_in_the_last_step_stops_nothing(tmp_path):
    attached(tmp_path, "error", max_steps=3).train()
    assert records(tmp_path / "run.jsonl", "alert", rule="non_finite")
    ended = end(tmp_path / "run.jsonl")
    assert (ended["status"], ended.get("stopped_by")) == ("finished", None)


def test_a_stop_that_somebody_else_asked_for_is_not_the_alerts(tmp_path):
    class Enough(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_training_stop = state.global_step >= 2

    trainer = attached(tmp_path, "error", callbacks=[Enough()])
    trainer.train()
    ended = end(tmp_path / "run.jsonl")
    assert (ended["step"], ended["status"], ended.get("stopped_by")) == (2, "stopped", None)


def test_a_run_that_was_stopped_can_be_resumed(tmp_path):
    attached(tmp_path, "error", None, kind=LogsNan).train()
    resumed = attached(tmp_path, "error", None, kind=LogsNan, max_steps=6)
    resumed.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-3"))
    log = tmp_path / "run.jsonl"
    assert [event["resumed_from_step"] for event in records(log, "run", phase="start")] == [0, 3]
    # the alert stands since the first attempt and opens no second time: who resumes has seen it
    assert (end(log)["attempt"], end(log)["step"], end(log)["status"]) == (1, 6, "finished")


@pytest.mark.parametrize("first", [0, 1])
def test_callbacks_alone_stop_training_too(tmp_path, first):
    made = grpolog.get_callbacks(tiny.config(tmp_path / "out"), console=0, stop_on="error")
    trainer = tiny.trainer(tmp_path / "out", kind=LogsNan, callbacks=[made[first], made[1 - first]], max_steps=9)
    trainer.train()
    assert trainer.state.global_step == 4  # one step later: only a step's end is common to all ranks
    assert (tmp_path / "out" / "checkpoint-4").exists()
    ended = end(tmp_path / "out" / "grpolog.jsonl")
    assert (ended["status"], ended["stopped_by"]) == ("stopped", "non_finite: Step 3: grad_norm is not a finite number")


def test_attached_callbacks_stop_training_once(tmp_path):
    made = grpolog.get_callbacks(tiny.config(tmp_path / "out"), console=0, stop_on="error")
    trainer = tiny.trainer(tmp_path / "out", kind=LogsNan, callbacks=made, max_steps=9)
    grpolog.attach(trainer, tmp_path / "run.jsonl")
    trainer.train()
    assert [path.name for path in (tmp_path / "out").glob("checkpoint-*")] == ["checkpoint-3"]
    assert (end(tmp_path / "run.jsonl")["step"], end(tmp_path / "run.jsonl")["status"]) == (3, "stopped")


def test_a_trainer_that_cannot_be_stopped_is_refused(tmp_path):
    class Own(GRPOTrainer):
        @property
        def _maybe_log_save_evaluate(self):
            raise AttributeError

    with pytest.raises(TrainerError, match="_maybe_log_save_evaluate"):
        attached(tmp_path, "error", kind=Own)
    attached(tmp_path, None, kind=Own)


@pytest.mark.parametrize("how", ["attached", "alone"])
def test_two_ranks_stop_at_the_same_step(tmp_path, how):
    arguments = ["--steps", "9", "--break-at", "3", "--options", '{"stop_on": "error"}']
    run(tmp_path, *arguments, *(["--alone"] if how == "alone" else []), ranks=2)
    last = 4 if how == "alone" else 3
    assert [history(tmp_path, rank)["log"][-1]["step"] for rank in (0, 1)] == [last, last]
    assert (tmp_path / "out" / f"checkpoint-{last}" / "trainer_state.json").exists()
    if how == "alone":
        assert end(tmp_path / "out" / "grpolog.jsonl")["status"] == "stopped"
        return
    ends = [records(tmp_path / "run.jsonl", "run", rank=rank, phase="end")[-1] for rank in (0, 1)]
    assert [e["status"] for e in ends] == ["stopped", "stopped"]
    assert {e["stopped_by"] for e in ends} == {"non_finite: Step 3: grad_norm is not a finite number"}


@pytest.mark.parametrize("rank", [0, 1])
def test_ranks_that_do_not_say_the_same_do_as_rank_zero_says(tmp_path, rank):
    options = json.dumps({"stop_on": "error"})
    run(tmp_path, "--steps", "6", "--break-at", "3", "--rank-options", str(rank), "--options", options, ranks=2)
    assert [history(tmp_path, r)["log"][-1]["step"] for r in (0, 1)] == ([3, 3] if rank == 0 else [6, 6])


def test_a_rank_zero_that_cannot_record_stops_nobody(tmp_path):
    arguments = ["--steps", "5", "--break-at", "3", "--options", '{"stop_on": "error"}']
    run(tmp_path, *arguments, "--fail-rank", "0", ranks=2)
    assert [history(tmp_path, rank)["log"][-1]["step"] for rank in (0, 1)] == [5, 5]
