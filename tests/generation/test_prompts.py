import re
from typing import Any

import numpy as np
import pytest

from grpolog.generation.prompts import columns_of, images_hash, prompt_id, readable


class Picture:
    """Shaped like a PIL image."""

    def __init__(self, pixel: int) -> None:
        self.size = (2, 1)
        self.pixel = pixel

    def tobytes(self) -> bytes:
        return bytes([self.pixel])


def asked(content: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content, **fields}]


def test_an_id_never_changes() -> None:
    assert prompt_id("What is 2 + 2?") == "0dbe8bd852c50826"
    assert prompt_id(asked("What is 2 + 2?")) == "638bff80e88f92c7"


def test_different_prompts_have_different_ids() -> None:
    prompts = ["", "a", "a ", asked("a"), asked("b"), [{"role": "system", "content": "a"}], [], asked(None)]
    assert len({prompt_id(prompt) for prompt in prompts}) == len(prompts)


def test_key_order_and_empty_keys_do_not_change_an_id() -> None:
    assert prompt_id([{"content": "a", "role": "user", "tool_calls": None}]) == prompt_id(asked("a"))


def test_images_make_a_difference_inside_and_beside_the_messages() -> None:
    inside = [prompt_id(asked([{"type": "image", "image": Picture(pixel)}])) for pixel in (1, 1, 2)]
    assert inside[0] == inside[1] != inside[2]
    beside = [prompt_id("a", images_hash([Picture(pixel)])) for pixel in (1, 1, 2)]
    assert beside[0] == beside[1] != beside[2]
    assert prompt_id("a", images_hash([])) == prompt_id("a")


def test_blobs_become_notes() -> None:
    message = asked(
        [
            {"type": "image", "image": Picture(1)},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 999}},
            {"type": "audio", "audio": np.zeros((3, 2))},
            {"type": "file", "file": b"abc"},
            {"type": "object", "object": object()},
            {"type": "text", "text": "data: short", "score": 0.5, "cached": None},
        ]
    )
    parts = readable(message)[0]["content"]
    notes = [next(value for key, value in part.items() if key != "type") for part in parts[:5]]
    digest = "[0-9a-f]{16}"
    expected = [rf"<Picture 2x1 {digest}>", "", rf"<ndarray \(3, 2\) {digest}>", f"<bytes {digest}>", "<object>"]
    assert re.fullmatch(f"<data {digest}>", notes.pop(1)["url"])
    expected.pop(1)
    assert all(re.fullmatch(pattern, note) for pattern, note in zip(expected, notes, strict=True))
    assert parts[5] == {"type": "text", "text": "data: short", "score": 0.5}


def test_scalars_of_numpy_become_numbers() -> None:
    values = [np.float32(0.5), np.int64(3), np.bool_(True), np.array(2), [np.float64("inf")], {"x": np.float16(0.25)}]
    assert readable(values) == [0.5, 3, True, 2, [float("inf")], {"x": 0.25}]


def test_what_is_nested_too_deep_becomes_a_note() -> None:
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    assert readable(deep, depth=2) == [["<list of 1>"]]
    assert str(readable(deep)).count("[") == 64
    assert readable({"a": {"b": [1]}}, depth=2) == {"a": {"b": "<list of 1>"}}


def test_images_may_be_arrays() -> None:
    hashes = [images_hash(np.full((2, 2), pixel)) for pixel in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("prompt", [None, 3, "\ud800", asked("\udfff"), [{1: float("nan")}], {"role": "user"}])
def test_odd_prompts_have_an_id(prompt: Any) -> None:
    assert re.fullmatch("[0-9a-f]{16}", prompt_id(prompt))


@pytest.mark.parametrize(
    ("example", "found"),
    [
        ({"prompt": "p"}, (None, None)),
        ({"id": 7, "source": "gsm8k"}, ("7", "gsm8k")),
        ({"index": 0, "uid": "u", "data_source": "math", "dataset": "x"}, ("u", "math")),
        ({"id": None, "row_id": "", "index": 3, "source": ["a"], "domain": "algebra"}, ("3", "algebra")),
        ({"id": np.int64(7), "source": np.str_("gsm8k")}, ("7", "gsm8k")),
        ({"id": True, "task": {"a": 1}}, (None, None)),
        ({"id": "x" * 999}, ("x" * 200, None)),
    ],
)
def test_row_and_source_come_from_columns_named_for_them(example: dict[str, Any], found: Any) -> None:
    assert columns_of(example) == found
