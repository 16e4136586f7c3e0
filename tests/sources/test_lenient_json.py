import math

import pytest

from grpolog.sources.lenient_json import loads, whole_items


def test_what_python_writes_and_json_does_not_have_is_read() -> None:
    value = loads('{"a": NaN, "b": [-Infinity, 1], "c": "\\ud800!", "d": 123456789012345678901234567890}')
    assert math.isnan(value.pop("a"))
    assert value == {"b": [-math.inf, 1], "c": "\ufffd!", "d": 123456789012345678901234567890.0}
    assert isinstance(value["d"], float)


def test_pairs_of_surrogates_are_one_character() -> None:
    assert loads('["\\ud83d\\ude00", NaN]')[0] == "\N{GRINNING FACE}"


@pytest.mark.parametrize("text", ["", "{", "[1 2]", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of the parser
        loads(text)


def test_the_whole_items_of_a_broken_list() -> None:
    text = '[{"a": 1}, {"a": 2 2}, {"a": 3}, {"a": 4'
    assert [value for value, _ in whole_items(text, 1)] == [{"a": 1}, {"a": 3}]
