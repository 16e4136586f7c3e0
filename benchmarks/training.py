"""What recording costs a real run: TRL's GRPOTrainer on a tiny model, attached and not attached in turns.

python benchmarks/training.py [ROUNDS] [STEPS]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from transformers.trainer_callback import PrinterCallback

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import tiny_trl

import grpolog


def seconds_per_step(steps: int, *, attached: bool) -> float:
    """Train `steps` steps from scratch; the first tenth warms up and does not count."""
    ended: list[float] = []

    def clocked(completions: list[str], **_: object) -> list[float]:
        ended.append(time.perf_counter())
        return tiny_trl.accuracy(completions)

    with tempfile.TemporaryDirectory() as folder:
        trainer = tiny_trl.trainer(
            folder, rewards=[clocked, tiny_trl.brevity], max_steps=steps,
            per_device_train_batch_size=64, num_generations=8, max_completion_length=24,
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        if attached:
            grpolog.attach(trainer, Path(folder) / "run.jsonl", console=0)
        trainer.train()
    warm = steps // 10
    return (ended[-1] - ended[warm]) / (len(ended) - 1 - warm)


def main(rounds: int, steps: int) -> None:
    """Train in turns and print the difference with its spread over rounds."""
    torch.set_num_threads(1)
    seconds_per_step(10, attached=True)
    plain, recorded = [], []
    for _ in range(rounds):
        plain.append(seconds_per_step(steps, attached=False))
        recorded.append(seconds_per_step(steps, attached=True))
    costs = sorted((b - a) * 1e3 for a, b in zip(plain, recorded, strict=True))
    step, cost = statistics.median(plain) * 1e3, statistics.median(costs)
    print(f"{rounds} rounds of {steps} steps, 64 completions each")
    print(f"step without grpolog {step:.1f} ms; recording adds {cost:.2f} ms ({costs[0]:.2f} to {costs[-1]:.2f})")
    print(f"of this step {cost / step:.1%}; of a step of one second {cost / 1e3:.2%}")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments + [5, 60][len(arguments) :]))
