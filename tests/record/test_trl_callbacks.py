"""Callbacks alone and adopted, the trainer's reporters, and trainers that cannot be attached."""

import warnings

import pytest
from logs import records

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl as tiny
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from trl import GRPOTrainer

import grpolog
from grpolog.errors import GrpologError, TrainerError
from grpolog.record.at_exit import _end_all
from grpolog.record.options import REPORTED

pytestmark = pytest.mark.trl


class ScriptArguments:
    reward_funcs = ("accuracy", "brevity")

    def __init__(self):
        self.dataset_name = "toy"
        self.hub_token = "hf_abcdefghijklmnopqrstuvwxyz012345"


def test_callbacks_alone_record_the_scalars_and_say_once_what_is_missing(tmp_path, capsys):
    callbacks = grpolog.get_callbacks(tiny.config(tmp_path / "out"), None, ScriptArguments(), window_size=2)
    trainer = tiny.trainer(tmp_path / "out", callbacks=callbacks, max_steps=4)
    trainer.train()
    log = tmp_path / "out" / "grpolog.jsonl"
    assert [event["step"] for event in records(log, "step")] == [1, 2, 3, 4]
    assert not records(log, "reward")
    (start,) = records(log, "run", phase="start")
    assert start["capture"] == "callback"
    assert "grpolog.attach" in start["capture_note"]
    assert start["config"]["script_args"] == {"dataset_name": "toy", "hub_token": "***"}
    assert capsys.readouterr().out.count("a callback sees the trainer's scalars only") == 1
    told = [row["rewards/accuracy/mean"] for row in trainer.state.log_history if "reward" in row]
    assert callbacks[0].reward_history["accuracy"] == pytest.approx(told)
    assert callbacks[1].reward_history["accuracy"] == pytest.approx(told)
    assert len(records(log, "run", phase="start")) == 1


def test_callbacks_accept_completions_where_a_caller_passes_them(tmp_path):
    callback = grpolog.ComprehensiveLoggingCallback(console=0)

    class Generous(GRPOTrainer):
        def log(self, logs, start_time=None):
            self.state.log_history.append(logs)
            self.callback_handler.call_event(
                "on_log", self.args, self.state, self.control, logs=logs,
                rewards={"accuracy": [1.0, 0.0]}, completions=["a", "b"],
            )  # fmt: skip

    trainer = tiny.trainer(tmp_path / "out", kind=Generous, callbacks=[callback], max_steps=2)
    trainer.train()
    events = records(tmp_path / "out" / "grpolog.jsonl", "reward", name="accuracy")
    assert [(event["step"], event["mean"]) for event in events][:2] == [(1, 0.5), (2, 0.5)]
    assert callback.reward_history["accuracy"][:2] == [0.5, 0.5]
    assert callback.generation_stats["response_chars"][:2] == [1.0, 1.0]


def test_attach_adopts_the_callbacks_that_are_there(tmp_path):
    callbacks = [
        grpolog.ComprehensiveLoggingCallback(ScriptArguments(), log_examples=False, console=0),
        grpolog.RewardTrendCallback(window_size=2),
    ]
    trainer = tiny.trainer(tmp_path / "out", callbacks=callbacks, max_steps=4)
    recorder = grpolog.attach(trainer, tmp_path / "run.jsonl")
    trainer.train()
    assert not (tmp_path / "out" / "grpolog.jsonl").exists()
    assert recorder.options.window_size == 2
    assert len(records(recorder.path, "run", phase="start")) == 1
    assert not records(recorder.path, "example")
    means = [event["mean"] for event in records(recorder.path, "reward", name="accuracy")]
    for callback in callbacks:
        assert callback.reward_history["accuracy"] == means
        assert len(callback.generation_stats["response_chars"]) == 4


def test_a_second_training_in_one_process_opens_a_second_attempt(tmp_path):
    callback = grpolog.ComprehensiveLoggingCallback(console=0)
    for _ in range(2):
        tiny.trainer(tmp_path / "out", callbacks=[callback], max_steps=2).train()
    starts = records(tmp_path / "out" / "grpolog.jsonl", "run", phase="start")
    assert [(start["attempt"], start["resumed_from_step"]) for start in starts] == [(0, 0), (1, 0)]


