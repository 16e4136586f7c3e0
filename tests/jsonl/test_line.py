import io
import json
import math
from collections import Counter
from datetime import date, datetime
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any, NoReturn
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpolog import jsonl
from grpolog.events import AlertEvent, ExampleEvent, GpuReading, PerfEvent, RewardEvent, StepEvent

NAN, INF = math.nan, math.inf

texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.one_of(texts, st.text("~/01a", max_size=4), st.sampled_from(["", "~", "/", "~0", "~1", "0", "-", "null"]))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), texts)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4))
)


def alert(**details: Any) -> AlertEvent:
    return AlertEvent(step=1, rule="r", metric="m", severity="info", incident="i", message="", details=details)


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"not JSON: {constant}")


def strictly(line: bytes) -> Any:
    """The record of a line as a parser reads it that knows nothing of ours."""
    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    return json.loads(line.decode("utf-8", "strict"), parse_constant=refuse)


def written(value: Any) -> tuple[Any, dict[str, int]]:
    """`value` after a round trip, and what was counted."""
    counts: Counter[str] = Counter()
    line = jsonl.encode(alert(x=value), counts)
    strictly(line)
    record, note = jsonl.decode(line)
    assert note is None
    return record["details"]["x"], dict(counts)


def exactly(value: Any) -> Any:
    """A stand-in for `value` that is equal only to the same types, signs and NaNs."""
    if isinstance(value, dict):
        return {key: exactly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [exactly(inner) for inner in value]
    return type(value), repr(value)


# there and back


@given(st.dictionaries(keys, values, max_size=5))
def test_every_json_value_comes_back_as_it_was(details):
    counts: Counter[str] = Counter()
    line = jsonl.encode(alert(x=details), counts)
    strictly(line)
    record, note = jsonl.decode(line)
    assert exactly(record["details"]["x"]) == exactly(details)
    assert (note, counts) == (None, Counter())


@given(st.dictionaries(keys, st.floats(), max_size=8), st.floats(), st.floats())
def test_every_number_of_a_step_comes_back_as_it_was(metrics, loss, kl):
    record, _ = jsonl.decode(jsonl.encode(StepEvent(step=3, loss=loss, kl=kl, metrics=metrics)))
    assert exactly([record["metrics"], record["loss"], record["kl"]]) == exactly([metrics, loss, kl])


@given(st.text())
def test_any_text_gives_a_valid_line(text):
    counts: Counter[str] = Counter()
    event = ExampleEvent(step=1, group=0, index=0, prompt_id="p", kept="all").model_copy(update={"completion": text})
    record = strictly(jsonl.encode(event, counts))
    clean = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert record["completion"] == clean
    assert counts["surrogates"] == (clean != text)


def test_fields_that_are_null_are_left_out():
    record = strictly(jsonl.encode(StepEvent(step=1, loss=0.5)))
    assert record == {
        "v": 1, "event": "step", "step": 1, "time": 0.0, "attempt": 0, "seq": 0, "rank": 0, "mode": "train", "loss": 0.5
    }  # fmt: skip


def test_a_line_begins_with_the_version_so_that_a_writer_knows_a_log():
    assert jsonl.encode(StepEvent(step=1)).startswith(b'{"v":1,"event":"step"')


def test_encoding_changes_no_event():
    event = alert(a=[NAN, 2**70], b="\ud800")
    before = event.model_copy(deep=True)
    jsonl.encode(event)
    assert repr(event) == repr(before)


# numbers that JSON does not have


def test_non_finite_numbers_are_null_and_named_by_their_pointer():
    event = StepEvent(step=1, loss=NAN, kl=INF, metrics={"a/b": -INF, "m~n": NAN, "fine": 1.0})
    record = strictly(jsonl.encode(event))
    assert (record["loss"], record["kl"]) == (None, None)
    assert record["metrics"] == {"a/b": None, "m~n": None, "fine": 1.0}
    assert record["non_finite"] == {"/loss": "nan", "/kl": "inf", "/metrics/a~1b": "-inf", "/metrics/m~0n": "nan"}


def test_a_null_that_was_null_stays_null_beside_a_nan():
    assert exactly(written([None, NAN, {"a": None}])) == exactly(([None, NAN, {"a": None}], {}))


def test_a_nan_in_a_nested_model_is_named():
    event = PerfEvent(step=1, gpus=[GpuReading(index=0), GpuReading(index=1, peak_gib=NAN)])
    record = strictly(jsonl.encode(event))
    assert record["gpus"] == [{"index": 0}, {"index": 1, "peak_gib": None}]
    assert record["non_finite"] == {"/gpus/1/peak_gib": "nan"}


def test_what_was_not_finite_before_stays_named():
    event = StepEvent(step=1, loss=NAN, non_finite={"/kl": "inf"})
    assert strictly(jsonl.encode(event))["non_finite"] == {"/kl": "inf", "/loss": "nan"}


def test_negative_zero_keeps_its_sign():
    assert math.copysign(1, jsonl.decode(jsonl.encode(StepEvent(step=1, loss=-0.0)))[0]["loss"]) == -1


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**30, True + 2**80])
def test_integers_beyond_64_bits_become_floats_and_are_counted(value):
    assert exactly(written(value)) == exactly((float(value), {"huge_integers": 1}))


