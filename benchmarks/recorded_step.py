"""What one step costs on the training thread: ten events of ours beside the scalars alone in what people use now.

python benchmarks/recorded_step.py [STEPS] [LONG]

A step is 28 scalars of the trainer, statistics of six reward functions and their total, of the texts, and the readings
of the machine: ten events, of statistics that are computed already. The others log the 28 scalars. All are measured in
turns of 100 steps in one process, because machines and their hours differ; what is not installed is left out
(`pip install grpolog[bench]`). Then LONG steps with detection, rotation and compression, one after the other.
"""

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import grpolog
from grpolog.events import Envelope, QualityEvent, RewardEvent

TURN = 100
FUNCTIONS = ("accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty", "brevity", "total")
SCALARS = (
    "loss", "grad_norm", "learning_rate", "epoch", "num_tokens", "reward", "reward_std", "frac_reward_zero_std", "kl",
    "entropy", "step_time", "completions/mean_length", "completions/min_length", "completions/max_length",
    "completions/clipped_ratio", "completions/mean_terminated_length", "completions/min_terminated_length",
    "completions/max_terminated_length", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean",
    "clip_ratio/high_max", "clip_ratio/region_mean", "sampling/sampling_logp_difference/mean",
    "sampling/sampling_logp_difference/max", "sampling/importance_sampling_ratio/min",
    "sampling/importance_sampling_ratio/mean", "sampling/importance_sampling_ratio/max",
)  # fmt: skip
READINGS = {"rss_gib": 4.0, "ram_used_gib": 20.0, "ram_percent": 40.0, "cpu_percent": 80.0}

Step = Callable[[int], None]


def scalars(step: int) -> dict[str, float]:
    """The 28 scalars of a calm run."""
    return {name: 0.5 + 0.02 * ((step * 37 + k * 11) % 101) / 101 for k, name in enumerate(SCALARS)}


def statistics(step: int) -> Iterator[Envelope]:
    """The events of a generation, made from their numbers."""
    where = {"step": step, "mode": "train", "generation": step}
    x = ((step * 37) % 101) / 101
    for name in FUNCTIONS:
        yield RewardEvent.model_validate(
            {
                **where,
                "name": name,
                "n": 64,
                "mean": 0.5 + 0.02 * x,
                "std": 0.4,
                "min": 0.0,
                "q25": 0.1,
                "median": 0.5,
                "q75": 0.9,
                "max": 1.0,
                "none_share": 0.0,
                "weight": 1.0,
                "group_std": 0.3,
                "equal_share": 0.2,
                "best_share": 0.1,
                "worst_share": 0.1,
                "advantage_share": 0.15,
            }
        )
    yield QualityEvent.model_validate(
        {
            **where,
            "n": 64,
            "format_compliant": 60,
            "format_rate": 0.94,
            "response_chars": 850.0 + x,
            "think_chars": 700.0,
            "answer_chars": 20.0,
            "response_tokens": 210.0,
            "think_tokens": 180.0,
            "answer_tokens": 5.0,
            "reasoning_indicators": 3.0,
            "truncated_share": 0.02,
            "empty_share": 0.0,
            "distinct_share": 0.95,
            "repetition": 0.03,
            "live_share": 0.8,
        }
    )


def ours(folder: Path, *, detection: bool, **options: Any) -> tuple[grpolog.Recorder, Step]:
    """The recorder, and one step of it."""
    recorder = grpolog.Recorder(folder / "run.jsonl", console=0, **options)
    session = recorder.session
    if not detection:
        session._detection.judge = lambda _events: []  # type: ignore[method-assign]

    def step(number: int) -> None:
        with session.guarded("batch"):
            session._write(list(statistics(number)))
        recorder.log_step(number, scalars(number))

    recorder.log_step(0, scalars(0))
    return recorder, step


def raw(folder: Path) -> Step:
    """The bytes of such a step, written with no further ado."""
    line = b"x" * 460 + b"\n"
    file = os.open(folder / "raw.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda _: (os.write(file, line * 10), None)[1]


def trackio(folder: Path) -> Step:
    """Hugging Face's local tracker."""
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    import trackio

    trackio.init(project="bench")
    return lambda step: trackio.log(scalars(step))


def wandb(folder: Path) -> Step:
    """Weights & Biases, offline."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=str(folder))
    import wandb

    run = wandb.init(project="bench")
    return lambda step: run.log(scalars(step))


def tensorboard(folder: Path) -> Step:
    """PyTorch's writer of TensorBoard files, as trainers use it."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder / "tensorboard"))

    def step(number: int) -> None:
        for name, value in scalars(number).items():
            writer.add_scalar(name, value, number)

    return step


def dvclive(folder: Path) -> Step:
    """DVCLive, without reports and commits."""
    from dvclive import Live

    live = Live(str(folder / "dvclive"), report=None, save_dvc_exp=False)

    def step(number: int) -> None:
        for name, value in scalars(number).items():
            live.log_metric(name, value)
        live.next_step()

    return step


def side_by_side(folder: Path, steps: int) -> None:
    """All of them in turns."""
    recorder, own = ours(folder, detection=False)
    found: dict[str, Step] = {"grpolog, 10 events": own, "raw write of as many bytes": raw(folder)}
    for make in (trackio, wandb, tensorboard, dvclive):
        with suppress(ImportError):
            found[f"{make.__name__}, 28 scalars"] = make(folder)
    spent: dict[str, list[float]] = {name: [] for name in found}
    for first in range(1, steps, TURN):
        for name, step in found.items():
            for number in range(first, first + (TURN if "dvclive" not in name else 10)):
                begun = time.perf_counter()
                step(number)
                spent[name].append(time.perf_counter() - begun)
    recorder.close()
    base = np.median(spent["grpolog, 10 events"])
    for name, seconds in spent.items():
        p50, p99 = np.percentile(seconds, (50, 99)) * 1e6
        print(f"{name:<28} p50 {p50:8.0f} µs   p99 {p99:8.0f} µs   {p50 / base / 1e6:6.2f} of ours")


def long(folder: Path, steps: int) -> None:
    """With detection, rotation and compression."""
    recorder, step = ours(folder, detection=True, max_bytes=8 * 2**20)
    recorder.session._probe.latest = READINGS
    gc.collect()
    seconds = []
    for number in range(1, steps + 1):
        begun = time.perf_counter()
        step(number)
        seconds.append(time.perf_counter() - begun)
    recorder.close()
    size = sum(part.stat().st_size for part in folder.iterdir())
    p50, p99, most = np.percentile(seconds, (50, 99, 100)) * 1e6
    print(
        f"{steps:,} steps with detection, rotation, compression: p50 {p50:.0f} µs, p99 {p99:.0f} µs, maximum "
        f"{most / 1000:.1f} ms; {size / steps:.0f} bytes a step on disk"
    )


def main(steps: int, many: int) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        side_by_side(Path(folder), steps)
        (Path(folder) / "long").mkdir()
        long(Path(folder) / "long", many)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    sys.stdout.flush()
    os._exit(0)  # some of them wait for a server at exit
