"""A log of the recorder is what the published schemas and the reader expect."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from logs import records

import grpolog
from grpolog.events import EVENTS

SCHEMAS = {
    path.name.split(".")[0]: Draft202012Validator(json.loads(path.read_text()))
    for path in (Path(__file__).parents[2] / "schemas" / "v1").glob("*.json")
}
TEXTS = ["<think>a</think>\n<answer>4</answer>", "\ud800 torn", "", "\x00\x1b[31m\u2028ü"]
TALKS = [
    [{"role": "assistant", "content": "4", "tool_calls": [{"name": "add", "arguments": {"a": math.nan}}]}],
    [{"role": "tool", "content": "Error: no"}, {"role": "assistant", "content": None, "reasoning_content": "so"}],
]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rotated log of two attempts with whatever a loop may hand over."""
    path = tmp_path_factory.mktemp("runs") / "run.jsonl"
    config: dict[str, Any] = {
        "lr": 1e-5,
        "api_key": "secret",
        "limit": math.inf,
        "when": object(),
        "deep": {"a": [None]},
    }
    for first in (1, 25):
        options = {"reward_range": {"accuracy": (0.0, 1.0)}, "config": config, "window_size": 3, "max_bytes": 8192}
        with grpolog.Recorder(path, console=0, stall_seconds=0, **options) as run:
            for step in range(first, first + 30):
                rewards = {
                    "accuracy": [1.0, 0.0, None, math.nan],
                    "steady": [step] * 4,
                    "style": [step, math.inf, 0.5, np.float32(1.5)],
                }
                run.log_batch(
                    step, ["2 + 2"] * 4, TEXTS, rewards, tokens=[3, 5, 0, 9], truncated=[False, True, False, True]
                )
                odd = {"a": np.int64(3), "b": True, "huge": 2**80, "text": "x", "none": None, "f": math.inf}
                run.log_step(step, {"loss": math.nan if step % 2 else 0.5, "grad_norm": math.inf, **odd})
                run.log_batch(
                    step, [[{"role": "user", "content": "2 + 2"}]] * 2, TALKS, {"accuracy": [1, 0]}, mode="eval"
                )
                run.log_step(step, {"eval_loss": 0.5}, mode="eval", eval_name="hard")
    return path


def test_an_independent_validator_accepts_every_line(log: Path) -> None:
    lines = records(log)
    assert {line["event"] for line in lines} == set(EVENTS)
    assert len(list(log.parent.glob("run.0*.jsonl.zst"))) > 3
    problems = {
        f"{line['event']} {line['seq']}: {error.message} @ {error.json_path}"
        for line in lines
        for described in (SCHEMAS["line"], SCHEMAS[line["event"]])
        for error in described.iter_errors(line)
    }
    assert problems == set()


def test_the_reader_finds_everything_in_order(log: Path) -> None:
    run = grpolog.read(log)
    kinds = {"recorder", "corrected value"}  # what the loop handed over was not all a number or valid text
    assert run.audit.losses_by_kind.keys() == kinds
    assert run.audit.gaps == ()
    assert run.replay.differences == ()
    lines = records(log)
    assert run.audit.events == {event: sum(line["event"] == event for line in lines) for event in run.audit.events}
    assert run.steps.height == sum(line["event"] == "step" for line in lines)


def test_what_is_read_back_is_what_was_handed_over(log: Path) -> None:
    run = grpolog.read(log)
    step = run.steps.filter(attempt=1, step=27, mode="train").row(0, named=True)
    assert math.isnan(step["loss"])
    assert (step["grad_norm"], step["a"], step["b"], step["huge"], step["f"]) == (math.inf, 3.0, 1.0, 2.0**80, math.inf)
    reward = run.rewards.filter(attempt=1, step=27, mode="train", name="style").row(0, named=True)
    assert (reward["n"], reward["min"], reward["max"]) == (4, 0.5, math.inf)
    assert run.history("rewards/accuracy/mean")["value"].unique().to_list() == [0.5]
    assert run.info is not None
    assert run.info.config is not None
    assert (run.info.config["limit"], run.info.config["deep"]) == (math.inf, {"a": [None]})
    assert run.attempts["valid_to_step"].to_list() == [24, None]
    texts = run.examples.filter(attempt=1, mode="train")["completion"].unique().to_list()
    assert set(texts) == {text.replace("\ud800", "\ufffd") for text in TEXTS}
