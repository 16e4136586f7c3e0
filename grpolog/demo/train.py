"""The demo's training: a short supervised warm-up, then GRPO with TRL, recorded."""

import contextlib
import os
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # models and tokenizers are built here; nothing is fetched

import torch
import transformers
from datasets import Dataset
from transformers import PreTrainedTokenizerFast
from transformers.trainer_callback import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

import grpolog
from grpolog.demo.model import build_model, build_tokenizer, warm_up
from grpolog.demo.task import (
    MAX_COMPLETION_TOKENS,
    REWARD_FUNCTIONS,
    REWARD_RANGE,
    Rewards,
    half_learned_answer,
    problems,
)

GROUP_SIZE = 8
PROMPTS_PER_STEP = 8
HELD_OUT = 24
SPLIT = 0
"""Seed by which problems are held out: runs of all seeds are evaluated on the same ones."""
WARM_UP_STEPS = 500
MODEL_NAME = "a two-layer Qwen2 of width 64"


def train(
    log: Path,
    steps: int = 300,
    *,
    warm_up_steps: int = WARM_UP_STEPS,
    seed: int = 0,
    say: Callable[[str], None] = print,
    **options: Any,
) -> Path:
    """Teach a tiny model small sums with TRL's GRPOTrainer and record it.

    Evaluated are problems that GRPO does not train on; the warm-up has seen all, as a pretrained model would have.

    Args:
        log: the log to write; the next free name beside it is taken when it is there.
        steps: optimizer steps.
        warm_up_steps: supervised steps before them.
        seed: of the model and the training.
        say: takes a line of progress.
        options: of `grpolog.attach`.

    Returns:
        The log that was written.
    """
    with quiet(), tempfile.TemporaryDirectory() as folder:
        model = teach(Path(folder) / "model", warm_up_steps, seed=seed, say=say)
        trainer = build_trainer(
            model, Path(folder) / "out", steps, seed=seed, warmup_steps=min(10, steps // 2), save_strategy="no"
        )
        say(f"training: {steps} steps of {PROMPTS_PER_STEP} problems with {GROUP_SIZE} answers each")
        settings = {"primary": "accuracy", "reward_range": REWARD_RANGE, "console": 25, "console_examples": 150}
        recorder = grpolog.attach(trainer, log, existing="new", **{**settings, **options})
        trainer.train()
    return recorder.path


def teach(folder: Path, steps: int = WARM_UP_STEPS, *, seed: int = 0, say: Callable[[str], None] = print) -> Path:
    """Save a model that knows what an answer looks like, and its tokenizer, to `folder`, which is returned."""
    torch.set_num_threads(1)  # with more, a model this small is many times slower
    everything = [problem for part in problems(SPLIT, HELD_OUT) for problem in part]
    dice = random.Random(seed)
    tokenizer = build_tokenizer(
        [t for q in everything for _ in range(4) for t in (q.prompt, half_learned_answer(q, dice))]
    )
    model = build_model(tokenizer, seed)

    def progress(step: int) -> None:
        if step % 100 == 0 or step == steps:
            say(f"warm-up: step {step} of {steps}")

    say(f"warm-up: {MODEL_NAME} learns what an answer looks like")
    warm_up(model, tokenizer, everything, steps, seed, progress)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def build_trainer(
    model: Path,
    out: Path,
    steps: int,
    *,
    seed: int = 0,
    reward_functions: Sequence[Callable[..., Rewards]] = REWARD_FUNCTIONS,
    **config: Any,
) -> GRPOTrainer:
    """A trainer of the model that `teach` saved.

    Args:
        model: its folder; a KL term needs a reference model, which TRL loads from there.
        out: where checkpoints go.
        steps: optimizer steps.
        seed: of the training.
        reward_functions: what is paid.
        config: settings of `GRPOConfig` that are to be others than the demo's.
    """
    torch.set_num_threads(1)
    training, held_out = problems(SPLIT, HELD_OUT)
    settings = {
        "output_dir": str(out),
        "per_device_train_batch_size": GROUP_SIZE * PROMPTS_PER_STEP,
        "per_device_eval_batch_size": 4 * HELD_OUT,
        "num_generations": GROUP_SIZE,
        "num_generations_eval": 4,
        "max_completion_length": MAX_COMPLETION_TOKENS,
        "max_steps": steps,
        "learning_rate": 5e-4,
        "warmup_steps": 10,
        "beta": 0.01,
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": 25,
        "eval_on_start": True,
        "report_to": [],
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
        "seed": seed,
    }
    trainer = GRPOTrainer(
        model=str(model),
        reward_funcs=list(reward_functions),
        args=GRPOConfig(**{**settings, **config}),
        train_dataset=Dataset.from_list([problem.row for problem in training]),
        eval_dataset=Dataset.from_list([problem.row for problem in held_out]),
        processing_class=PreTrainedTokenizerFast.from_pretrained(model),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.model.config._name_or_path = MODEL_NAME
    return trainer


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the notes and progress bars of the trainer's packages, which are about real models."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        transformers.logging.set_verbosity(before)
        transformers.logging.enable_progress_bar()
