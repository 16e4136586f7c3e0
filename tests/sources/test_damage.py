"""Files of every make, cut and overwritten anywhere: read as far as they can be, or refused in one line."""

import io
import json
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grpolog.analysis import read
from grpolog.errors import GrpologError
from grpolog.sources import by_step, nemo_rl, prime_rl, printed, scored, tinker, trl_completions, verl


def lines(*rows: dict) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet(**columns: list) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


ROWS = [
    {"step": n, "reward": n / 4, "kl": 0.125, "time": 1764000000 + n, "note": "ok", "n": {"a": [1]}} for n in range(4)
]
TALK = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
NODE = {"message": TALK[1], "parent": None, "sampled": True, "advantages": [0.5]}
VALID = {
    by_step.LINES: lines(*ROWS),
    by_step.JSON: json.dumps({"history": {key: [row[key] for row in ROWS] for key in ("step", "reward")}}).encode(),
    by_step.TABLE: b"step,reward,note\n1,0.5,a\n2,0.25,b\n3,nan,c\n",
    by_step.PARQUET: parquet(step=[1, 2, 3], reward=[0.5, 0.25, None], when=["a", "b", "c"]),
    scored.FORMAT: lines(*({"step": n, "messages": TALK, "reward": 1.0, "advantage": 0.5} for n in range(3))),
    nemo_rl.FORMAT: lines(
        *({"content": [["q", "a"]], "rewards": [1.0], "advantages": [[0.5]], "idx": n} for n in (0, 1))
    ),
    tinker.FORMAT: lines(
        *(
            {
                "iteration": 1,
                "group_idx": 0,
                "traj_idx": n,
                "total_reward": 1.0,
                "steps": [{"ac_len": 3}],
                "split": "train",
            }
            for n in range(2)
        )
    ),
    prime_rl.FORMAT: lines(
        *(
            {"id": "e", "task": {"key": "k"}, "traces": [{"id": n, "nodes": [NODE], "rewards": {"r": {"score": 1.0}}}]}
            for n in range(2)
        )
    ),
    printed.FORMAT: b"Unsloth\n"
    + b"*" * 20
    + b"Question:\nq\nAnswer:\na\nResponse:\nr\nExtracted:\ne\ndef f():\n  1\n",
    verl.METRICS: lines(*({"step": n, "data": {"critic/score/mean": 0.5}} for n in range(3))),
    verl.DUMP: lines(*({"input": "q", "output": "a", "score": 1.0, "uid": "a_0_0", "step": 1} for _ in range(3))),
    trl_completions.FORMAT: parquet(
        step=[1] * 4, prompt=["q"] * 4, completion=["a"] * 4, acc=[1.0] * 4, advantage=[0.0] * 4
    ),
}
PIECES = [
    b"",
    b"\n",
    b"\0",
    b"NaN",
    b"-1e400",
    b"99999999999999999999",
    b"null",
    b"[[",
    b"}",
    b'"',
    b"\xff",
    b",",
    b"true",
    b"{}",
]


@pytest.mark.parametrize("form", VALID, ids=lambda form: form.name)
def test_the_examples_are_what_they_are_meant_to_be(tmp_path: Path, form):
    path = tmp_path / "log"
    path.write_bytes(VALID[form])
    assert read(path).runs


@pytest.mark.parametrize("form", VALID, ids=lambda form: form.name)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_read_or_refused_and_never_a_crash(tmp_path: Path, form, data):
    content = bytearray(VALID[form])
    place = st.integers(0, len(content))
    for at, length, piece in data.draw(
        st.lists(st.tuples(place, st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=4)), max_size=4)
    ):
        content[at : at + length] = piece
    path = tmp_path / "log"
    path.write_bytes(bytes(content[: data.draw(place)]))
    for reading in (lambda: read(path), lambda: list(form.read(path, note, *([{}] if form.maps else [])))):
        with suppress(GrpologError):
            reading()


def note(*_: object, **__: object) -> None:
    """Nobody reads it."""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
LINES = [form for form, content in VALID.items() if content.startswith(b'{"') and b"\n" in content]
KEYS = sorted({key for form in LINES for line in VALID[form].splitlines() for key in json.loads(line)})


@given(
    rows=st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8), min_size=1, max_size=4),
    whole=st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_of_any_shape_is_read_or_refused(tmp_path: Path, rows, whole):
    path = tmp_path / "log"
    path.write_bytes(json.dumps(rows).encode() if whole else lines(*rows))
    for form in VALID:
        with suppress(GrpologError):
            list(form.read(path, note, *([{}] if form.maps else [])))


@pytest.mark.parametrize("form", LINES, ids=lambda form: form.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_of_another_type_anywhere_is_read_or_refused(tmp_path: Path, form, data):
    rows = [json.loads(line) for line in VALID[form].splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        holder, keys = rows, [data.draw(st.sampled_from(range(len(rows))))]
        while isinstance(holder[keys[-1]], (dict, list)) and holder[keys[-1]] and data.draw(st.booleans()):
            holder = holder[keys[-1]]
            keys.append(data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))))
        if len(keys) > 1:
            holder[keys[-1]] = data.draw(VALUES)
    path = tmp_path / "log"
    path.write_bytes(lines(*rows))
    with suppress(GrpologError):
        read(path)
