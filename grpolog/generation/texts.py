"""What a prompt or completion says, as plain text: the same for a string and for a conversation.

Conversations come from datasets, chat templates and tools, so nothing about them is certain: `content` may be text,
None or a list of parts, a message may be no dictionary. What is not understood counts as no text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

THINK_TAGS = ("<think>", "</think>")
"""Tags in which the thinking of a message with a field for it is written out."""

_THINKING = ("reasoning_content", "thinking", "reasoning")

_ERROR = re.compile(
    r"""\s*(?:error\b|exception\b|\w+(?:error|exception)\s*:|\{\s*['"]error['"]\s*:(?!\s*(?:null|none|false|''|"")))""",
    re.IGNORECASE,
)
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Response:
    """A completion read: its text and what its tools did."""

    text: str
    """Plain completion, or all assistant turns, one a paragraph; thinking stands in tags before its turn's text."""

    turns: int = 0
    """Assistant turns."""

    tool_calls: int = 0
    """Tool calls of all turns."""

    tool_errors: int = 0
    """Tool answers that look like an error."""

    tool_chars: int = 0
    """Length of all tool answers, characters."""


def read_response(completion: Any, think_tags: tuple[str, str] = THINK_TAGS) -> Response:
    """The text of a completion, and counts of a conversation's turns and tools."""
    if isinstance(completion, str):
        return Response(completion)
    texts: list[str] = []
    turns = calls = errors = chars = 0
    for message in messages_of(completion):
        if message.get("role", "assistant") == "assistant":
            turns += 1
            tool_calls = message.get("tool_calls")
            calls += len(tool_calls) if isinstance(tool_calls, (list, tuple)) else 0
            thinking = next((text for key in _THINKING if (text := content_text(message.get(key)))), "")
            said = content_text(message.get("content"))
            texts.extend(text for text in (think_tags[0] + thinking + think_tags[1] if thinking else "", said) if text)
        elif message.get("role") == "tool":
            answer = content_text(message.get("content"))
            chars += len(answer)
            errors += _failed(message, answer)
    return Response("\n\n".join(texts), turns, calls, errors, chars)


def _failed(message: dict[str, Any], answer: str) -> bool:
    """Whether a tool's answer reports an error.

    It is flagged as one, begins with `Error`, `ValueError:` and the like, is an object with `error` (TRL's own form)
    or holds a Python traceback. A tool that words its failures differently is not counted.
    """
    flagged = message.get("status") == "error" or message.get("is_error") is True
    return flagged or _ERROR.match(answer) is not None or _TRACEBACK in answer


def response_text(completion: Any, think_tags: tuple[str, str] = THINK_TAGS) -> str:
    """What the model said: a plain completion, or the assistant turns of a conversation."""
    return read_response(completion, think_tags).text


def prompt_text(prompt: Any) -> str:
    """A plain prompt, or a conversation as `role: text` paragraphs."""
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join(f"{m.get('role', 'user')}: {content_text(m.get('content'))}" for m in messages_of(prompt))


def prompt_opening(prompt: Any) -> str:
    """What the model continues: a plain prompt, or the text of a last message that is the assistant's own."""
    if isinstance(prompt, str):
        return prompt
    last: dict[str, Any] = {}
    for message in messages_of(prompt):
        last = message
    return content_text(last.get("content")) if last.get("role") == "assistant" else ""


def messages_of(conversation: Any) -> Iterator[dict[str, Any]]:
    """The messages of a conversation; a single message counts as one, a bare string as the assistant's words."""
    if isinstance(conversation, dict):
        yield conversation
    elif isinstance(conversation, (list, tuple)):
        for message in conversation:
            if isinstance(message, dict):
                yield message
            elif isinstance(message, str):
                yield {"role": "assistant", "content": message}


def content_text(content: Any) -> str:
    """The text of a message's `content`: text, or the text parts of a list; numbers as they print."""
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        return "".join(content_text(part) for part in content)
    if isinstance(content, dict):
        return content_text(content.get("text"))
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        return str(content)
    return ""
