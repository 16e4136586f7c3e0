"""Lines become tables; what does not fit is left out, counted and named."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_logs import line, losses, numbered, run_of, steps

from grpolog.analysis import tables


def raw(event: str, more: str, seq: int = 1) -> bytes:
    """A line with required fields and anything else, as text."""
    own = {"example": '"group":0,"index":0,"prompt_id":"x","kept":"lot",', "reward": '"name":"total","n":8,'}
    head = f'"v":1,"event":"{event}","step":2,"time":1002.0,"attempt":0,"seq":{seq},"rank":0,'
    return f"{{{head}{own.get(event, '')}{more}}}\n".encode()


def test_the_columns_of_a_frame_are_the_fields_of_its_event(tmp_path: Path) -> None:
    run = run_of(tmp_path, line("reward", mean=0.5, eval_name="hard", mode="eval", generation=3))
    assert run.rewards.columns[:9] == [
        "step", "time", "attempt", "seq", "rank", "mode", "eval_name", "generation", "name",
    ]  # fmt: skip
    assert run.rewards.select("mode", "eval_name", "generation", "n", "mean", "std", "superseded").row(0) == (
        "eval", "hard", 3, 8, 0.5, None, False,
    )  # fmt: skip


def test_keys_of_metrics_are_columns_however_late_they_appear(tmp_path: Path) -> None:
    early = [line("step", n, n - 1, metrics={"tools/calls": n}) for n in range(1, 301)]
    late = [line("step", n, n - 1, metrics={"tools/calls": n, "late": n / 2, "kl": 9.0}) for n in range(301, 304)]
    run = run_of(tmp_path, *early, *late)
    assert run.steps["tools/calls"].to_list() == list(range(1, 304))
    assert run.steps["late"].drop_nulls().to_list() == [150.5, 151.0, 151.5]
    assert run.steps["metrics/kl"].drop_nulls().to_list() == [9.0] * 3  # `kl` is the field of that name
    assert run.history("late")["step"].to_list() == [301, 302, 303]
    assert losses(run) == []


def test_open_maps_of_other_events_are_structs(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        line("group", 1, 0, reward_means={"a": 1.0, "b": None}, reward_stds={"a": 0.5}),
        line("perf", 1, 1, reward_seconds={"a": 0.25}, gpus=[{"index": 1, "used_gib": 2.0}]),
        line("perf", 2, 2),
        line("example", 1, 3, rewards={"a": 1.0, "b": None}, extra={"x": [1]}, also_kept=["worst"], prompt="a\nb"),
        line("alert", 1, 4, details={"stack": "x"}),
    )
    assert run.groups["reward_means"].to_list() == [{"a": 1.0, "b": None}]
    assert run.perf["reward_seconds"].to_list() == [{"a": 0.25}, None]
    assert run.perf["gpus"].to_list()[0] == [
        {"index": 1, "allocated_gib": None, "reserved_gib": None, "peak_gib": None, "used_gib": 2.0, "total_gib": None}
    ]
    assert run.examples.select("rewards", "extra", "also_kept", "prompt").row(0) == (
        {"a": 1.0, "b": None}, '{"x":[1]}', ["worst"], "a\nb",
    )  # fmt: skip
    assert run.alerts["details"].to_list() == ['{"stack":"x"}']


def test_numbers_that_were_not_finite_are_put_back(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        line("step", 1, 0, loss=math.nan, grad_norm=math.inf, metrics={"a/~b": -math.inf, "c": 1.0}),
        line("reward", 1, 1, mean=math.nan),
        line("group", 1, 2, reward_means={"f": math.nan}),
        line("perf", 1, 3, gpus=[{"index": 0, "used_gib": math.inf}]),
        line("example", 1, 4, rewards={"f": math.inf}, advantage=math.nan),
    )
    step = run.steps.row(0, named=True)
    assert math.isnan(step["loss"])
    assert (step["grad_norm"], step["a/~b"], step["c"], step["kl"]) == (math.inf, -math.inf, 1.0, None)
    assert run.rewards["mean"].is_nan().to_list() == [True]
    assert run.groups["reward_means"].struct["f"].is_nan().to_list() == [True]
    assert run.history("perf/gpu0/used_gib")["value"].to_list() == [math.inf]
    assert run.examples["rewards"].struct["f"].to_list() == [math.inf]
    assert run.examples["advantage"].is_nan().to_list() == [True]
    assert run.history("a/~b")["value"].to_list() == [-math.inf]
    assert run.history("loss")["value"].is_nan().to_list() == [True]
    assert {name: (found.count, found.first_step) for name, found in run.audit.non_finite.items()} == {
        "reward": (1, 1), "loss": (1, 1), "grad_norm": (1, 1), "perf/gpu0/used_gib": (1, 1), "a/~b": (1, 1),
    }  # fmt: skip
    assert losses(run) == []


CORRECTED = {
    "NaN": (raw("step", '"loss":NaN'), "exp1.jsonl:2: NaN literal, which JSON does not have"),
    "-Infinity": (raw("step", '"loss":-Infinity'), "exp1.jsonl:2: -Infinity literal, which JSON does not have"),
    "surrogate": (
        raw("example", r'"completion":"a\ud800b"'),
        "exp1.jsonl:2: lone surrogate escape, replaced by U+FFFD",
    ),
    "mark": (b"\xef\xbb\xbf" + raw("step", '"loss":1'), "exp1.jsonl:2: JSON beyond the standard"),
}


@pytest.mark.parametrize(("text", "loss"), CORRECTED.values(), ids=CORRECTED)
def test_lines_that_are_not_quite_json_are_read_and_named(tmp_path: Path, text: bytes, loss: str) -> None:
    run = run_of(tmp_path, *steps(1), text)
    assert losses(run) == [loss]
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"corrected line": 1}, True)
    assert sum(run.audit.events.values()) == 2


def test_what_a_lenient_parser_saw_is_in_the_frames(tmp_path: Path) -> None:
    run = run_of(tmp_path, raw("step", '"loss":NaN,"kl":Infinity', 0), raw("example", r'"completion":"a\ud800b"'))
    assert run.steps["loss"].is_nan().to_list() == [True]
    assert run.steps["kl"].to_list() == [math.inf]
    assert run.examples["completion"].to_list() == ["a\ufffdb"]


DAMAGED = {
    "torn": (b'{"v":1,"event":"step","ste', "torn line", "the last line is torn (26 bytes)"),
    "invalid": (b"{'v':1}\n", "invalid line", "invalid JSON: "),
    "empty object": (b"{}\n", "invalid line", "JSON, but no event of a grpolog log"),
    "array": (b"[1]\n", "invalid line", "not an object but list"),
    "no version": (b'{"event":"step","step":1}\n', "invalid line", "JSON, but no event of a grpolog log"),
    "no step": (b'{"v":1,"event":"step","seq":1}\n', "invalid line", "step event without `step`"),
    "no name": (b'{"v":1,"event":"reward","step":1,"n":1}\n', "invalid line", "reward event without `name`"),
    "bad run": (
        b'{"v":1,"event":"run","step":1,"seq":1}\n',
        "invalid line",
        "run event: Field required @ $.phase",
    ),
    "unknown event": (b'{"v":1,"event":"later","seq":1}\n', "unknown event", "unknown event `later`"),
    "newer": (
        b'{"v":2,"event":"step","step":1}\n',
        "newer format",
        "event of log format 2; this grpolog reads up to 1",
    ),
    "text for number": (raw("step", '"loss":"high"'), "invalid value", "`loss` of step events is not a number"),
    "number in a map": (
        raw("step", '"metrics":{"a":"b"}'),
        "invalid value",
        "`metrics/a` of step events is not a number",
    ),
    "number for text": (raw("reward", '"eval_name":3'), "invalid value", "`eval_name` of reward events is not a text"),
    "map": (raw("step", '"metrics":[1]'), "invalid value", "`metrics` of step events is not an object of numbers"),
    "flag": (raw("example", '"truncated":1'), "invalid value", "`truncated` of example events is not true or false"),
    "list": (raw("perf", '"gpus":[1]'), "invalid value", "`gpus` of perf events is not a list of objects"),
    "run value": (
        line("run", 0, 1).replace(b"}\n", b',"group_size":"many"}\n'),
        "invalid value",
        "`group_size` of the run event: Input should be a valid integer",
    ),
}


@pytest.mark.parametrize(("text", "kind", "what"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_counted_and_named_and_costs_nothing_else(tmp_path: Path, text: bytes, kind: str, what: str) -> None:
    run = run_of(tmp_path, *steps(1), text)
    assert run.audit.losses_by_kind == {kind: 1}
    (found,) = losses(run)
    assert found.startswith(f"exp1.jsonl:2: {what}")
    assert run.audit.complete is False
    assert run.history("loss")["value"][0] == 1.0


def test_unknown_fields_lose_nothing(tmp_path: Path) -> None:
    newer = [
        text.replace(b"}\n", b',"later":{"a":1}}\n') for text in numbered(line("run", 0), line("step"), line("step", 2))
    ]
    run = run_of(tmp_path, *newer)
    assert losses(run) == [
        "exp1.jsonl:1: unknown field `later` of run events",
        "exp1.jsonl:2: unknown field `later` of step events (2 times, first here)",
    ]
    assert (run.audit.losses_by_kind, run.audit.complete) == ({"unknown field": 3}, True)
    assert run.info is not None
    assert run.steps["step"].to_list() == [1, 2]


def test_lines_after_a_damaged_one_are_read(tmp_path: Path) -> None:
    first, second, third = steps(1, 2, 3)
    run = run_of(tmp_path, first, second[:20] + b"\n", third, b"\n", *steps(4, first=3))
    assert run.steps["step"].to_list() == [1, 3, 4]
    assert losses(run) == [
        "exp1.jsonl:2: invalid JSON: unexpected end of data: line 1 column 21 (char 20)",
        "exp1.jsonl:3: before this line 1 of attempt 0, rank 0 missing (number 1)",
    ]


def test_a_whole_last_line_without_its_newline_counts(tmp_path: Path) -> None:
    run = run_of(tmp_path, b"".join(steps(1, 2)).rstrip(b"\n"))
    assert (run.steps["step"].to_list(), losses(run)) == ([1, 2], [])


def test_values_that_do_not_fit_leave_the_rest_of_their_line(tmp_path: Path) -> None:
    run = run_of(tmp_path, raw("step", '"loss":true,"kl":0.5,"metrics":{"a":[1],"b":2}', 0))
    assert run.steps.select("loss", "kl", "b").row(0) == (None, 0.5, 2.0)


def test_a_line_without_envelope_gets_its_defaults(tmp_path: Path) -> None:
    run = run_of(tmp_path, b'{"v":1,"event":"step","step":1,"loss":2}\n')
    assert run.steps.select("attempt", "rank", "mode", "time", "seq", "loss").row(0) == (0, 0, "train", None, None, 2.0)


def test_only_a_hundred_losses_of_a_kind_are_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, *steps(1), *[b"{\n"] * 1000)
    assert len(run.audit.losses) == 100
    assert run.audit.losses_by_kind == {"invalid line": 1000}


@pytest.mark.parametrize("value", [2**63, -(2**70), 10**400, 2**53 + 1])
def test_integers_of_any_size_are_read(tmp_path: Path, value: int) -> None:
    run = run_of(tmp_path, raw("step", f'"metrics":{{"big":{value}}}', 0))
    expected = float(value) if value < 10**308 else math.inf
    assert run.steps["big"].to_list() == [expected]


def test_frames_of_a_log_without_an_event_have_their_columns(tmp_path: Path) -> None:
    run = run_of(tmp_path, line("run", 0))
    frames: dict[str, pl.DataFrame] = {
        "reward": run.rewards, "group": run.groups, "quality": run.quality, "perf": run.perf, "example": run.examples,
        "alert": run.alerts, "step": run.steps,
    }  # fmt: skip
    for event, frame in frames.items():
        missing: set[Any] = set(tables.empty(event).columns) - {"_line"} - set(frame.columns)
        assert (event, missing, frame.height) == (event, set(), 0)
    assert {"reward_means", "reward_stds"} <= set(run.groups.columns)
