"""Whatever bytes a log of ours holds: an error in words, or a run with counted losses."""

from pathlib import Path

from analysis.small_logs import line, numbered, steps, write
from any_bytes import as_bytes, damaged, events, examples, opened, values
from hypothesis import given
from hypothesis import strategies as st

from grpolog import jsonl

WHOLE = b"".join(
    numbered(
        line("run", config={"a": [1, {"b": "c"}]}, reward_functions=["accuracy"]),
        *(
            text
            for step in (1, 2, 3)
            for text in (
                line("step", step, loss=0.5, reward=1.0, metrics={"my/metric": 1.0, "kl": 0.1}),
                line("reward", step, mode="train", generation=step, name="accuracy", mean=0.5, std=0.1),
                line("reward", step, mode="train", generation=step, mean=0.5, std=0.1),
                line("group", step, mode="train", generation=step, mean=0.5, reward_means={"accuracy": 0.5}),
                line("quality", step, mode="train", generation=step),
                line("perf", step, step_seconds=1.0, gpus=[{"index": 0, "allocated_gib": 1.0}]),
                line("example", step, mode="train", generation=step, prompt="p", completion="c", rewards={"a": 1.0}),
            )
        ),
        line("alert", 3, details={"a": 1}, state="opened"),
        line("run", 3, phase="end", status="finished"),
    )
)  # fmt: skip


@given(st.binary(max_size=60))
@examples(300)
def test_any_bytes_are_a_record_or_a_value_error(data: bytes) -> None:
    try:
        record, _ = jsonl.decode(data)
    except ValueError:
        pass
    else:
        assert isinstance(record, dict)


@given(values)
@examples(300)
def test_any_value_of_json_is_a_record_or_a_value_error(value: object) -> None:
    try:
        record, _ = jsonl.decode(as_bytes(value))
    except ValueError:
        pass
    else:
        assert isinstance(record, dict)


@given(damaged(WHOLE))
@examples(25)
def test_a_damaged_log_opens_or_says_why_not(tmp_path: Path, data: bytes) -> None:
    opened(write(tmp_path / "exp1.jsonl", data))


@given(st.lists(events, min_size=1, max_size=6))
@examples(25)
def test_events_with_fields_of_any_shape_open_or_say_why_not(tmp_path: Path, some: list[object]) -> None:
    lines = [line("run"), *(as_bytes(event) + b"\n" for event in some), *steps(1, 2, first=1)]
    assert opened(write(tmp_path / "exp1.jsonl", *lines)) == "read"
