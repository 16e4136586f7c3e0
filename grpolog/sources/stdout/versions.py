"""Versions of packages and the model's name, where a log says them plainly before its first row."""

import re

_NAMES = rb"trl|transformers|torch|vllm|unsloth|peft|accelerate|verl|ms-swift|deepspeed|datasets"
_STATED = (
    re.compile(rb"(?i)\b(" + _NAMES + rb")(?: version)?(?:==|: ?v?| ?= ?| version )(\d+\.\d+[\w.+]*)"),
    re.compile(rb"(?i)\b(unsloth) (\d+\.\d+[\w.+]*)"),
    re.compile(rb"[ \n](" + _NAMES + rb")-(\d+\.\d+(?:\.\d+)?)(?=[ \r\n])"),
)
_MODEL = re.compile(
    rb"(?i)\b(?:model(?:_name|_path|_id)?(?:_or_path)?|loading model)['\"]? ?[:=] ?['\"]?"
    rb"([A-Za-z0-9][\w.-]{1,60}/[A-Za-z0-9][\w.-]{1,90})(?![\w/.-])"
)


def versions_in(text: bytes) -> dict[str, str]:
    """Versions by package; the first statement counts."""
    found: dict[str, str] = {}
    for pattern in _STATED:
        for match in pattern.finditer(text):
            found.setdefault(match[1].decode().lower(), match[2].decode("utf-8", "replace").rstrip("."))
    return found


def model_in(text: bytes) -> str | None:
    """The model's name on a hub."""
    match = _MODEL.search(text)
    return match[1].decode() if match else None
