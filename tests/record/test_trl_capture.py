"""Every way in which a trainer makes completions, recorded from real training."""

import math
from collections import defaultdict
from functools import partial

import pytest
from logs import records

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl as tiny
import torch
from transformers import Qwen2Config, Qwen2ForSequenceClassification
from trl import GRPOTrainer, RLOOConfig, RLOOTrainer

import grpolog
from grpolog.record.options import REPORTED

pytestmark = pytest.mark.trl


class Counter(GRPOTrainer):
    """Counts the completions that it generates, per mode."""

    generated: dict

    def _generate(self, prompts):
        self.generated = getattr(self, "generated", defaultdict(int))
        self.generated["train" if self.model.training else "eval"] += len(prompts)
        return super()._generate(prompts)


def train(tmp_path, kind=Counter, attach=None, resume=None, **options):
    trainer = tiny.trainer(tmp_path / "out", kind=kind, **options)
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0, **(attach or {})).path
    trainer.train(resume_from_checkpoint=resume)
    return trainer, log


def completions(log, mode="train"):
    return sum(event["n"] for event in records(log, "quality", mode=mode))


def assert_equal_to_trl(trainer, log):
    """The recorded statistics of each logged row equal those that TRL logged for it."""
    by_step = defaultdict(dict)
    for event in records(log, "reward", mode="train"):
        by_step[event["step"]][event["name"]] = event
    rows = [row for row in trainer.state.log_history if "reward" in row and "eval_loss" not in row]
    assert rows
    for row in rows:
        told = by_step[row["step"]]
        assert told["total"]["mean"] == pytest.approx(row["reward"], abs=1e-5)
        assert told["total"]["std"] == pytest.approx(row["reward_std"], abs=1e-5)
        for name in trainer.reward_func_names:
            if row[f"rewards/{name}/mean"] is not None:
                assert told[name]["mean"] == pytest.approx(row[f"rewards/{name}/mean"], abs=1e-5)
                assert told[name]["std"] == pytest.approx(row[f"rewards/{name}/std"], abs=1e-5)


def test_rewards_equal_those_that_trl_logs_and_every_completion_is_counted(tmp_path):
    trainer, log = train(tmp_path, max_steps=6)
    assert_equal_to_trl(trainer, log)
    assert completions(log) == trainer.generated["train"] == 48
    assert [event["step"] for event in records(log, "quality")] == [1, 2, 3, 4, 5, 6]
    assert len(records(log, "group")) == 12
    (start,) = records(log, "run", phase="start")
    assert (start["capture"], start["primary"], start["group_size"]) == ("trainer", "accuracy", 4)
    assert records(log, "run", phase="end")[0]["status"] == "finished"
    assert [event["seq"] for event in records(log)] == list(range(len(records(log))))


def test_scalars_of_the_trainer_are_all_kept(tmp_path):
    trainer, log = train(tmp_path)
    for row, event in zip(trainer.state.log_history, records(log, "step"), strict=False):
        kept = {**(event.get("metrics") or {}), **event}
        for key, value in row.items():
            if key == "step" or key in REPORTED:
                continue
            assert kept[key if key in kept else key.replace("/", "_")] == pytest.approx(value), key


def test_with_logging_steps_every_generation_is_still_recorded(tmp_path):
    trainer, log = train(tmp_path, max_steps=6, logging_steps=4)
    assert completions(log) == trainer.generated["train"] == 48
    assert [event["step"] for event in records(log, "step")] == [4, 6]
    assert len(records(log, "perf")) == 6


def test_the_closing_row_keeps_the_last_window_and_gives_its_totals_to_the_end_event(tmp_path):
    _, log = train(tmp_path, max_steps=6, logging_steps=4)
    last = records(log, "step")[-1]
    assert last["reward"] is not None
    assert "train_runtime" not in (last.get("metrics") or {})
    assert records(log, "run", phase="end")[0]["totals"]["train_runtime"] > 0


def test_with_gradient_accumulation_completions_belong_to_the_step_that_learns_from_them(tmp_path):
    trainer, log = train(tmp_path, gradient_accumulation_steps=2, per_device_train_batch_size=4)
    assert_equal_to_trl(trainer, log)
    assert completions(log) == trainer.generated["train"] == 32
    assert [event["step"] for event in records(log, "quality")] == [1, 2, 3, 4]


