import math
from typing import Any

import pytest

from grpolog.events import (
    AlertEvent,
    AlertGroup,
    ExampleEvent,
    GpuReading,
    PerfEvent,
    QualityEvent,
    RewardEvent,
    StepEvent,
)
from grpolog.record.blocks import alert_block, examples_block, perf_block, quality_block, reward_block, step_lines
from grpolog.trends import CATALOGUE

GROUPS = [AlertGroup(step=6, group=group, prompt_id="ab", shows=f"\x1b {group}") for group in range(4)]

STEP = """\
Step   10 | Loss: 2.3450 | LR: 5.00e-05 | Epoch: 0.50
         GRPO | Policy: 1.2340 | Value: 0.5670 | Entropy: 0.0890"""

REWARDS = """\
Reward Breakdown:
  accuracy       :  0.750 ± 0.433 [ 0.000,  1.000]
  format         :  0.875 ± 0.331 [ 0.000,  1.000]
  reasoning_steps:  0.625 ± 0.217 [ 0.330,  1.000]
  total          :  2.250 (combined)"""

QUALITY = """\
Generation Quality:
  Format compliance:  87.5% (7/8)
  Avg response length:  145.3 chars
  Avg think length:     89.2 chars
  Avg answer length:    12.1 chars
  Reasoning indicators:  2.14 per response"""

PERF = """\
Performance:
  Step time:      3.24s
  Samples/sec:    2.5
  GPU memory:     4.32GB (reserved: 5.12GB)
  RAM usage:     12.45GB (62.3%)
  CPU usage:     45.2%"""

EXAMPLES = """\
================================================================================
GENERATION EXAMPLES
================================================================================
BEST EXAMPLE (idx 3):
Content: <think>
Step 1: I need to solve 2 + 2
Step 2: Adding these numbers gives 4
</think>

<answer>
4
</answer>

Reward breakdown:
  accuracy: 1.000
  format: 1.000
  reasoning_steps: 0.667
  total: 2.667
----------------------------------------
WORST EXAMPLE (idx 1):
Content: The answer is 5 because I think so.

Reward breakdown:
  accuracy: 0.000
  format: 0.000
  reasoning_steps: 0.000
  total: 0.000
================================================================================"""


def reward(name: str, mean: float | None = None, **fields: Any) -> RewardEvent:
    return RewardEvent(step=1, name=name, n=8, mean=mean, **fields)


def example(text: str | None, index: int = 0, **fields: Any) -> ExampleEvent:
    return ExampleEvent(step=50, group=0, index=index, prompt_id="0", kept="best", completion=text, **fields)


def test_the_step_lines_are_those_of_the_specification() -> None:
    event = StepEvent(
        step=10, loss=2.345, learning_rate=5e-5, epoch=0.5, policy_loss=1.234, value_loss=0.567, entropy_loss=0.089
    )
    assert step_lines(event) == STEP


def test_the_reward_block_is_that_of_the_specification() -> None:
    rewards = [
        reward("accuracy", 0.75, std=0.433, min=0.0, max=1.0),
        reward("format", 0.875, std=0.331, min=0.0, max=1.0),
        reward("reasoning_steps", 0.625, std=0.217, min=0.33, max=1.0),
        reward("total", 2.25, std=0.9, min=0.0, max=3.0),
    ]
    assert reward_block(rewards) == REWARDS
    assert reward_block([rewards[3], *rewards[:3]]) == REWARDS


def test_the_quality_block_is_that_of_the_specification() -> None:
    quality = QualityEvent(
        step=10,
        n=8,
        format_compliant=7,
        format_rate=0.875,
        response_chars=145.3,
        think_chars=89.2,
        answer_chars=12.1,
        reasoning_indicators=2.14,
    )
    assert quality_block(quality) == QUALITY


def test_the_performance_block_is_that_of_the_specification() -> None:
    perf = PerfEvent(
        step=10,
        step_seconds=3.24,
        samples_per_second=2.5,
        gpus=[GpuReading(index=0, allocated_gib=4.32, reserved_gib=5.12)],
        ram_used_gib=12.45,
        ram_percent=62.3,
        cpu_percent=45.2,
    )
    assert perf_block(perf) == PERF


def test_the_examples_block_is_that_of_the_specification() -> None:
    text = (
        "<think>\nStep 1: I need to solve 2 + 2\nStep 2: Adding these numbers gives 4\n</think>\n\n"
        "<answer>\n4\n</answer>"
    )
    best = example(text, 3, rewards={"accuracy": 1.0, "format": 1.0, "reasoning_steps": 2 / 3}, total=8 / 3)
    zeros = {"accuracy": 0.0, "format": 0.0, "reasoning_steps": 0.0}
    worst = example("The answer is 5 because I think so.", 1, rewards=zeros, total=0.0)
    assert examples_block(best, worst) == EXAMPLES