@pytest.mark.parametrize(("value", "name"), [(10**400, INF), (-(10**400), -INF)])
def test_integers_beyond_any_float_become_infinite_and_are_counted(value, name):
    assert written(value) == (name, {"huge_integers": 1})


@pytest.mark.parametrize("value", [2**64 - 1, -(2**63), 2**53 + 1])
def test_integers_of_64_bits_are_exact(value):
    assert exactly(written(value)) == exactly((value, {}))


# values of other types


class Color(Enum):
    RED = "red"
    NOTHING = NAN


class Level(IntEnum):
    HIGH = 3


class Opaque:
    def __repr__(self) -> str:
        return "<opaque>"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.float16("nan"), NAN),
        (np.int64(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("text"), "text"),
        (np.array([[1.0, NAN], [INF, 2.0]]), [[1.0, NAN], [INF, 2.0]]),
        (np.array(7), 7),
        ({1: "a", None: "b", 2.5: "c", np.str_("d"): 1}, {"1": "a", "None": "b", "2.5": "c", "d": 1}),
        ((1, (2, NAN)), [1, [2, NAN]]),
        (Color.RED, "red"),
        (Color.NOTHING, NAN),
        (Level.HIGH, 3),
        (PurePosixPath("a/b"), "a/b"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2020, 1, 2), "2020-01-02"),
        (datetime(2020, 1, 2, 3), "2020-01-02 03:00:00"),
    ],
    ids=repr,
)
def test_what_stands_for_a_json_value_is_written_as_it(value, read):
    assert exactly(written(value)) == exactly((read, {}))
    assert exactly(written([NAN, value])) == exactly(([NAN, read], {}))  # the same by the careful path


def test_torch_scalars_and_tensors_are_written_as_numbers():
    torch = pytest.importorskip("torch")
    values = [torch.tensor(0.5, dtype=torch.bfloat16), torch.tensor(True), torch.tensor([1, 2]), torch.tensor(NAN)]
    assert exactly(written(values)) == exactly(([0.5, True, [1, 2], NAN], {}))


@pytest.mark.parametrize("value", [Opaque(), [Opaque()], {"a": Opaque()}])
def test_what_json_does_not_have_is_written_as_its_repr_and_counted(value):
    read, counts = written(value)
    assert "<opaque>" in str(read)
    assert counts == {"not_json": 1}


def test_lone_surrogates_are_counted_once_per_text_in_keys_too():
    counts: Counter[str] = Counter()
    record = strictly(jsonl.encode(alert(**{"a\ud800": ["b\udfff\udfff", "c"]}), counts))
    assert record["details"] == {"a\ufffd": ["b\ufffd\ufffd", "c"]}
    assert counts == {"surrogates": 2}


def test_a_nan_under_a_key_with_a_surrogate_comes_back():
    record, _ = jsonl.decode(jsonl.encode(alert(**{"a\ud800": NAN})))
    assert exactly(record["details"]) == exactly({"a\ufffd": NAN})


