"""Prompts and completions of any shape as turns."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import orjson

from grpolog.generation.texts import messages_of
from grpolog.report.model import Turn

TURNS = 40
"""Turns of one text at most; what is left out is the middle."""

_THINKING = ("reasoning_content", "thinking", "reasoning")
_SHORTEST = 80


def turns_of(text: str | None, messages: str | None, limit: int = TURNS) -> tuple[Turn, ...]:
    """The turns of a prompt or completion.

    Args:
        text: plain text, None for a conversation.
        messages: the JSON text of a conversation, None for plain text.
        limit: turns at most.
    """
    if messages is None:
        return (Turn("", text or ""),)
    turns = [turn for message in messages_of(orjson.loads(messages)) for turn in _turns(message)]
    if len(turns) > limit:
        left_out = Turn("", f"… {len(turns) - limit:,} turns are left out here …")
        turns = [*turns[: limit // 2], left_out, *turns[-limit // 2 :]]
    return tuple(turns) or (Turn("", ""),)


def cut_turns(turns: tuple[Turn, ...], limit: int) -> tuple[tuple[Turn, ...], int]:
    """The turns in about `limit` characters, and how many were left out; each keeps its beginning and its end."""
    if sum(len(turn.text) for turn in turns) <= limit:
        return turns, 0
    each = max(limit // len(turns), _SHORTEST)
    cut = tuple(replace(turn, text=_cut(turn.text, each)) for turn in turns)
    return cut, sum(max(0, len(turn.text) - each) for turn in turns)


def _cut(text: str, limit: int) -> str:
    """The last quarter of the room is for the end of the text: that is where the answer stands."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    left_out = len(text) - limit
    return f"{text[: limit - tail]} … [{left_out:,} characters left out] … {text[len(text) - tail :]}"


def _turns(message: Mapping[str, Any]) -> Iterator[Turn]:
    role = _text(message.get("role", "assistant"))
    thinking = next((text for key in _THINKING if (text := _text(message.get(key)))), "")
    if thinking:
        yield Turn(role, thinking, "thinking")
    said = _text(message.get("content"))
    calls = message.get("tool_calls")
    kind: Literal["text", "tool"] = "tool" if role == "tool" else "text"
    if said or not (thinking or calls):
        name = _text(message.get("name"))
        yield Turn(f"{role} · {name}" if name else role, said, kind)
    for call in calls if isinstance(calls, list) else [calls] if calls else []:
        yield Turn(role, _call(call), "tool_call")


def _call(call: Any) -> str:
    """A tool call as `name(arguments)`."""
    function = call.get("function", call) if isinstance(call, dict) else call
    if isinstance(function, dict) and "name" in function:
        return f"{_text(function['name'])}({_text(function.get('arguments'))})"
    return _text(call)


def _text(content: Any) -> str:
    """A message's content: its text, parts one after the other; parts of another kind by their type, or as JSON."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part) for part in content)
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        return str(content["text"])
    if isinstance(content, dict) and isinstance(content.get("type"), str) and len(content) == 1:
        return f"[{content['type']}]"
    return orjson.dumps(content).decode()
