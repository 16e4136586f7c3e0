"""The fast path reads what a JSON parser reads, or nothing."""

import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_logs import line, write

from grpolog.analysis import columnar
from grpolog.analysis.columns import COLUMNS, Kind
from grpolog.analysis.location import Location
from grpolog.analysis.tables import Tables, read_tables
from grpolog.events import EVENTS

NUMBERS = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.just(10**400), st.sampled_from([-0.0, 1e-320, 0.1]))
NAMES = st.one_of(
    st.sampled_from(["accuracy", "format", ":", "a:", "a b", "loss", "ü", 'q"', "b\\"]), st.text(max_size=4)
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, NAMES),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=4,
)
FITTING = {
    Kind.INTEGER: st.integers(0, 2**40),
    Kind.NUMBER: NUMBERS,
    Kind.FLAG: st.booleans(),
    Kind.TEXT: NAMES,
    Kind.TEXTS: st.lists(NAMES, max_size=2),
    Kind.MAP: st.dictionaries(NAMES, st.one_of(st.none(), NUMBERS), max_size=3),
    Kind.READINGS: st.lists(
        st.fixed_dictionaries({"index": st.integers(0, 3)}, optional={"used_gib": NUMBERS, "odd": NUMBERS}), max_size=2
    ),
    Kind.JSON: st.one_of(st.dictionaries(NAMES, ANYTHING, max_size=2), st.lists(ANYTHING, max_size=2)),
}


@st.composite
def raw_lines(draw: st.DrawFn) -> bytes:
    """Mostly lines as ours, with fields of wrong types, unknown and doubled keys, odd spacing and literals."""
    event = draw(st.sampled_from([*EVENTS, "later"]))
    columns = COLUMNS.get(event, {})
    pairs: list[tuple[str, Any]] = [("v", draw(st.sampled_from([1] * 30 + [2, 0, 1.0, "1", True]))), ("event", event)]
    for column in columns.values():
        value = FITTING[column.kind]
        if draw(st.integers(0, 40)) == 0:
            value = ANYTHING
        if column.required or column.name in ("attempt", "seq") or draw(st.integers(0, 3)) == 0:
            pairs.append((column.name, draw(value)))
    if draw(st.integers(0, 9)) == 0:
        pairs.insert(draw(st.integers(0, len(pairs))), (draw(NAMES), draw(ANYTHING)))
    if draw(st.integers(0, 9)) == 0:
        pairs.append(draw(st.sampled_from(pairs)))
    if draw(st.integers(0, 9)) == 0:
        pairs = draw(st.permutations(pairs))
    colon = draw(st.sampled_from([":"] * 8 + [": ", " :", "\t:", "  :"]))
    ascii_only = draw(st.booleans())

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))

    body = "{" + ",".join(f"{text(k)}{colon}{text(v)}" for k, v in pairs) + "}"
    body = draw(st.sampled_from([body] * 12 + [body[:-1], body + " ", " " + body, body + "{}", "", "null", "[]"]))
    return body.encode("utf-8", "surrogatepass") + draw(st.sampled_from([b"\n"] * 6 + [b"\r\n"]))


def both(lines: list[bytes]) -> tuple[Tables, Tables]:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "exp1.jsonl", *lines)
        location = Location(path, {0: [(None, path)]})
        return read_tables(location, fast=True), read_tables(location, fast=False)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(raw_lines(), max_size=8))
def test_the_two_paths_read_the_same_from_any_lines(lines: list[bytes]) -> None:
    fast, careful = both(lines)
    for event, table in fast.events.items():
        assert_frame_equal(table, careful.events[event], check_exact=True, check_column_order=False)
    assert fast.runs == careful.runs
    assert fast.counts == careful.counts
    assert fast.versions == careful.versions
    assert sorted(map(str, fast.losses.named())) == sorted(map(str, careful.losses.named()))
    assert_frame_equal(fast.numbers, careful.numbers, check_row_order=False)


def parse(*lines: bytes) -> pl.DataFrame | None:
    return columnar.parse("step", [text.rstrip(b"\n") for text in lines], {})


def test_lines_as_the_recorder_writes_them_are_parsed_by_columns() -> None:
    table = parse(line("step", 1, loss=0.5, metrics={"a": 1}), line("step", 2, kl=0.25, metrics={"b/c": 2.5}))
    assert table is not None
    assert table.select("step", "mode", "loss", "kl", "metrics/a", "metrics/b/c").rows() == [
        (1, "train", 0.5, None, 1.0, None),
        (2, "train", None, 0.25, None, 2.5),
    ]


@pytest.mark.parametrize(
    "more",
    [b'"later":1', b'"loss":2.5', b'"loss":"x"', b'"loss":true', b'"mode":5', b'"eval_name":[1]', b'"loss" :1',
     b'"eval_name":"\\ud800"', b'"eval_name":"\xff"', b'"kl":NaN', b'"v":2', b'"metrics":{"a":1,"a":2}',
     b'"metrics":{"a":"1"}', b'"metrics":[1]', b'"eval_name":":a","mode":5'],
)  # fmt: skip
def test_what_polars_would_read_in_its_own_way_is_not_read_by_columns(more: bytes) -> None:
    assert parse(line("step", loss=0.5)) is not None
    assert parse(line("step", loss=0.5).replace(b"}\n", b"," + more + b"}\n")) is None


def test_a_whole_log_of_ours_needs_no_careful_path() -> None:
    events = [
        line("step", loss=1.0, metrics={"a": 1}),
        line("reward", mean=0.5),
        line("group", reward_means={"f": 1.0}),
        line("quality"),
        line("perf", gpus=[{"index": 0, "used_gib": 1.5}], reward_seconds={"f": 0.1}),
    ]
    buckets, rest = columnar.sort_lines([text.rstrip(b"\n") for text in events])
    assert rest.lines == []
    assert all(columnar.parse(event, bucket.lines, {}) is not None for event, bucket in buckets.items())