def test_chosen_metrics_reach_the_trainers_reporters(tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "tb"))
    trainer = tiny.trainer(
        tmp_path / "out", report_to=["tensorboard"], max_steps=4, logging_steps=2, eval_dataset=tiny.prompts(4),
        eval_strategy="steps", eval_steps=2, num_generations_eval=2,
    )  # fmt: skip
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0, think_tags=("<think>", "</think>")).path
    trainer.train()
    (folder,) = {path.parent for path in tmp_path.rglob("events.out.tfevents*")}
    board = EventAccumulator(str(folder)).Reload()
    written = {event.step: event.value for event in board.Scalars("train/group/live_share")}
    own = {event["step"]: event["live_share"] for event in records(log, "quality", mode="train")}
    assert written == {2: pytest.approx((own[1] + own[2]) / 2), 4: pytest.approx((own[3] + own[4]) / 2)}
    assert "eval/quality/format_rate" in board.Tags()["scalars"]
    assert len(REPORTED) <= 10
    for event in records(log, "step"):  # our own events have them already
        assert not set(event.get("metrics") or {}) & set(REPORTED)


def test_a_log_that_a_live_process_writes_makes_attach_take_the_next_name(tmp_path):
    with grpolog.Recorder(tmp_path / "run.jsonl", console=0) as other:
        other.log_step(1, {"loss": 1.0})
        trainer = tiny.trainer(tmp_path / "out", max_steps=1)
        with pytest.warns(RuntimeWarning, match=r"recording to .*run-2\.jsonl"):
            recorder = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0)
        trainer.train()
    assert recorder.path == tmp_path / "run-2.jsonl"
    assert records(recorder.path, "step")


def test_attaching_anew_before_training_reuses_the_log(tmp_path):
    grpolog.attach(tiny.trainer(tmp_path / "out", max_steps=1), tmp_path / "run.jsonl", console=0)
    trainer = tiny.trainer(tmp_path / "out", max_steps=1)
    assert grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path == tmp_path / "run.jsonl"
    trainer.train()
    assert len(records(tmp_path / "run.jsonl", "run", phase="start")) == 1


def test_attaching_twice_to_one_trainer_is_refused(tmp_path):
    trainer = tiny.trainer(tmp_path / "out")
    grpolog.attach(trainer, tmp_path / "run.jsonl")
    with pytest.raises(TrainerError, match="recorded already"):
        grpolog.attach(trainer, tmp_path / "other.jsonl")


def test_a_trainer_that_samples_in_other_processes_is_refused_in_one_sentence(tmp_path):
    class AsyncGRPOTrainer:
        pass

    with pytest.raises(TrainerError, match="use callbacks="):
        grpolog.attach(AsyncGRPOTrainer(), tmp_path / "run.jsonl")
    assert not (tmp_path / "run.jsonl").exists()


def test_an_exception_in_training_ends_the_log_as_failed_and_passes_through(tmp_path):
    def broken(completions, trainer_state, **kwargs):
        if trainer_state.global_step == 2:
            raise ZeroDivisionError("no reward today")
        return tiny.accuracy(completions)

    trainer = tiny.trainer(tmp_path / "out", rewards=[broken])
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    with pytest.raises(ZeroDivisionError):
        trainer.train()
    (end,) = records(log, "run", phase="end")
    assert (end["status"], end["error"]) == ("failed", "ZeroDivisionError: no reward today")


@pytest.mark.parametrize("method", ["start", "generation", "row", "perf", "end"])
def test_a_bug_of_ours_costs_one_warning_and_no_training_step(tmp_path, method):
    trainer = tiny.trainer(tmp_path / "out")
    recorder = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0)
    original = getattr(recorder.session, method)

    def broken(*args, **kwargs):
        raise RuntimeError("a bug")

    setattr(recorder.session, method, broken)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trainer.train()
    assert trainer.state.global_step == 4
    assert len([w for w in caught if "grpolog could not record" in str(w.message)]) == 1
    if method == "end":
        original("stopped")


@pytest.mark.parametrize("method", ["_now", "_send", "_pass_over"])
def test_a_bug_around_a_generation_does_not_reach_training(tmp_path, monkeypatch, method):
    trainer = tiny.trainer(tmp_path / "out", max_steps=2)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    monkeypatch.setattr(f"grpolog.record.trl.capture.Capture.{method}", lambda *_: 1 / 0)
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError") as caught:
        trainer.train()
    assert trainer.state.global_step == 2
    assert len([w for w in caught if "grpolog could not record" in str(w.message)]) == 1
    assert [event["step"] for event in records(log, "step")] == [1, 2]
    assert sum(records(log, "run", phase="end")[0]["lost"].values()) >= 2


