"""What reading costs: a log of 100,000 steps with rewards, quality, perf and 20 scalars a row, read, judged, reported.

python benchmarks/reading.py [STEPS]
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import grpolog
from grpolog import jsonl
from grpolog.events import Envelope, PerfEvent, QualityEvent, RewardEvent, RunEvent, StepEvent

FUNCTIONS = ("accuracy", "format", "cosine")


def events(steps: int) -> Iterator[Envelope]:
    """The events of a run that learns."""
    dice = np.random.default_rng(1)
    run = {"status": "running", "run_id": "00", "name": "bench", "grpolog_version": grpolog.__version__}
    yield RunEvent(step=0, phase="start", resumed_from_step=0, **run)
    for step in range(1, steps + 1):
        noise = dice.normal(0, 0.05, 24).tolist()
        mean = step / steps
        for k, name in enumerate((*FUNCTIONS, "total")):
            yield RewardEvent(
                step=step, generation=step - 1, name=name, n=64, mean=mean + noise[k], std=0.4, min=0.0, max=1.0,
                group_std=0.3, equal_share=0.2, advantage_share=None if name == "total" else 0.33,
            )  # fmt: skip
        yield QualityEvent(
            step=step, generation=step - 1, n=64, format_rate=0.5, response_chars=400 + 10 * noise[5],
            truncated_share=0.1, distinct_share=0.9, repetition=0.05, live_share=0.8,
        )  # fmt: skip
        yield PerfEvent(step=step, step_seconds=3 + noise[6], generation_seconds=2.0, update_seconds=1.0, rss_gib=4.0)
        yield StepEvent(
            step=step, loss=noise[7], kl=0.1 + noise[8] / 10, entropy=0.5, grad_norm=0.5, learning_rate=1e-6,
            metrics={f"metric_{i}": noise[9 + i] for i in range(14)},
        )  # fmt: skip


@contextmanager
def timed(label: str) -> Iterator[None]:
    """Print what the block took."""
    begun = time.perf_counter()
    yield
    print(f"{label:<34} {time.perf_counter() - begun:6.2f} s")


def main(steps: int) -> None:
    """Write the log, then read it and make its report."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "bench.jsonl"
        with log.open("wb") as file:
            for seq, event in enumerate(events(steps)):
                event.seq, event.time = seq, 1.8e9 + seq / 10
                file.write(jsonl.encode(event))
        print(f"{steps:,} steps, {log.stat().st_size / 1e6:.0f} MB")
        with timed("read"):
            run = grpolog.read(log)
        with timed("one history"):
            assert len(run.history("rewards/accuracy/mean")) == steps
        with timed("audit"):
            assert run.audit.complete, run.audit.sentences()
        with timed("report, alerts judged once more"):
            report = grpolog.build_report(run)
        with timed("report as HTML and Markdown"):
            size = len(report.to_html()), len(report.to_markdown())
        print(f"HTML {size[0] / 1e3:.0f} KB, Markdown {size[1] / 1e3:.0f} KB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {peak / 1e6 if sys.platform != 'darwin' else peak / 1e9:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
