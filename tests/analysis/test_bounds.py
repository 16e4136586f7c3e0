"""Logs that are written to exhaust their reader: what is left out is counted, and numbers in them size nothing."""

import hashlib
import json
import os
import tracemalloc
from pathlib import Path

import polars as pl
import pytest
from analysis.small_logs import line, losses, numbered, steps, write
from any_bytes import opened

import grpolog
from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.jsonl import Limits


def test_a_line_that_is_too_long_is_left_out_and_the_lines_around_it_are_read(tmp_path: Path):
    long = line("example", 2, 2, prompt="x" * 50_000)
    path = write(tmp_path / "a.jsonl", line("run"), *steps(1, first=1), long, *steps(3, first=3))
    run = read(path, limits=Limits(line=10_000))
    assert run.steps["step"].to_list() == [1, 3]
    assert losses(run) == [
        "a.jsonl:3: longer than 10 KB, left out (--allow line=SIZE)",
        "a.jsonl:4: before this line 1 of attempt 0, rank 0 missing (number 2)",
    ]
    assert not run.audit.complete
    assert read(path).examples.height == 1


def test_a_closed_part_with_such_a_line_is_not_said_to_be_changed(tmp_path: Path):
    part = b"".join((line("run"), line("example", 1, 1, prompt="x" * 50_000)))
    digest = hashlib.sha256(part).hexdigest()
    write(tmp_path / "a.0001.jsonl", part)
    opened_next = line("run", 1, 2, phase="part", previous_part="a.0001.jsonl", previous_part_sha256=digest)
    path = write(tmp_path / "a.jsonl", opened_next)
    assert "changed part" not in read(path, limits=Limits(line=10_000)).audit.losses_by_kind
    assert read(path).audit.complete


