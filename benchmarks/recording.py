"""What recording costs on the training thread: a step with 64 completions of about 1 KB, six reward functions.

python benchmarks/recording.py [STEPS]
"""

import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import grpolog

COMPLETIONS, GROUP_SIZE, WORDS = 64, 8, 170
FUNCTIONS = ("accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty", "brevity")
SCALARS = {f"metric_{i}": 0.5 + i for i in range(28)}


def batches(count: int) -> list[tuple[list[str], dict[str, list[float | None]]]]:
    """Completions and rewards of `count` generations."""
    dice = random.Random(1)
    vocabulary = ["the", "answer", "is", "so", "we", "add", "Step 1:", "First", "then", "seven", "eight", "of", "and"]

    def text() -> str:
        words = " ".join(dice.choices(vocabulary, k=WORDS))
        return f"<think>\n{words}\n</think>\n<answer>\n{dice.randrange(10)}\n</answer>"

    def rewards() -> dict[str, list[float | None]]:
        return {name: [round(dice.random(), 2) for _ in range(COMPLETIONS)] for name in FUNCTIONS}

    return [([text() for _ in range(COMPLETIONS)], rewards()) for _ in range(count)]


def main(steps: int) -> None:
    """Record `steps` steps and print what each took."""
    prompts = [f"What is {i // GROUP_SIZE} plus {i // GROUP_SIZE}?" for i in range(COMPLETIONS)]
    made = batches(20)
    characters = np.mean([len(text) for texts, _ in made for text in texts])
    batch_seconds, row_seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "run.jsonl"
        with grpolog.Recorder(log, console=0, group_size=GROUP_SIZE) as recorder:
            for step in range(1, steps + 1):
                texts, rewards = made[step % len(made)]
                begun = time.perf_counter()
                recorder.log_batch(step, prompts, texts, rewards)
                between = time.perf_counter()
                recorder.log_step(step, SCALARS)
                batch_seconds.append(between - begun)
                row_seconds.append(time.perf_counter() - between)
        size = sum(part.stat().st_size for part in Path(folder).iterdir())
    print(f"{steps} steps, {COMPLETIONS} completions of {characters:.0f} characters, {len(FUNCTIONS)} functions")
    for label, seconds in (("log_batch", batch_seconds), ("log_step", row_seconds)):
        p50, p99, most = np.percentile(seconds, (50, 99, 100)) * 1e3
        print(f"{label:<10} p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   max {most:7.3f} ms")
    each = np.median(batch_seconds) / COMPLETIONS * 1e6
    print(f"per completion, p50 {each:.0f} µs; on disk {size / steps / 1e3:.1f} KB a step")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
