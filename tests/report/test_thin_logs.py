"""Logs that hold next to nothing, or too much of one thing, in every format."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from built import Log, report_of
from recorded import LogBuilder

from grpolog.events import (
    AlertEvent,
    ExampleEvent,
    GroupEvent,
    PerfEvent,
    QualityEvent,
    RewardEvent,
    StepEvent,
)


def bare(event: type, step: int = 1, **fields: object) -> LogBuilder:
    log = LogBuilder()
    log.add(event, step, **fields)
    return log


def all_nan() -> LogBuilder:
    log = Log()
    for step in range(1, 20):
        log.add(StepEvent, step, loss=math.nan, kl=math.inf, metrics={"x": -math.inf})
        log.add(RewardEvent, step, name="total", n=8, mean=math.nan, std=math.nan)
        log.add(RewardEvent, step, name="a", n=8, mean=math.nan, std=math.nan, advantage_share=math.nan)
        log.add(QualityEvent, step, n=8, live_share=math.nan, truncated_share=math.nan)
        log.add(PerfEvent, step, step_seconds=math.nan, generation_seconds=1.0, update_seconds=1.0)
        log.add(ExampleEvent, step, group=0, index=0, prompt_id="p", kept="best", total=math.nan, advantage=math.inf)
    return log


def huge_values() -> LogBuilder:
    log = Log()
    for step in (1, 2, 10**15):
        log.add(StepEvent, step, loss=1e308, grad_norm=5e-324, entropy=-1e308, metrics={"x": 2**70})
    return log


def many_functions() -> LogBuilder:
    log = Log()
    for step in (1, 2):
        for number in range(300):
            log.add(RewardEvent, step, name=f"f{number}", n=8, mean=10.0 ** (number % 9), advantage_share=0.1)
    return log


def names_that_collide() -> LogBuilder:
    log = Log(reward_functions=["a/mean", "mean", "eval_x"])
    for name in ("a/mean", "mean", "eval_x", "total/std"):
        for mode in ("train", "eval"):
            log.add(
                RewardEvent, 1, name=name, n=8, mean=0.5, mode=mode, eval_name="x_reward" if mode == "eval" else None
            )
    log.add(StepEvent, 1, metrics={"eval_": 1.0, "/": 1.0, "a//b": 1.0, "": 1.0, "rewards//mean": 1.0})
    return log


THIN: dict[str, Callable[[], LogBuilder]] = {
    "only a start": Log,
    "only a step": lambda: bare(StepEvent, loss=0.1),
    "only a step without a number": lambda: bare(StepEvent),
    "only an evaluation": lambda: bare(StepEvent, 0, mode="eval", reward=0.5),
    "only a reward": lambda: bare(RewardEvent, name="total", n=8, mean=0.5),
    "only a reward that was not given": lambda: bare(RewardEvent, name="a", n=0),
    "only an evaluated reward": lambda: bare(RewardEvent, 0, name="a", n=8, mean=0.5, mode="eval"),
    "only a group": lambda: bare(GroupEvent, group=0, prompt_id="p", n=8),
    "only a quality": lambda: bare(QualityEvent, n=8),
    "only a perf": lambda: bare(PerfEvent, step_seconds=1.0),
    "only an example": lambda: bare(ExampleEvent, group=0, index=0, prompt_id="p", kept="lot"),
    "only an alert": lambda: bare(AlertEvent, rule="r", metric="m", severity="error", incident="i", message="m"),
    "nothing finite": all_nan,
    "huge steps and values": huge_values,
    "many functions": many_functions,
    "names that look like others": names_that_collide,
}


@pytest.mark.parametrize("name", THIN)
def test_every_format_can_be_made(tmp_path: Path, name: str) -> None:
    report = report_of(tmp_path, THIN[name]())
    page, text, data = report.to_html(), report.to_markdown(), json.loads(report.to_json())
    assert report.verdict.word in page
    assert report.verdict.word in text
    assert data["verdict"]["word"] == report.verdict.word
    assert "None" not in page.replace("None</dd>", "")
    assert len(page) < 400_000


def test_an_evaluation_alone_is_shown(tmp_path: Path) -> None:
    report = report_of(tmp_path, THIN["only an evaluated reward"]())
    assert [panel.title for panel in report.questions[1].panels] == ["Reward per function, evaluation"]
    assert report.functions == ()
    assert report.verdict.points[1:] == ("At the only evaluation, step 0, a was 0.500: how it moved cannot be told.",)
