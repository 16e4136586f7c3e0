"""Which prompt it was: an id that is the same in every run, and where in the dataset it came from."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

ROW_COLUMNS = (
    *("id", "row_id", "uid", "uuid", "question_id", "problem_id", "task_id", "example_id", "sample_id", "prompt_id"),
    *("unique_id", "idx", "index"),
)
"""Columns that name a dataset row; the first one that is there wins."""

SOURCE_COLUMNS = ("source", "data_source", "dataset", "dataset_name", "subset", "domain", "category", "task")
"""Columns that name where a row comes from; the first one that is there wins."""

_LONGEST_NAME = 200
_SHORTEST_BLOB = 256


def prompt_id(prompt: Any, images: str | None = None) -> str:
    """16 hex digits of the BLAKE2b hash of a prompt.

    Args:
        prompt: text, or messages: then of their canonical JSON (sorted keys, images as `readable` puts them).
        images: hash of images that are not part of the messages.
    """
    kind, text = ("text", prompt) if isinstance(prompt, str) else ("messages", _canonical(readable(prompt)))
    return _digest(f"{kind}\0{text}\0{images or ''}".encode("utf-8", "surrogatepass"))


def columns_of(example: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Row id and source of a dataset row, from the columns that are named for them; None where there is none."""
    return _first(example, ROW_COLUMNS), _first(example, SOURCE_COLUMNS)


def _first(example: Mapping[str, Any], columns: tuple[str, ...]) -> str | None:
    for column in columns:
        value = _plain(example.get(column))
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)[:_LONGEST_NAME]
    return None


def readable(value: Any, depth: int = 64) -> Any:
    """`value` as JSON types that a person can read: images, sounds and other blobs become a note with their hash.

    Scalars of numpy and torch become numbers. Keys without a value are left out: tables of messages fill in every
    key that any row has. What is nested deeper than `depth`, as a model may write it into a tool call, becomes a note.
    """
    value = _plain(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return blob_note("data", value.encode("utf-8", "surrogatepass")) if _is_blob(value) else value
    if isinstance(value, (Mapping, list, tuple)):
        if depth <= 0:
            return f"<{type(value).__name__} of {len(value)}>"
        if isinstance(value, Mapping):
            return {str(key): readable(item, depth - 1) for key, item in value.items() if item is not None}
        return [readable(item, depth - 1) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return blob_note("bytes", bytes(value))
    if callable(getattr(value, "tobytes", None)):  # PIL images, numpy arrays
        size = getattr(value, "size", None)
        shape = "x".join(map(str, size)) if isinstance(size, tuple) else str(getattr(value, "shape", ""))
        return blob_note(f"{type(value).__name__} {shape}".strip(), value.tobytes())
    return f"<{type(value).__name__}>"


def blob_note(what: str, content: bytes) -> str:
    """What stands in place of a blob: the same for equal content."""
    return f"<{what} {_digest(content)}>"


def images_hash(images: Any) -> str | None:
    """One hash of all images of a prompt, a list or a single one; None without any."""
    if images is None or (isinstance(images, (list, tuple)) and not images):  # the truth of an array is undefined
        return None
    return _digest(_canonical(readable(images)).encode("utf-8", "surrogatepass"))


def _plain(value: Any) -> Any:
    """A scalar of numpy or torch as a number, a tensor as an array, anything else as it is."""
    if callable(getattr(value, "item", None)) and getattr(value, "shape", None) == ():
        return value.item()
    if callable(getattr(value, "detach", None)):
        return value.detach().cpu().float().numpy()
    return value


def _is_blob(text: str) -> bool:
    return len(text) > _SHORTEST_BLOB and text.startswith("data:") and ";base64," in text[:_SHORTEST_BLOB]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()
