"""A long run with curves whose values are known: a ramp, a spike, gaps, evaluations on steps of their own."""

import numpy as np
from built import Log

from grpolog.events import AlertEvent, StepEvent

STEPS = 6000


def long_log() -> Log:
    log = Log(max_steps=STEPS)
    noise = np.random.default_rng(1).normal(0, 0.01, STEPS + 1)
    for step in range(1, STEPS + 1):
        if step % 500 == 0:
            log.add(StepEvent, step, mode="eval", reward=step / STEPS + 0.1)
        log.add(
            StepEvent, step, loss=step / STEPS, kl=1e3 if step == 3000 else 0.01 + abs(noise[step]) / 10,
            entropy=0.5 + noise[step], grad_norm=float("nan") if 4000 < step < 4010 else 0.5,
            reward=step / STEPS + noise[step], learning_rate=1e-6 * (1 - step / STEPS),
        )  # fmt: skip
        if step == 3000:
            log.add(
                AlertEvent, step, rule="kl_spike", metric="kl", severity="error", incident="1", message="KL jumped",
                onset_step=3000,
            )  # fmt: skip
    return log.end(STEPS)
