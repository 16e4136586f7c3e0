"""A GRPO trainer small enough to train for real in a test: a random two-layer Qwen2 and a word-level tokenizer."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

torch.set_num_threads(1)

WORDS = [
    "<pad>",
    "<eos>",
    "<unk>",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "user:",
    "assistant:",
    "a",
    "b",
    "c",
]
TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + ' ' }}{% endfor %}assistant: "


def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )
    fast.chat_template = TEMPLATE
    return fast


def model(seed: int = 0) -> Qwen2ForCausalLM:
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    return Qwen2ForCausalLM(config)


def prompts(n: int = 16, conversational: bool = False) -> Dataset:
    texts = [f"{WORDS[9 + i % 3]} {WORDS[9 + i // 3 % 3]} {WORDS[9 + i // 9 % 3]}" for i in range(n)]
    column = [[{"role": "user", "content": text}] for text in texts] if conversational else texts
    return Dataset.from_dict({"prompt": column, "id": [f"row{i}" for i in range(n)], "source": ["toy"] * n})


def text_of(completion: object) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])  # type: ignore[index]


def accuracy(completions: list, **kwargs: object) -> list[float]:
    """The share of words that are `a`."""
    return [text_of(c).split().count("a") / max(len(text_of(c).split()), 1) for c in completions]


def brevity(completions: list, **kwargs: object) -> list[float | None]:
    """Short is good; long completions are not judged."""
    return [None if len(text_of(c).split()) > 6 else 1 - len(text_of(c).split()) / 8 for c in completions]


def config(folder: object, **options: object) -> GRPOConfig:
    defaults: dict = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 8,
        "max_steps": 4,
        "logging_steps": 1,
        "learning_rate": 1e-2,
        "save_strategy": "no",
        "report_to": [],
        "use_cpu": True,
        "disable_tqdm": True,
        "seed": 7,
    }
    return GRPOConfig(**(defaults | options))


def trainer(folder: object, rewards: object = None, kind: type = GRPOTrainer, conversational: bool = False, **options):
    """A trainer ready to train; options named like the trainer's arguments go to it, the others to its config."""
    passed = {
        k: options.pop(k) for k in ("eval_dataset", "callbacks", "args", "tools", "train_dataset") if k in options
    }
    return kind(
        model=options.pop("model", None) or model(),
        reward_funcs=rewards or [accuracy, brevity],
        processing_class=tokenizer(),
        **{"args": None, "train_dataset": prompts(conversational=conversational), **passed}
        | ({} if "args" in passed else {"args": config(folder, **options)}),
    )
