"""What a hostile or a broken disk may hold, for property tests: damaged files, and JSON of any shape."""

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import grpolog
from grpolog.errors import GrpologError

_MORE = int(os.environ.get("GRPOLOG_MORE_EXAMPLES", "1"))
"""Times as many examples as usual."""

KEYS = (
    *("v", "event", "step", "time", "attempt", "seq", "rank", "mode", "eval_name", "generation", "non_finite"),
    *("loss", "reward", "epoch", "learning_rate", "kl", "rewards/accuracy/mean", "eval_loss", "train_runtime"),
    *("metrics", "completions"),
    *("log_history", "global_step", "max_steps", "columns", "data", "cells", "outputs", "text", "text/html", "source"),
    *("_step", "_runtime", "_timestamp", "_wandb", "input", "output", "score", "gts", "uid", "prompt", "completion"),
    *("rewards", "name", "n", "mean", "std", "min", "group", "index", "prompt_id", "kept", "extra", "config", "phase"),
    *("status", "run_id", "grpolog_version", "resumed_from_step", "details", "messages", "role", "content", "total"),
    *("iteration", "nodes", "trace", "env", "advantage", "content", "idx", "severity", "rule", "metric", "incident"),
)  # fmt: skip

_EVENTS = ("run", "step", "reward", "group", "quality", "perf", "example", "alert", "other")
_numbers = st.one_of(
    st.integers(-3, 40),
    st.integers(),
    st.sampled_from([2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**18, 10**400, 1e308, -1e308, 1e-320]),
    st.floats(),
)
_texts = st.one_of(
    st.sampled_from([*KEYS, *_EVENTS, "train", "eval", "start", "end", "running", "error", "opened", "nan", "<table>"]),
    st.text(max_size=8),
    st.text(st.characters(categories=["Cs", "Cc", "Cf"]), max_size=4),
)
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=4))
values = st.recursive(
    st.one_of(_numbers, _texts, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(KEYS), values, max_size=12)
steps = st.fixed_dictionaries({"step": _numbers}, optional={"loss": _numbers, "reward": _numbers, "epoch": values})
events = st.builds(
    lambda event, fields: {"v": 1, "event": event, "step": 1, "seq": 0, **fields}, st.sampled_from(_EVENTS), records
)


def as_bytes(value: Any) -> bytes:
    """A value as JSON, or as what Python's own writer makes of it."""
    return json.dumps(value).encode()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with some pieces changed, cut out, repeated, or put elsewhere, and perhaps cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        end = min(len(data), place + draw(st.sampled_from([0, 1, 2, 4, 9, 40, 400])))
        new = draw(st.one_of(st.binary(max_size=12), st.sampled_from(_PIECES), st.just(bytes(data[place:end]) * 2)))
        data[place:end] = new
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


_PIECES = (
    *(b"\0" * 8, b"\xff" * 8, b"\n", b"\r", b'"', b"{", b"[", b"}", b"]", b",", b"nan", b"NaN", b"-", b"1e999"),
    *(b"9" * 400, b"\\ud800", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x1b[31m", b"null", b"true", b"{}", b"[]"),
    *(b"9" * 30, b'"step": "x"'),
)  # fmt: skip


def examples(count: int) -> settings:
    """So many examples; files of the function's folder are written anew for each."""
    return settings(
        max_examples=count * _MORE,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def opened(path: Path) -> str:
    """What reading and judging a path comes to: `read`, or the words of the error. Any other exception is a bug."""
    try:
        run = grpolog.read(path, now=1100.0)
        assert run.audit.sentences()
        report = grpolog.build_report(run)
    except GrpologError as error:
        return str(error)
    assert report.to_json()
    assert report.to_markdown()
    return "read"