def test_a_generation_that_is_learned_from_several_times_is_recorded_once(tmp_path):
    trainer, log = train(tmp_path, num_iterations=2, steps_per_generation=2, gradient_accumulation_steps=1, max_steps=8)
    assert [event["step"] for event in records(log, "quality")] == [1, 5]
    assert completions(log) == trainer.generated["train"] == 32
    reused = [event for event in records(log, "perf") if event["completions"] == 0]
    assert len(reused) == 6
    assert all(event["generation_seconds"] == 0 for event in reused)


def test_generation_smaller_than_a_step_is_recorded_twice_a_step(tmp_path):
    trainer, log = train(tmp_path, steps_per_generation=1, gradient_accumulation_steps=2, max_steps=3)
    assert [event["step"] for event in records(log, "quality")] == [1, 1, 2, 2, 3, 3]
    assert completions(log) == trainer.generated["train"] == 48


def test_several_eval_sets_are_told_apart(tmp_path):
    sets = {"easy": tiny.prompts(4), "hard": tiny.prompts(8)}
    trainer, log = train(
        tmp_path,
        eval_dataset=sets,
        eval_strategy="steps",
        eval_steps=2,
        per_device_eval_batch_size=8,
        num_generations_eval=2,
    )
    assert completions(log, "eval") == trainer.generated["eval"]
    rows = records(log, "step", mode="eval")
    assert [(row["step"], row["eval_name"]) for row in rows] == [(2, "easy"), (2, "hard"), (4, "easy"), (4, "hard")]
    for row in rows:
        (told,) = [
            r for r in trainer.state.log_history if r["step"] == row["step"] and f"eval_{row['eval_name']}_loss" in r
        ]
        assert row["reward"] == pytest.approx(told["eval_reward"])
        assert row["loss"] == pytest.approx(told[f"eval_{row['eval_name']}_loss"])
        own = records(log, "reward", mode="eval", eval_name=row["eval_name"], step=row["step"], name="total")
        assert sum(e["n"] * e["mean"] for e in own) / sum(e["n"] for e in own) == pytest.approx(row["reward"], abs=1e-5)
    pinned = [e for e in records(log, "example", mode="eval", eval_name="easy") if e["kept"] == "pinned"]
    assert {e["step"] for e in pinned} == {2, 4}


def test_metrics_and_columns_of_reward_functions_are_kept(tmp_path):
    def talkative(completions, log_extra, log_metric, **kwargs):
        log_extra("words", [len(c.split()) for c in completions])
        log_metric("longest", max(len(c.split()) for c in completions))
        return tiny.accuracy(completions)

    _, log = train(tmp_path, rewards=[talkative])
    for event in records(log, "example"):
        assert event["extra"] == {"words": len(event["completion"].split())}
    assert all("longest" in event["metrics"] for event in records(log, "step"))


def test_rewards_that_a_function_does_not_give_are_left_out(tmp_path):
    def picky(completions, **kwargs):
        return [None if i % 4 == 3 else float(i % 2) for i in range(len(completions))]

    def silent(completions, **kwargs):
        return [None] * len(completions)

    trainer, log = train(tmp_path, rewards=[picky, silent])
    assert_equal_to_trl(trainer, log)
    event = records(log, "reward", name="picky")[0]
    assert (event["n"], event["none_share"]) == (6, 0.25)
    assert records(log, "reward", name="silent")[0]["n"] == 0
    assert records(log, "reward", name="total")[0]["n"] == 6


def test_async_reward_functions_stay_async_and_are_timed(tmp_path):
    async def slow(completions, **kwargs):
        return tiny.accuracy(completions)

    trainer, log = train(tmp_path, rewards=[slow, tiny.brevity])
    assert_equal_to_trl(trainer, log)
    assert set(records(log, "perf")[0]["reward_seconds"]) == {"slow", "brevity"}


