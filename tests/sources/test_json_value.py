"""Files of one JSON value, whole and broken."""

import re
from math import isnan
from pathlib import Path

import pytest
from foreign_logs import noted, text

from grpolog.errors import LogError
from grpolog.sources.json_value import read_json, whole_objects


def read(path: Path, **options):
    losses: list[tuple] = []
    return read_json(path, noted(losses), **options), losses


def test_a_whole_value_is_read_without_a_word(tmp_path: Path):
    assert read(text(tmp_path / "a.json", '{"a": [1, 2]}')) == ({"a": [1, 2]}, [])


def test_literals_are_read_and_said(tmp_path: Path):
    value, losses = read(text(tmp_path / "a.json", '[{"a": NaN}]'))
    assert isnan(value[0]["a"])
    assert [kind for kind, _, _ in losses] == ["corrected line"]


def test_of_a_broken_list_the_whole_objects_are_read_and_the_end_is_named(tmp_path: Path):
    value, [(kind, line, what)] = read(
        text(tmp_path / "a.json", '{"rows": [{"a": 1},\n3, {"a": 2}, {"a"'), what="samples"
    )
    assert (value, kind, line) == ([{"a": 1}, {"a": 2}], "torn line", 2)
    assert what.endswith("the 2 samples that are whole were read")


def test_a_reader_may_know_where_its_objects_begin():
    broken = '{"other": [{"b": 1}], "rows": [{"a": 1}, {'
    assert whole_objects(broken) == [{"b": 1}, {"a": 1}]
    assert whole_objects(broken, re.compile(r'"rows": \[')) == [{"a": 1}]
    assert whole_objects("{") == []


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path):
    with pytest.raises(LogError):
        read(tmp_path / "none.json")
