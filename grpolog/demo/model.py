"""A two-layer Qwen2 of width 64 with a tokenizer of thirty words, taught just enough to have something to learn."""

import random
import re
from collections.abc import Callable, Sequence

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from grpolog.demo.task import Problem, half_learned_answer

_PIECES = r"</?\w+>\n?|\n|\d+|[^\d\n<]+"
"""Tags with their newline, newlines, numbers, and all that stands between them. A number is the same token
everywhere, which makes copying the result into the answer easy to learn."""


def build_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens are the pieces of `texts`; it restores their white space exactly."""
    words = sorted({piece for text in texts for piece in re.findall(_PIECES, text)})
    vocabulary = {word: number for number, word in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECES), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> Qwen2ForCausalLM:
    """The untrained model."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen2ForCausalLM(config)


def warm_up(
    model: Qwen2ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    problems: Sequence[Problem],
    steps: int,
    seed: int,
    progress: Callable[[int], None] = lambda step: None,
) -> None:
    """Teach the model to answer like `half_learned_answer`, by cross-entropy on fresh answers in each of `steps`."""
    dice = random.Random(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    model.train()
    for step in range(steps):
        batch = [_example(problem, tokenizer, dice) for problem in dice.choices(problems, k=64)]
        width = max(len(ids) for ids, _ in batch)
        ids = torch.full((len(batch), width), tokenizer.pad_token_id)
        labels = torch.full((len(batch), width), -100)
        for row, (tokens, prompt) in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            labels[row, prompt : len(tokens)] = ids[row, prompt : len(tokens)]
        loss = model(input_ids=ids, attention_mask=(ids != tokenizer.pad_token_id).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        progress(step + 1)
    model.eval()


def _example(problem: Problem, tokenizer: PreTrainedTokenizerFast, dice: random.Random) -> tuple[list[int], int]:
    """Token ids of a problem and one of its answers, and how many of them are the problem's."""
    prompt = tokenizer(problem.prompt)["input_ids"]
    answer = tokenizer(half_learned_answer(problem, dice))["input_ids"]
    return [*prompt, *answer, tokenizer.eos_token_id], len(prompt)