def reward_model(tmp_path):
    torch.manual_seed(1)
    words = tiny.tokenizer()
    config = Qwen2Config(
        vocab_size=len(tiny.WORDS), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_labels=1, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    folder = tmp_path / "judge"
    Qwen2ForSequenceClassification(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return str(folder)


def test_reward_models_are_recorded_like_functions(tmp_path):
    trainer, log = train(tmp_path, rewards=[reward_model(tmp_path), tiny.brevity])
    assert_equal_to_trl(trainer, log)
    assert set(records(log, "perf")[0]["reward_seconds"]) == {"judge", "brevity"}


def test_conversations_are_kept_as_messages(tmp_path):
    trainer, log = train(tmp_path, conversational=True)
    assert_equal_to_trl(trainer, log)
    event = records(log, "example")[0]
    assert event["prompt_messages"][0]["role"] == "user"
    assert event["completion_messages"][0]["role"] == "assistant"
    assert "prompt" not in event
    assert "completion" not in event
    assert records(log, "quality")[0]["turns"] == 1


@pytest.mark.parametrize(
    ("scale", "aggregation"),
    [("group", "sum_then_normalize"), ("batch", "sum_then_normalize"), ("none", "sum_then_normalize"),
     ("group", "normalize_then_sum")],
)  # fmt: skip
def test_the_advantage_is_the_trainers_own_and_shares_sum_to_one(tmp_path, scale, aggregation):
    taken = []

    class Spy(GRPOTrainer):
        def _generate_and_score_completions(self, inputs):
            output = super()._generate_and_score_completions(inputs)
            taken.append(output["advantages"].tolist())
            return output

    _, log = train(
        tmp_path, kind=Spy, attach={"examples": "all"}, scale_rewards=scale, multi_objective_aggregation=aggregation,
        reward_weights=[1.0, 0.5],
    )  # fmt: skip
    examples = records(log, "example")
    assert [event["advantage"] for event in examples] == pytest.approx([a for step in taken for a in step])
    for step in range(1, 5):
        shares = [e.get("advantage_share") for e in records(log, "reward", step=step) if e["name"] != "total"]
        assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert records(log, "run")[0]["advantage_mode"] == f"{aggregation}/{scale}"
    assert records(log, "run")[0]["reward_weights"] == {"accuracy": 1.0, "brevity": 0.5}


def test_examples_hold_the_rewards_of_the_very_completion(tmp_path):
    _, log = train(tmp_path, attach={"examples": "all"})
    for event in records(log, "example"):
        assert event["rewards"]["accuracy"] == pytest.approx(tiny.accuracy([event["completion"]])[0], abs=1e-6)
        assert event["rewards"].get("brevity") == pytest.approx(tiny.brevity([event["completion"]])[0], abs=1e-6)
        assert event["source"] == "toy"
        assert event["truncated"] == (event["finish"] != "stop")
    assert len(records(log, "example")) == 32


def test_rloo_is_recorded_with_its_own_advantages(tmp_path):
    options = {k: v for k, v in tiny.config(tmp_path / "out").to_dict().items() if k in (
        "output_dir", "per_device_train_batch_size", "num_generations", "max_completion_length", "max_steps",
        "logging_steps", "learning_rate", "report_to", "use_cpu", "disable_tqdm", "seed")}  # fmt: skip
    args = RLOOConfig(**options, save_strategy="no", beta=0.0)
    trainer, log = train(tmp_path, kind=RLOOTrainer, args=args, attach={"examples": "all"})
    assert_equal_to_trl(trainer, log)
    assert records(log, "run")[0]["advantage_mode"].startswith("rloo/")
    group = [e["total"] for e in records(log, "example", step=1, group=0)]
    first = records(log, "example", step=1, group=0)[0]
    others = (sum(group) - group[0]) / (len(group) - 1)
    if records(log, "run")[0]["advantage_mode"] == "rloo/none":
        assert first["advantage"] == pytest.approx(group[0] - others, abs=1e-5)
    assert math.isfinite(first["advantage"])


def test_kl_is_recorded_when_beta_is_above_zero(tmp_path):
    tiny.model().save_pretrained(tmp_path / "model")
    trainer, log = train(tmp_path, model=str(tmp_path / "model"), beta=0.1)
    assert [e["kl"] for e in records(log, "step")] == [
        pytest.approx(row["kl"]) for row in trainer.state.log_history if "kl" in row
    ]


def test_a_trainer_without_the_methods_is_captured_at_its_reward_functions(tmp_path):
    class Renamed(Counter):
        """Scores by another method than the one that is known, as a later version of TRL might."""

        def _generate_and_score_completions(self, inputs):
            known, self._calculate_rewards = self._calculate_rewards, partial(GRPOTrainer._calculate_rewards, self)
            try:
                return super()._generate_and_score_completions(inputs)
            finally:
                self._calculate_rewards = known

    trainer, log = train(tmp_path, kind=Renamed, attach={"examples": "all"})
    assert_equal_to_trl(trainer, log)
    assert completions(log) == trainer.generated["train"]
    end = records(log, "run", phase="end")[0]
    assert end["capture"] == "reward_functions"
    assert "advantages are recomputed" in end["capture_note"]
    assert all(math.isfinite(e["advantage"]) for e in records(log, "example"))
