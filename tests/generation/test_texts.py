from typing import Any

import pytest

from grpolog.generation.texts import Response, prompt_opening, prompt_text, read_response, response_text


def assistant(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", **fields}


def tool(content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "content": content, **fields}


def test_a_plain_completion_is_its_own_text() -> None:
    assert read_response("<think>x</think>") == Response("<think>x</think>")


def test_a_conversation_reads_as_its_assistant_turns() -> None:
    completion = [
        assistant(content="Let me look.", tool_calls=[{"name": "search"}, {"name": "search"}]),
        tool("12 hits"),
        {"role": "user", "content": "Well?"},
        assistant(content="Four."),
    ]
    assert read_response(completion) == Response("Let me look.\n\nFour.", turns=2, tool_calls=2, tool_chars=7)


@pytest.mark.parametrize("field", ["reasoning_content", "thinking", "reasoning"])
def test_thinking_in_a_field_of_its_own_is_written_out_in_tags(field: str) -> None:
    completion = [assistant(content="4", **{field: "2 + 2"})]
    assert response_text(completion) == "<think>2 + 2</think>\n\n4"
    assert response_text(completion, ("[T]", "[/T]")) == "[T]2 + 2[/T]\n\n4"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("4", "4"),
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "image", "image": object()}, "b"], "ab"),
        ([{"type": "text", "text": None}, None, 5], "5"),
        ({"text": "inside"}, "inside"),
        (4, "4"),
        (True, ""),
        (object(), ""),
    ],
)
def test_content_of_any_shape_gives_its_text(content: Any, text: str) -> None:
    assert response_text([assistant(content=content)]) == text


@pytest.mark.parametrize("completion", [None, 7, [], [None, 3], [[]], [{}], {"role": None}, [assistant(tool_calls=7)]])
def test_what_is_no_conversation_has_no_text(completion: Any) -> None:
    assert read_response(completion).text == ""
    assert prompt_opening(completion) == ""


def test_a_single_message_and_bare_strings_are_read() -> None:
    assert response_text(assistant(content="a")) == "a"
    assert response_text(["a", "b"]) == "a\n\nb"


@pytest.mark.parametrize(
    "message",
    [
        tool("Error: no such file"),
        tool("  error executing tool"),
        tool("ValueError: 3"),
        tool("{'error': 'Tool add not found.'}"),
        tool('{"error": "timeout"}'),
        tool("ran\nTraceback (most recent call last):\n  ..."),
        tool("?", status="error"),
        tool("?", is_error=True),
        tool([{"type": "text", "text": "Exception: x"}]),
    ],
)
def test_a_tool_answer_that_looks_like_an_error_is_counted(message: dict[str, Any]) -> None:
    assert read_response([message]).tool_errors == 1


@pytest.mark.parametrize(
    "message",
    [tool("no error"), tool("Errors were 0"), tool('{"error": null, "x": 1}'), tool("{'error': ''}"), tool(None)],
)
def test_a_tool_answer_that_only_speaks_of_errors_is_not(message: dict[str, Any]) -> None:
    assert read_response([message]).tool_errors == 0


def test_a_prompt_reads_as_its_messages() -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"text": "2+2?"}]}]
    assert prompt_text(messages) == "system: Be brief.\n\nuser: 2+2?"
    assert prompt_text("2+2?") == "2+2?"


def test_only_the_assistants_own_last_message_is_continued() -> None:
    user = {"role": "user", "content": "Use <think>"}
    assert prompt_opening("ends in <think>") == "ends in <think>"
    assert prompt_opening([user]) == ""
    assert prompt_opening([user, assistant(content="<think>")]) == "<think>"