def peak(path: Path, *numbers: int) -> int:
    """Most bytes that a report of these steps takes."""
    lines = [line("run"), *(line("step", n, k, loss=1.0, reward=0.5) for k, n in enumerate(numbers, start=1))]
    write(path, *lines)
    tracemalloc.start()
    report = grpolog.build_report(read(path))
    assert report.to_html()
    assert report.to_markdown()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_nothing_is_as_large_as_a_step_number(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    peak(path, 1, 2, 3)  # what is loaded once
    near = peak(path, 1, 2, 3)
    assert [far for far in (10**9, 10**18, 2**63 - 1) if peak(path, 1, 2, far) > 1.2 * near + 1_000_000] == []


def test_names_of_metrics_beyond_the_limit_are_left_out(tmp_path: Path):
    metrics = [{f"m{n}": 1.0 for n in range(k, k + 30)} for k in (0, 30, 60)]
    lines = numbered(line("run"), *(line("step", n, loss=1.0, metrics=m) for n, m in enumerate(metrics, start=1)))
    run = read(write(tmp_path / "a.jsonl", *lines), limits=Limits(metrics=40))
    assert sum(name.startswith("m") for name in run.metric_names()) == 40
    assert [text.split(": ", 1)[1] for text in losses(run)] == [
        "`metrics` has more than 40 names (--allow metrics=N) (50 times, first here)"
    ]


def test_reward_functions_beyond_the_limit_are_left_out(tmp_path: Path):
    lines = numbered(line("run"), *(line("reward", 1, mode="train", name=f"f{n}", mean=0.5) for n in range(9)))
    run = read(write(tmp_path / "a.jsonl", *lines), limits=Limits(metrics=4))
    assert run.rewards["name"].to_list() == ["f0", "f1", "f2", "f3"]
    assert losses(run) == ["a.jsonl: reward events with more than 4 values of `name` (--allow metrics=N)"]
    assert run.audit.losses_by_kind == {"left out": 5}


def test_attempts_beyond_the_limit_are_left_out(tmp_path: Path):
    lines = [line("step", n + 1, loss=1.0, attempt=n) for n in range(9)]
    run = read(write(tmp_path / "a.jsonl", *lines), limits=Limits(attempts=4))
    assert run.attempts["attempt"].to_list() == [0, 1, 2, 3]
    assert losses(run) == ["a.jsonl: 5 events of 5 more attempts (--allow attempts=N)"]


def test_of_another_programs_log_rows_and_names_are_read_up_to_the_limits(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    rows = [{"step": n, "loss": 1.0, "reward": 0.5, f"m{n}": 1.0} for n in range(1, 20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = read(path, limits=Limits(rows=10, metrics=8))
    assert run.steps["step"].to_list() == list(range(1, 11))
    assert [name for name in run.metric_names() if name.startswith("m")] == ["m1", "m2", "m3", "m4", "m5"]
    assert [text for text in losses(run) if "--allow" in text] == [
        "a.jsonl:6: more than 8 names of metrics; further ones are left out (--allow metrics=N) (5 times, first here)",
        "a.jsonl:11: more than 10 rows; the rest is left out (--allow rows=N)",
    ]


def test_a_trainer_state_that_is_too_large_to_be_held_is_refused(tmp_path: Path):
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": [{"step": 1, "loss": 1.0}] * 100}))
    with pytest.raises(LogError, match=r"is larger than 1 KB, and has to be read whole \(--allow value=SIZE\)"):
        read(path, limits=Limits(value=1000))


@pytest.mark.parametrize("depth", [300, 900, 1_000, 100_000])
@pytest.mark.parametrize("name", ["a.jsonl", "trainer_state.json", "a.ipynb", "metrics.jsonl"])
def test_deep_nesting_is_a_loss_or_an_error_in_words(tmp_path: Path, name: str, depth: int):
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    row = b'{"step":1,"loss":1.0,"reward":1.0,"epoch":0.1}'
    contents = {
        "a.jsonl": line("run") + b'{"v":1,"event":"example","step":1,"extra":' + deep + b"}\n",
        "trainer_state.json": b'{"log_history":[' + row + b',{"step":2,"loss":' + deep + b"}]}",
        "a.ipynb": b'{"cells":[{"outputs":[{"text":' + deep + b"}]}]}",
        "metrics.jsonl": row + b"\n" + row.replace(b"1.0", deep, 1) + b"\n" + row.replace(b"1", b"2", 1) + b"\n",
    }
    path = write(tmp_path / name, contents[name])
    said = opened(path)
    if name == "a.jsonl":
        assert (said, read(path).audit.losses_by_kind) == ("read", {"invalid line": 1})
    elif name == "trainer_state.json":
        assert "nested" in said or "deep" in said or "broken" in " ".join(losses(read(path)))


def test_a_folder_with_pipes_devices_and_links_to_themselves_is_looked_through(tmp_path: Path):
    os.mkfifo(tmp_path / "a.jsonl")
    os.mkfifo(tmp_path / "trainer_state.json")
    os.mkfifo(tmp_path / "completions_00001.parquet")
    (tmp_path / "b.jsonl").symlink_to("b.jsonl")
    (tmp_path / "c.jsonl").symlink_to("/dev/zero")
    (tmp_path / "d").symlink_to(".")
    assert "holds no grpolog log" in opened(tmp_path)


def test_a_file_that_shrinks_while_it_is_read_is_read_up_to_there(tmp_path: Path, monkeypatch):
    path = write(tmp_path / "a.jsonl", line("run"), *steps(*range(1, 50), first=1))
    from grpolog.analysis import blocks

    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    found = blocks.blocks(path, 100)
    first = next(found)
    os.truncate(path, 0)
    assert len(first.lines) + sum(len(block.lines) for block in found) < 50


def test_dumps_with_more_rows_or_text_than_are_read_are_left_out(tmp_path: Path):
    columns = {"step": [1] * 8, "prompt": ["p"] * 8, "completion": ["c" * 100] * 8, "accuracy": [0.0, 1.0] * 4}
    table = pl.DataFrame(columns)
    for step in (1, 2):
        table.head(4 * step).with_columns(step=pl.lit(step)).write_parquet(tmp_path / f"completions_{step:05}.parquet")
    assert read(tmp_path).rewards["step"].unique().to_list() == [1, 2]
    run = read(tmp_path, limits=Limits(rows=5))
    assert run.rewards["step"].unique().to_list() == [1]
    assert "completions_00002.parquet: 8 completions in one file (--allow rows=N)" in losses(run)
    assert "holds more text than is read at once" in " ".join(losses(read(tmp_path, limits=Limits(value=150))))
