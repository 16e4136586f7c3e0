"""Trainers that are not quite TRL's, and callers that go on using what they handed over."""

import gc
import weakref

import pytest
from logs import records

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl as tiny
import torch
from transformers import Qwen2Config, Qwen2ForSequenceClassification, TrainerCallback
from trl import GRPOTrainer

import grpolog

pytestmark = pytest.mark.trl


def train(tmp_path, **options):
    trainer = tiny.trainer(tmp_path / "out", max_steps=3, **options)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.train()
    return trainer, log


def generations(log):
    return [(event["step"], event["n"]) for event in records(log, "quality")]


def end(log):
    return records(log, "run", phase="end")[0]


def assert_rewards_equal_those_of_trl(trainer, log):
    told = {row["step"]: row["reward"] for row in trainer.state.log_history if "reward" in row}
    own = {event["step"]: event["mean"] for event in records(log, "reward", name="total")}
    assert own == pytest.approx(told, abs=1e-5)


class PassesOn(GRPOTrainer):
    def _calculate_rewards(self, *args, **kwargs):
        return super()._calculate_rewards(*args, **kwargs)


class NamesOtherwise(GRPOTrainer):
    def _calculate_rewards(self, rows, asked, answered, ids):
        return super()._calculate_rewards(rows, asked, answered, ids)


@pytest.mark.parametrize("kind", [PassesOn, NamesOtherwise])
def test_a_method_with_a_signature_of_its_own_is_captured_like_trls(tmp_path, kind):
    trainer, log = train(tmp_path, kind=kind)
    assert_rewards_equal_those_of_trl(trainer, log)
    assert end(log)["capture"] == "trainer"
    assert "lost" not in end(log)


def test_completions_that_are_sampled_and_passed_over_are_recorded_too(tmp_path):
    class UntilItIsGood(GRPOTrainer):
        """Samples twice and learns from the second, as dynamic sampling does."""

        def _generate_and_score_completions(self, inputs):
            super()._generate_and_score_completions(inputs)
            return super()._generate_and_score_completions(inputs)

    _, log = train(tmp_path, kind=UntilItIsGood)
    assert generations(log) == [(1, 8), (1, 8), (2, 8), (2, 8), (3, 8), (3, 8)]
    assert end(log)["capture"] == "trainer"
    assert all(event["live_share"] > 0 for event in records(log, "quality"))


def test_a_trainer_that_learns_from_some_completions_only_is_captured_at_its_reward_functions(tmp_path):
    class KeepsOneGroup(GRPOTrainer):
        def _generate_and_score_completions(self, inputs):
            output = super()._generate_and_score_completions(inputs)
            return {k: v[:4] if torch.is_tensor(v) and v.ndim else v for k, v in output.items()}

    trainer, log = train(tmp_path, kind=KeepsOneGroup, steps_per_generation=2, per_device_train_batch_size=4)
    assert generations(log) == [(1, 8), (3, 8)]
    assert {k: end(log).get(k) for k in ("capture", "lost")} == {"capture": "reward_functions", "lost": None}
    assert "4 advantages for 8 completions" in end(log)["capture_note"]
    assert trainer.state.global_step == 3


def test_weights_that_change_while_training_count_from_then_on(tmp_path):
    class Anneal(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            trainer.reward_weights[1] = 1.0 if state.global_step == 0 else 0.25

    trainer = tiny.trainer(tmp_path / "out", max_steps=3, callbacks=[Anneal()])
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.train()
    assert_rewards_equal_those_of_trl(trainer, log)
    assert [event["weight"] for event in records(log, "reward", name="brevity")] == [1.0, 0.25, 0.25]


def test_an_evaluation_before_training_opens_the_log_with_any_capture(tmp_path, monkeypatch):
    monkeypatch.setattr("grpolog.record.trl.capture._INSIDE", ("a method of a later version",))
    trainer = tiny.trainer(tmp_path / "out", eval_dataset=tiny.prompts(4), num_generations_eval=2, max_steps=1)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.evaluate()
    trainer.train()
    events = records(log)
    assert (events[0]["event"], events[0]["capture"]) == ("run", "reward_functions")
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert generations(log) == [(0, 8), (1, 8)]


def test_the_callers_list_of_reward_functions_stays_as_it_was(tmp_path):
    functions = [tiny.accuracy, tiny.brevity]
    train(tmp_path, rewards=functions)
    assert functions == [tiny.accuracy, tiny.brevity]


def judge():
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=len(tiny.WORDS), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_labels=1, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    return Qwen2ForSequenceClassification(config)


def test_a_reward_model_that_outlives_its_trainer_does_not_keep_it_alive(tmp_path):
    model = judge()
    words = tiny.tokenizer()
    trainer = GRPOTrainer(
        model=tiny.model(), reward_funcs=model, processing_class=words, reward_processing_classes=words,
        args=tiny.config(tmp_path / "out", max_steps=1), train_dataset=tiny.prompts(),
    )  # fmt: skip
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0).path
    trainer.train()
    assert records(log, "perf")[0]["reward_seconds"]
    gone = weakref.ref(trainer)
    del trainer
    gc.collect()
    assert gone() is None
