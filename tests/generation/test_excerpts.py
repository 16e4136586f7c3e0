import json
from typing import Any

import numpy as np
import pytest

from grpolog import jsonl
from grpolog.events import ExampleEvent
from grpolog.generation.advantages import total_rewards
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.excerpts import cut, group_excerpt
from grpolog.generation.prompts import prompt_id

NAN = float("nan")
WHERE = {"step": 4, "generation": 1}


def excerpt_of(
    prompt: Any, completions: list[Any], text_limit: int = 1000, group: int = 0, reasons: Any = ("best",), **fields: Any
) -> list[ExampleEvent]:
    n = len(completions)
    rewards = fields.pop("rewards", np.zeros((n, 2)))
    batch = Batch([prompt] * n, completions, rewards, fields.pop("group_size", n), **fields)
    scoring = Scoring(("f", "g"), (1.0, 1.0))
    return group_excerpt(batch, scoring, total_rewards(batch, scoring), group, reasons, text_limit, WHERE)


def test_an_event_says_all_that_is_known_of_a_completion() -> None:
    events = excerpt_of(
        "2 + 2?",
        ["x", "y", "4", "5"],
        group=1,
        reasons=("worst", "lot"),
        group_size=2,
        rewards=np.array([[0, 0], [0, 0], [1.0, NAN], [NAN, NAN]]),
        advantages=np.array([0, 0, 0.5, 0.0]),
        tokens=np.array([1, 1, 3, 9]),
        truncated=np.array([False, False, False, True]),
        sources=[None, None, "math", "math"],
        limit=9,
        extra={"parsed": [0, 0, 4, None], "short": [1]},
    )
    assert events == [
        ExampleEvent(
            **WHERE,
            group=1,
            index=0,
            prompt_id=prompt_id("2 + 2?"),
            source="math",
            kept="worst",
            also_kept=["lot"],
            prompt="2 + 2?",
            completion="4",
            rewards={"f": 1.0, "g": None},
            total=1.0,
            advantage=0.5,
            tokens=3,
            truncated=False,
            finish="stop",
            extra={"parsed": 4},
        ),
        ExampleEvent(
            **WHERE,
            group=1,
            index=1,
            prompt_id=prompt_id("2 + 2?"),
            source="math",
            kept="worst",
            also_kept=["lot"],
            prompt="2 + 2?",
            completion="5",
            rewards={"f": None, "g": None},
            total=None,
            advantage=0.0,
            tokens=9,
            truncated=True,
            finish="length",
            extra={"parsed": None},
        ),
    ]


def test_what_is_unknown_is_null() -> None:
    event = excerpt_of("p", ["c"])[0]
    known = (event.source, event.also_kept, event.cut_chars, event.advantage, event.tokens, event.truncated)
    assert (*known, event.finish, event.extra, event.prompt_messages, event.completion_messages) == (None,) * 10


def test_a_ragged_last_group_has_what_it_has() -> None:
    assert [e.completion for e in excerpt_of("p", ["a", "b", "c"], group=1, group_size=2)] == ["c"]


@pytest.mark.parametrize(
    ("tokens", "total", "finish"),
    [(9, None, "length"), (5, 9, "length"), (5, None, "unrecognised"), (5, 8, "unrecognised")],
)
def test_a_completion_flagged_below_the_limit_ended_in_a_way_the_trainer_does_not_know(
    tokens: int, total: int | None, finish: str
) -> None:
    lengths = None if total is None else np.array([total])
    fields = {"tokens": np.array([tokens]), "total_tokens": lengths, "truncated": np.array([True]), "limit": 9}
    assert excerpt_of("p", ["c"], **fields)[0].finish == finish


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(1000))
    assert cut(text, 100) == (f"{text[:75]}… [900 characters cut] …{text[-25:]}", 900)
    assert cut(text, 1000) == (text, 0)
    assert cut(text, 3) == (f"{text[:3]}… [997 characters cut] …", 997)
    assert cut(text, 1) == (f"{text[:1]}… [999 characters cut] …", 999)


def test_cut_chars_counts_prompt_completion_and_extra() -> None:
    event = excerpt_of("p" * 150, ["c" * 120], text_limit=100, extra={"note": ["n" * 103]})[0]
    assert event.cut_chars == 50 + 20 + 3
    assert event.extra is not None
    assert len(event.extra["note"]) < 130


def test_conversations_stay_messages_and_images_become_notes() -> None:
    call = {"function": {"name": "add", "arguments": {"a": 2}}}
    completion = [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "content": "4"}]
    prompt = [{"role": "user", "content": [{"type": "image", "image": np.zeros(2)}, {"type": "text", "text": "?"}]}]
    event = excerpt_of(prompt, [completion])[0]
    assert (event.prompt, event.completion) == (None, None)
    assert event.completion_messages == [{"role": "assistant", "tool_calls": [call]}, completion[1]]
    assert event.prompt_messages is not None
    assert event.prompt_messages[0]["content"][0]["image"].startswith("<ndarray (2,) ")
    assert json.loads(jsonl.encode(event))["prompt_messages"] == event.prompt_messages


def test_a_long_conversation_is_cut_message_by_message() -> None:
    completion = [{"role": "assistant", "content": "a" * 900}, {"role": "tool", "content": "b" * 200}]
    event = excerpt_of("p", [completion], text_limit=800)[0]
    assert event.completion_messages is not None
    assert [len(m["content"]) < 250 for m in event.completion_messages] == [True, True]
    assert event.completion_messages[1]["content"] == "b" * 200
    assert event.cut_chars == 700


@pytest.mark.parametrize("completion", [None, 3, [], [None], {"role": "assistant"}, "\ud800"])
def test_odd_completions_are_written(completion: Any) -> None:
    assert jsonl.encode(excerpt_of(None, [completion])[0]).endswith(b"\n")
