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
from grpolog.jsonl import open_part

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

Numbers = tuple[dict[str, float], list[float]]
"""The 28 scalars of a row, and what the statistics of a generation consist of."""

Step = Callable[[int, Numbers], None]


def numbers(dice: np.random.Generator) -> Numbers:
    """Those of a calm run, to 6 digits: noise cannot be packed, and nobody's rewards have 16 digits of it."""
    drawn = np.round(0.5 + 0.1 * dice.normal(size=28 + 11 * len(FUNCTIONS) + 12), 6).tolist()
    return dict(zip(SCALARS, drawn[:28], strict=True)), drawn[28:]


def statistics(step: int, given: list[float]) -> Iterator[Envelope]:
    """The events of a generation, made from their numbers."""
    where = {"step": step, "mode": "train", "generation": step}
    for k, name in enumerate(FUNCTIONS):
        mean, std, low, q25, median, q75, spread, equal, best, worst, share = given[11 * k : 11 * k + 11]
        fields = {
            "name": name, "n": 64, "mean": mean, "std": std, "min": low, "q25": q25, "median": median, "q75": q75,
            "max": 1.0, "none_share": 0.0, "weight": 1.0, "group_std": spread, "equal_share": equal,
            "best_share": best, "worst_share": worst, "advantage_share": share,
        }  # fmt: skip
        yield RewardEvent.model_validate(where | fields)
    rest = given[11 * len(FUNCTIONS) :]
    texts = (
        "format_rate", "response_chars", "think_chars", "answer_chars", "response_tokens", "think_tokens",
        "answer_tokens", "reasoning_indicators", "truncated_share", "distinct_share", "repetition", "live_share",
    )  # fmt: skip
    yield QualityEvent.model_validate(where | {"n": 64, "empty_share": 0.0} | dict(zip(texts, rest, strict=True)))


def ours(folder: Path, *, detection: bool, **options: Any) -> tuple[grpolog.Recorder, Step]:
    """The recorder, and one step of it."""
    recorder = grpolog.Recorder(folder / "run.jsonl", console=0, **options)
    session = recorder.session
    if not detection:
        session._detection.judge = lambda _events: []  # type: ignore[method-assign]

    def step(number: int, given: Numbers) -> None:
        with session.guarded("batch"):
            session._write(list(statistics(number, given[1])))
        recorder.log_step(number, given[0])

    recorder.log_step(0, {"loss": 0.0})
    return recorder, step


def raw(folder: Path) -> Step:
    """The bytes of such a step, written with no further ado."""
    line = b"x" * 460 + b"\n"
    file = os.open(folder / "raw.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda _, __: (os.write(file, line * 10), None)[1]


def trackio(folder: Path) -> Step:
    """Hugging Face's local tracker."""
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    import trackio

    trackio.init(project="bench")
    return lambda _, given: trackio.log(given[0])


def wandb(folder: Path) -> Step:
    """Weights & Biases, offline."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=str(folder))
    import wandb

    run = wandb.init(project="bench")
    return lambda _, given: run.log(given[0])


def tensorboard(folder: Path) -> Step:
    """PyTorch's writer of TensorBoard files, as trainers use it."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder / "tensorboard"))

    def step(number: int, given: Numbers) -> None:
        for name, value in given[0].items():
            writer.add_scalar(name, value, number)

    return step


def dvclive(folder: Path) -> Step:
    """DVCLive, without reports and commits."""
    from dvclive import Live

    live = Live(str(folder / "dvclive"), report=None, save_dvc_exp=False, dvcyaml=None)

    def step(number: int, given: Numbers) -> None:
        for name, value in given[0].items():
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
    dice = np.random.default_rng(1)
    for first in range(1, steps, TURN):
        for name, step in found.items():
            for number in range(first, first + (TURN if "dvclive" not in name else TURN // 10)):
                given = numbers(dice)
                begun = time.perf_counter()
                step(number, given)
                spent[name].append(time.perf_counter() - begun)
    recorder.close()
    base = float(np.median(spent["grpolog, 10 events"]))
    for name, seconds in spent.items():
        p50, p99 = np.percentile(seconds, (50, 99))
        print(f"{name:<28} p50 {1e6 * p50:8.0f} µs   p99 {1e6 * p99:8.0f} µs   {p50 / base:6.2f} of ours")
    for name, kept in {"tensorboard": "tensorboard/*", "wandb": "wandb/*/*.wandb", "trackio": "trackio/**/*.*"}.items():
        size = sum(path.stat().st_size for path in folder.glob(kept) if path.is_file())
        if size:
            print(f"{name}: {size / steps:.0f} bytes a step on disk")


def long(folder: Path, steps: int) -> None:
    """With detection, rotation and compression."""
    recorder, step = ours(folder, detection=True, max_bytes=8 * 2**20)
    recorder.session._probe.latest = READINGS
    dice = np.random.default_rng(2)
    gc.collect()
    seconds = []
    for number in range(1, steps + 1):
        given = numbers(dice)
        begun = time.perf_counter()
        step(number, given)
        seconds.append(time.perf_counter() - begun)
    recorder.close()
    packed = sum(part.stat().st_size for part in folder.glob("*.zst"))
    plain = sum(open_part(part).seek(0, os.SEEK_END) for part in folder.glob("*.zst"))
    p50, p99, most = np.percentile(seconds, (50, 99, 100)) * 1e6
    print(
        f"{steps:,} steps with detection, rotation, compression: p50 {p50:.0f} µs, p99 {p99:.0f} µs, maximum "
        f"{most / 1000:.1f} ms"
    )
    if packed:
        live = sum(part.stat().st_size for part in folder.iterdir()) - packed
        size = (plain + live) * packed / plain / steps
        print(f"closed parts take {packed / plain:.1%} of what was written: {size:.0f} bytes a step")


def main(steps: int, many: int) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chdir(folder)  # some of them write where they are called
        side_by_side(Path(folder), steps)
        (Path(folder) / "long").mkdir()
        long(Path(folder) / "long", many)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    sys.stdout.flush()
    os._exit(0)  # some of them wait for a server at exit
