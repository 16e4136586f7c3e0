"""Completions with tool calls, made by TRL's own tool loop."""

from pathlib import Path

import pytest
from logs import records

pytest.importorskip("trl", reason="the extra `trl` is not installed")

import tiny_trl as tiny
import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOTrainer

import grpolog

pytestmark = pytest.mark.trl


def tokenizer():
    """One token a byte, with Qwen 3's chat template, which knows tools and thinking."""
    vocabulary = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    letters = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=letters, padding_side="left")
    fast.add_special_tokens({"pad_token": "<|endoftext|>", "eos_token": "<|im_end|>"})
    fast.add_tokens(["<tool_call>", "</tool_call>", "<think>", "</think>"])
    fast.chat_template = (Path(trl.__file__).parent / "chat_templates/qwen3.jinja").read_text()
    return fast


def model(words):
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(words), hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, bos_token_id=None, eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )  # fmt: skip
    return Qwen2ForCausalLM(config)


def call(a):
    return f'<think>\nhm\n</think>\n\n<tool_call>\n{{"name": "add", "arguments": {{"a": {a}, "b": 1}}}}\n</tool_call>'


FIRST = [call(2), call(13), "<think>\nhm\n</think>\n\nnothing", call(2**70)]
THEN = "<think>\nso\n</think>\n\n<answer>3</answer>"


class Scripted(GRPOTrainer):
    """Writes what a script says; the third completion after a tool call is cut off."""

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        ends = self._tokenizer.eos_token
        answered = ["<tool_response>" in self._tokenizer.decode(ids) for ids in prompt_ids]
        texts = [THEN + ends * (i != 2) if done else FIRST[i % 4] + ends for i, done in enumerate(answered)]
        return [self._tokenizer(text)["input_ids"] for text in texts], None


def add(a: int, b: int) -> int:
    """Adds.

    Args:
        a: One number.
        b: The other.
    """
    if a == 13:
        raise ValueError("unlucky")
    return a + b


def turns(completions, **kwargs):
    return [float(len(completion)) for completion in completions]


@pytest.mark.parametrize("masked", [False, True])
def test_tool_output_is_told_apart_and_tokens_are_the_models_own(tmp_path, masked):
    words = tokenizer()
    trainer = Scripted(
        model=model(words), reward_funcs=[turns], processing_class=words, tools=[add],
        train_dataset=Dataset.from_dict({"prompt": [[{"role": "user", "content": f"ask {i}"}] for i in range(4)]}),
        args=tiny.config(
            tmp_path / "out", per_device_train_batch_size=4, max_completion_length=400, max_steps=1,
            mask_truncated_completions=masked,
        ),
    )  # fmt: skip
    log = grpolog.attach(trainer, tmp_path / "run.jsonl", console=0, examples="all").path
    trainer.train()
    (quality,), row = records(log, "quality"), trainer.state.log_history[0]
    assert quality["response_tokens"] == row["completions/mean_length"]
    assert (quality["turns"], quality["tool_calls"], quality["tool_errors"]) == (1.75, 0.75, 0.25)
    assert quality["tool_chars"] == (len("3") + len("{'error': 'unlucky'}") + len(str(2**70 + 1))) / 4
    assert quality["truncated_share"] == row["completions/clipped_ratio"] == 0.25
    assert quality["think_chars"] == (4 + 4 + 2 + 4) / 4
    examples = records(log, "example")
    assert [message["role"] for message in examples[0]["completion_messages"]] == ["assistant", "tool", "assistant"]
    assert [event["finish"] for event in examples].count("unrecognised") == 1
    (end,) = records(log, "run", phase="end")
    assert (end["capture"], end["lost"]) == ("trainer", {"huge_integers": 1})