def test_the_grpo_line_has_only_what_exists() -> None:
    event = StepEvent(step=1234, kl=0.5, clip_ratio_region_mean=0.01, grad_norm=math.inf, entropy=0.0)
    assert step_lines(event) == (
        "Step 1234\n         GRPO | Entropy: 0.0000 | KL: 0.5000 | Clip: 0.0100 | Grad norm: inf"
    )
    assert step_lines(StepEvent(step=1, loss=math.nan)) == "Step    1 | Loss: nan"


def test_blocks_without_numbers_are_empty() -> None:
    assert reward_block([]) == ""
    assert quality_block(None) == quality_block(QualityEvent(step=1, n=8)) == ""
    assert perf_block(None) == perf_block(PerfEvent(step=1)) == ""


def test_what_was_not_scored_is_not_available() -> None:
    assert reward_block([reward("tests"), reward("total")]) == (
        "Reward Breakdown:\n  tests          :    n/a ± n/a [   n/a,    n/a]\n  total          :    n/a (combined)"
    )


def test_several_gpus_are_numbered() -> None:
    gpus = [GpuReading(index=i, allocated_gib=1.0 + i) for i in range(2)]
    assert perf_block(PerfEvent(step=1, gpus=gpus)) == (
        "Performance:\n  GPU 0 memory:   1.00GB\n  GPU 1 memory:   2.00GB"
    )


def test_a_long_name_widens_the_column() -> None:
    block = reward_block([reward("a" * 20, 1.0), reward("b" * 99, 1.0), reward("total", 1.0)])
    assert {line.index(": ") for line in block.splitlines()[1:]} == {42}
    assert "b" * 39 + "…" in block


def test_hostile_names_and_texts_cannot_act() -> None:
    block = reward_block([reward("x\x1b[2J\n\u202etotal", 1.0)])
    assert "x\\x1b[2J\\x0a⟨U+202E⟩total" in block
    shown = examples_block(example("ok\x1b]0;t\x07\u200b\tdone\nnext", rewards={"a\x9b": 1.0}), example("fine"))
    assert "Content: ok\\x1b]0;t\\x07⟨U+200B⟩\tdone\nnext\n" in shown
    assert "  a\\x9b: 1.000" in shown


def test_a_long_completion_is_cut_and_says_so() -> None:
    shown = examples_block(example("a" * 5000), example(None))
    assert "Content: " + "a" * 4000 + "… (1000 characters more)\n" in shown


def test_a_conversation_shows_what_the_model_said() -> None:
    messages = [{"role": "assistant", "content": "four"}, {"role": "tool", "content": "4"}]
    assert "Content: four\n" in examples_block(example(None, completion_messages=messages), example("x"))


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"severity": "info", "remedy": "Stop."}, "Alert Step 7 (info): r: m\\x1b"),
        ({"severity": "error"}, "Alert Step 7 (error): r: m\\x1b"),
        ({"severity": "error", "state": "resolved", "remedy": "Stop."}, "Alert Step 7 (error, resolved): r: m\\x1b"),
        (
            {"severity": "warning", "state": "escalated", "remedy": "Clip higher (0.28), keep 1.0. Then\x1b."},
            "Alert Step 7 (warning, escalated): r: m\\x1b\n  Remedy: Clip higher (0.28), keep 1.0",
        ),
        (
            {"severity": "error", "remedy": "Read a\x1b: if so, mend it; else wait."},
            "Alert Step 7 (error): r: m\\x1b\n  Remedy: Read a\\x1b: if so, mend it",
        ),
        (
            {"severity": "error", "remedy": "Stop.", "groups": GROUPS},
            "Alert Step 7 (error): r: m\\x1b\n  Remedy: Stop\n  Read: "
            + ", ".join(f"step 6 group {g} (\\x1b {g})" for g in range(3)),
        ),
        ({"severity": "info", "groups": GROUPS}, "Alert Step 7 (info): r: m\\x1b"),
    ],
)
def test_an_alert_is_one_line_and_what_to_do_and_to_read_further_ones(fields: dict[str, Any], lines: str) -> None:
    alert = AlertEvent(step=7, rule="r", metric="kl", incident="1", message="Step 7: m\x1b", **fields)
    assert alert_block(alert) == lines


def test_every_rule_has_a_first_thing_to_do_that_stands_alone() -> None:
    for rule in CATALOGUE:
        given = {"rule": rule.name, "metric": "m", "severity": "error", "incident": "1", "message": "m"}
        line = alert_block(AlertEvent(step=1, remedy=rule.about.remedy, **given)).split("\n")[1]
        assert len(line) < 140
        assert line.count("(") == line.count(")")