def test_what_is_nested_without_end_is_refused():
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(ValueError, match="AlertEvent cannot be written: nested too deep"):
            jsonl.encode(alert().model_copy(update={"details": {"x": value}}))


# reading


@pytest.mark.parametrize(
    ("line", "record", "note"),
    [
        (b'{"a": NaN}', {"a": NAN}, "NaN literal, which JSON does not have"),
        (b'{"a": [-Infinity]}', {"a": [-INF]}, "-Infinity literal, which JSON does not have"),
        (b'{"t": ": NaN", "s": "\\ud800"}', {"t": ": NaN", "s": "\ufffd"}, "lone surrogate escape, replaced by U+FFFD"),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, "JSON beyond the standard"),
        (b'{"a": 1e999}', {"a": INF}, "JSON beyond the standard"),
        (b'{"a": 123456789012345678901234567890, "b": NaN}', {"a": 123456789012345678901234567890.0, "b": NAN},
         "NaN literal, which JSON does not have"),
        (b'{"a": "\\ud83d\\ude00"}\r\n', {"a": "\U0001f600"}, None),
        (b'{"a": 1, "a": 2}', {"a": 2}, None),
    ],
)  # fmt: skip
def test_a_line_beyond_the_standard_is_read_and_says_so(line, record, note):
    read, said = jsonl.decode(line)
    assert exactly(read) == exactly(record)
    assert said == note


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"a": 1} x', b'{"a":1}\x00', b"\xff\xfe", b'{"a": "\xff"}', b'{"a": "\x01"}', b"[" * 100_000]
)
def test_what_is_no_json_is_a_value_error(line):
    with pytest.raises(ValueError, match="invalid JSON"):
        jsonl.decode(line)


@pytest.mark.parametrize(("line", "kind"), [(b"[]", "list"), (b"null", "NoneType"), (b"3", "int"), (b"NaN", "float")])
def test_json_that_is_no_object_is_a_value_error(line, kind):
    with pytest.raises(ValueError, match=f"not an object but {kind}"):
        jsonl.decode(line)


@pytest.mark.parametrize(
    "non_finite",
    ['{"/a": "nan"}', '{"": "nan"}', '{"b": "nan"}', '{"/c/2": "nan"}', '{"/c/x": "inf"}', '{"/c/01": "inf"}',
     '{"/c/\u00b2": "inf"}', '{"/a/b/c": "nan"}', '{"/d": "NaN"}', '{"/d": 5}', '{"/d": []}', "[]", "5", "null"],
)  # fmt: skip
def test_a_pointer_to_nothing_or_to_a_value_changes_nothing(non_finite):
    record, note = jsonl.decode(f'{{"a": 1, "c": [1, 2], "d": null, "non_finite": {non_finite}}}'.encode())
    assert (record, note) == ({"a": 1, "c": [1, 2], "d": None}, None)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_value_error(line):
    try:
        record, _ = jsonl.decode(line)
    except ValueError:
        return
    assert isinstance(record, dict)


@given(st.dictionaries(st.text("/~0a", max_size=5), st.sampled_from(["nan", "inf", "x"]), max_size=4), values)
def test_any_pointers_are_followed_or_ignored(pointers, value):
    jsonl.decode(json.dumps({"a": value, "non_finite": pointers}).encode())


def test_lines_have_numbers_from_1_without_empty_ones():
    part = io.BytesIO(b'{"a":1}\n\n  \r\n{"b":2}\n{"torn')
    assert list(jsonl.lines(part)) == [(1, b'{"a":1}\n'), (4, b'{"b":2}\n'), (5, b'{"torn')]


def test_a_reward_event_is_written_as_it_is():
    event = RewardEvent(step=3, time=1.5, name="accuracy", n=4, mean=0.5, std=None, min=NAN)
    assert jsonl.encode(event) == (
        b'{"v":1,"event":"reward","step":3,"time":1.5,"attempt":0,"seq":0,"rank":0,"mode":"train","name":"accuracy",'
        b'"n":4,"mean":0.5,"min":null,"non_finite":{"/min":"nan"}}\n'
    )