def test_a_bug_in_a_hook_does_not_reach_training(tmp_path, monkeypatch):
    callbacks = [grpolog.ComprehensiveLoggingCallback(console=0)]
    trainer = tiny.trainer(tmp_path / "out", callbacks=callbacks, max_steps=2)
    monkeypatch.setattr("grpolog.record.trl.hooks.RecordingCallback._begin_alone", lambda *_: 1 / 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trainer.train()
    told = [str(w.message) for w in caught if "grpolog" in str(w.message)]
    assert told == ["grpolog does not record this run: division by zero"]
    assert trainer.state.global_step == 2


def test_a_bug_in_a_hook_is_printed_where_warnings_are_errors(tmp_path, monkeypatch, capsys):
    callback = grpolog.ComprehensiveLoggingCallback(console=0)
    monkeypatch.setattr("grpolog.record.trl.hooks.RecordingCallback._begin_alone", lambda *_: 1 / 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        callback.on_log(None, None, None, logs={})
    assert capsys.readouterr().err == "grpolog does not record this run: division by zero\n"


def test_evaluating_before_and_after_training_is_recorded(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=2)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.evaluate()
    trainer.train()
    trainer.evaluate()
    starts = records(log, "run", phase="start")
    assert [(start["attempt"], start["resumed_from_step"]) for start in starts] == [(0, 0), (1, 2)]
    assert [(e["attempt"], e["step"]) for e in records(log, "step", mode="eval")] == [(0, 0), (1, 2)]


def test_an_evaluation_after_training_is_finished_when_the_process_ends(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=1)
    recorder = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0)
    trainer.train()
    trainer.evaluate()
    _end_all()
    assert [event["status"] for event in records(recorder.path, "run", phase="end")] == ["finished", "finished"]


def test_a_trainer_that_was_only_evaluated_since_leaves_the_log_to_the_next_one(tmp_path):
    for step in (0, 1):
        trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=1)
        log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
        trainer.evaluate()
        assert log == tmp_path / "run.jsonl"
        runs = [(event["attempt"], event["phase"], event["status"]) for event in records(log, "run")]
        assert runs == [(0, "start", "running"), (0, "end", "finished"), (1, "start", "running")][: 1 + 2 * step]


def test_options_that_do_not_exist_are_refused_where_the_callback_is_made():
    with pytest.raises(TypeError, match="no_such_option"):
        grpolog.ComprehensiveLoggingCallback(no_such_option=1)
    with pytest.raises(GrpologError, match="max_bytes"):
        grpolog.RewardTrendCallback(max_bytes=1)


def test_an_evaluation_before_training_and_training_share_an_attempt(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=1)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.evaluate()
    trainer.train()
    assert [(event["attempt"], event["phase"]) for event in records(log, "run")] == [(0, "start"), (0, "end")]


def test_training_that_the_process_leaves_after_an_evaluation_was_stopped(tmp_path):
    class Leaves(GRPOTrainer):
        def training_step(self, *args, **kwargs):
            _end_all()
            return super().training_step(*args, **kwargs)

    trainer = tiny.trainer(
        tmp_path / "out", kind=Leaves, eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=1
    )
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.evaluate()
    with pytest.warns(RuntimeWarning, match="no attempt is open"):
        trainer.train()
    assert records(log, "run", phase="end")[0]["status"] == "stopped"


def test_training_that_begins_anew_without_an_end_is_a_new_attempt(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", max_steps=2)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    loop, calls = trainer._inner_training_loop, []

    def twice(*args, **kwargs):
        calls.append(1)
        if len(calls) == 1:
            hooks = trainer.callback_handler
            hooks.on_train_begin(trainer.args, trainer.state, trainer.control)
            hooks.on_step_end(trainer.args, trainer.state, trainer.control)
        return loop(*args, **kwargs)

    trainer._inner_training_loop = twice
    trainer.train()
    runs = [(e["attempt"], e["phase"], e["status"]) for e in records(log, "run")]
    assert runs == [(0, "start", "running"), (0, "end", "stopped"), (1, "start", "running"), (1, "end", "finished")]


def test_evaluations_under_a_prefix_and_predictions_have_a_name(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0, report_metrics=["quality/empty_share"]).path
    trainer.evaluate(metric_key_prefix="final")
    row = trainer.state.log_history[-1]
    (event,) = records(log, "step")
    assert (event["mode"], event["eval_name"]) == ("eval", "final")
    assert (event["loss"], event["reward"]) == (row["final_loss"], row["eval_reward"])
    trainer.predict(tiny.prompts(8))
    trainer.evaluate()
    qualities = records(log, "quality")
    assert [event.get("eval_name") for event in qualities] == ["final", "test", "test", None]
    assert trainer.state.log_history[-1]["eval_quality/empty_share"] == pytest.approx(qualities[-1]["empty_share"])


def test_a_row_outside_of_any_attempt_is_counted_as_lost(tmp_path):
    trainer = tiny.trainer(tmp_path / "out", max_steps=1)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    with pytest.warns(RuntimeWarning, match="no attempt is open"):
        trainer.log({"before": 1.0})
    trainer.train()
    events = records(log)
    assert events[0]["event"] == "run"
    assert (events[-1]["lost"], events[-1]["events_written"]) == ({"event": 1}, len(events))
