from typing import Any

import numpy as np
import pytest

from grpolog.events import Envelope, QualityEvent
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.quality import FIRST_COMPLETIONS, QualityState, quality_event, repetition
from grpolog.generation.tags import Tags

GOOD = "<think>12345</think><answer>42</answer>"
SCORING = Scoring(("f",), (1.0,))
USER = [{"role": "user", "content": "2 + 2?"}]


def batch_of(completions: list[Any], prompt: Any = "p", group_size: int = 2, **fields: Any) -> Batch:
    n = len(completions)
    rewards = np.arange(float(n))[:, None]
    return Batch([prompt] * n, completions, rewards, group_size, **fields)


def quality_of(completions: list[Any], prompt: Any = "p", state: QualityState | None = None, **fields: Any) -> Any:
    return quality_event(batch_of(completions, prompt, **fields), SCORING, state or QualityState(), {"step": 1})


def said(event: QualityEvent) -> dict[str, Any]:
    return event.model_dump(exclude_none=True, exclude={*Envelope.model_fields, "mode"})


def assistant(content: Any = "", **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def test_an_event_says_all_that_its_fields_promise() -> None:
    event = quality_of(
        [GOOD, GOOD, "Step 1 two three Step 1 two", "  "],
        tokens=np.array([13, 13, 8, 1]),
        truncated=np.array([False, False, True, True]),
        total_tokens=np.array([13, 13, 16, 9]),
        limit=16,
        advantages=np.array([0.5, -0.5, 0.5, 0.0]),
        masked=np.array([0.0, 1.0, 0.5, 0.0]),
        sampling_ratio=0.98,
        sampling_masked_share=0.1,
    )
    assert said(event) == {
        "n": 4,
        "format_compliant": 2,
        "format_rate": 0.5,
        "response_chars": (39 + 39 + 27 + 2) / 4,
        "think_chars": 2.5,
        "answer_chars": 1.0,
        "response_tokens": 8.75,
        "think_tokens": pytest.approx(2 * 13 * 5 / 39 / 4),
        "answer_tokens": pytest.approx(2 * 13 * 2 / 39 / 4),
        "reasoning_indicators": 0.5,
        "truncated_share": 0.5,
        "eos_unrecognised_share": 0.25,
        "empty_share": 0.25,
        "distinct_share": 0.75,
        "repetition": pytest.approx(1 / 5 / 4),
        "live_share": 0.5,
        "sampling_ratio": 0.98,
        "masked_share": 0.1,
    }


def test_what_is_unknown_is_null() -> None:
    assert said(quality_of(["a", "b"])) == {
        "n": 2,
        "response_chars": 1.0,
        "reasoning_indicators": 0.0,
        "empty_share": 0.0,
        "distinct_share": 1.0,
        "repetition": 0.0,
    }


def test_an_empty_batch_counts_nothing() -> None:
    assert said(quality_of([])) == {"n": 0}


def test_a_format_is_judged_once_its_tags_were_seen() -> None:
    state = QualityState()
    batches = (["a", "b"], ["<think>a", "b"], ["a <answer>", "b"], ["a", GOOD])
    events = [quality_of(completions, state=state) for completions in batches]
    assert [event.format_rate for event in events] == [None, None, 0.0, 0.5]
    assert [event.think_chars for event in events] == [None, 0.5, 0.0, 2.5]
    assert [event.answer_chars for event in events] == [None, None, 0.0, 1.0]


def test_tags_that_the_prompt_asks_for_count_as_seen() -> None:
    asks = "Think in <think> </think> and answer in <answer> </answer>."
    assert quality_of(["a", "b"], asks).format_rate == 0.0
    assert quality_of(["a", "b"], [{"role": "system", "content": asks}, *USER]).format_rate == 0.0


def test_tags_first_seen_late_are_no_format() -> None:
    state = QualityState()
    quality_of(["a"] * FIRST_COMPLETIONS, state=state)
    assert quality_of([GOOD, GOOD], state=state).format_rate is None


def test_tags_that_were_given_are_judged_at_once() -> None:
    state = QualityState(Tags.of(("[", "]"), ("(", ")")))
    assert quality_of(["a", "[x] (yy)"], state=state).format_rate == 0.5
    assert quality_of(["a", "[x] (yy)"], state=state).answer_chars == 1.0


@pytest.mark.parametrize("prompt", ["2 + 2? <think>\n", [*USER, assistant("<think>")]])
def test_a_think_tag_at_the_end_of_the_prompt_opens_the_response(prompt: Any) -> None:
    event = quality_of(["123</think> <answer>4</answer>", GOOD], prompt)
    assert (event.format_rate, event.think_chars, event.response_chars) == (1.0, 4.0, (30 + 39) / 2)


def test_a_chat_template_that_opens_the_thinking_is_recognised_by_what_responses_close() -> None:
    state = QualityState()
    hidden = [[assistant("123</think><answer>4</answer>")], [assistant("no tags")]]
    assert quality_of(hidden, USER, state).format_rate == 0.5
    assert (
        quality_of([[assistant(GOOD)], *hidden[:1]], USER, state).format_rate == 0.5
    )  # a response opened: no template
    assert quality_of(["123</think><answer>4</answer>", "x"], "plain").format_rate == 0.0


def test_conversations_count_their_assistant_turns_and_tools_apart() -> None:
    completions = [
        [
            assistant(tool_calls=[{"name": "add"}], reasoning_content="12345"),
            {"role": "tool", "content": "Error: " + "x" * 993},
            assistant("<answer>42</answer>"),
        ],
        [assistant("ab")],
        [assistant(None, tool_calls=[{"name": "add"}])],
        [],
    ]
    event = quality_of(completions, USER)
    assert (event.turns, event.tool_calls, event.tool_errors, event.tool_chars) == (1.0, 0.5, 0.25, 250.0)
    assert event.response_chars == (len("<think>12345</think>\n\n<answer>42</answer>") + 2) / 4
    assert (event.format_rate, event.think_chars, event.answer_chars) == (0.25, 1.25, 0.5)
    assert event.empty_share == 0.25


def test_distinct_share_is_a_mean_over_groups_also_over_a_ragged_one() -> None:
    event = quality_of(["a", "a", "a", "b", "c", "d", "e"], group_size=3)
    assert event.distinct_share == pytest.approx((1 / 3 + 1 + 1) / 3)


@pytest.mark.parametrize(
    ("text", "share"),
    [("", 0.0), ("a b", 0.0), ("a b c", 0.0), ("a a a a a", 2 / 3), ("a b c a b c", 1 / 4), ("a\nb  c\ta b c", 1 / 4)],
)
def test_repetition_is_the_share_of_repeated_word_3_grams(text: str, share: float) -> None:
    assert repetition(text) == pytest.approx(share)


def test_lengths_without_a_limit_say_nothing_about_the_end_token() -> None:
    event = quality_of(["a", "b"], truncated=np.array([True, False]), tokens=np.array([3, 4]))
    assert (event.truncated_share, event.eos_unrecognised_share) == (0.5, None)


@pytest.mark.parametrize("completions", [[None, 3], [[{"content": 5}], [None]], ["", ""], ["\ud800", "\x00"]])
def test_odd_completions_are_answered(completions: list[Any], recwarn: pytest.WarningsRecorder) -> None:
    event = quality_of(completions, None, tokens=np.array([0, 0]), truncated=np.array([True, True]), limit=5)
    assert event.n == 2
    assert not recwarn.list
