"""Whatever a file of another program holds: an error in words, or a run with counted losses."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from any_bytes import as_bytes, damaged, examples, opened, records, steps, values
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data"


def _lines(*rows: object) -> bytes:
    return b"".join(as_bytes(row) + b"\n" for row in rows)


def _parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(columns).write_parquet(file)
    return file.getvalue()


ROWS = [{"step": n, "loss": 0.5, "reward": n / 4, "epoch": n / 10, "rewards/accuracy/mean": 0.5} for n in range(1, 6)]
PRINTED = "".join(f"{{'loss': 0.{n}, 'grad_norm': 1.0, 'reward': 0.5, 'epoch': 0.{n}}}\n" for n in range(1, 6))
CELLS = "".join(f"<tr><td>{n}</td><td>2.{n}</td></tr>" for n in (1, 2))
TABLE = f"<table><tr><th>Step</th><th>Training Loss</th></tr>{CELLS}</table>"
OUTPUTS = [
    {"output_type": "stream", "text": [PRINTED]},
    {"output_type": "display_data", "data": {"text/html": [TABLE]}},
]
TRACE = {
    "id": "t", "agent": {"name": "a", "trainable": True}, "num_output_tokens": 3, "stop_condition": "done",
    "nodes": [{"message": {"role": "user", "content": "q"}, "parent": None, "sampled": False},
              {"message": {"role": "assistant", "content": "a"}, "parent": 0, "sampled": True, "advantages": [0.5]}],
    "rewards": {"acc": {"score": 1.0, "weight": 1.0}},
}  # fmt: skip
EPISODE = {
    "id": "e",
    "env": {"id": "x"},
    "task": {"key": "k"},
    "run": {"work": {"type": "train", "step": 4}},
    "traces": [TRACE],
}

FILES: dict[str, bytes] = {
    "trainer_state.json": as_bytes({"global_step": 5, "max_steps": 5, "log_history": ROWS}),
    "history.json": as_bytes(ROWS),
    "columns.json": as_bytes({key: [row[key] for row in ROWS] for key in ROWS[0]}),
    "metrics.jsonl": _lines(*ROWS),
    "verl.jsonl": _lines(*({"step": n, "data": {"critic/score/mean": 0.5, "actor/lr": 1e-6}} for n in range(4))),
    "7.jsonl": _lines(*({"input": q, "output": "a", "score": 1.0, "step": 7} for q in "ppqq")),
    "scored.jsonl": _lines(*({"prompt": q, "completion": "a", "reward": 1.0, "step": 7} for q in "ppqq")),
    "traces.jsonl": _lines(EPISODE, EPISODE),
    "history.csv": b"Step,loss,reward,note\n1,0.5,0.25,a\n2,0.5,0.5,\"b\"\n3,0.5,0.75,\n",
    "chart.csv": b'"Step","run - train/reward","run - train/reward__MIN"\n"1","0.5","0.5"\n"2","0.6","0.5"\n',
    "table.md": b"| step | loss | reward |\n|--|--|--|\n| 1 | 0.5 | 1 |\n| 2 | 0.4 | 1 |\n",
    "table.html": TABLE.encode(),
    "train.log": b"100%|##| 5/5 [00:01<00:00]\n" + PRINTED.encode() + b"Traceback (most recent call last):\n x\nE: n\n",
    "verl.log": b"step:1 - actor/loss:1.0 - critic/rewards/mean:1.0\nstep:2 - actor/loss:1.0\n",
    "terminal.log": (DATA / "stdout" / "late.txt").read_bytes()[:3000],
    "run.ipynb": json.dumps({"cells": [{"cell_type": "code", "outputs": OUTPUTS}], "nbformat": 4}).encode(),
    "tiny.tfevents": (DATA / "trackers" / "tiny.tfevents").read_bytes(),
    "tiny.wandb": (DATA / "trackers" / "tiny.wandb").read_bytes(),
    "wandb-summary.json": as_bytes({"_step": 3, "_runtime": 5, "train/reward": 0.5, "train/loss": 0.1, "_wandb": {}}),
    "rows.parquet": _parquet(step=[1, 2, 3], loss=[0.5, 0.4, 0.3], reward=[1.0, 2.0, 3.0]),
    "completions_00001.parquet": _parquet(
        step=[1] * 4, prompt=list("ppqq"), completion=list("abcd"), accuracy=[1.0, 0.0, 1.0, 0.0], advantage=[0.5] * 4
    ),
    "samples.txt": b"*" * 20 + b" Question: \nq\nAnswer:\n4\nResponse:\na\nExtracted:\n4\n" + PRINTED.encode(),
}  # fmt: skip
FILES |= {f"{name}.zst": zstd.compress(FILES[name]) for name in ("metrics.jsonl", "train.log", "history.csv")}

SOUND = [
    *(ROWS[0], EPISODE, {"input": "p", "output": "a", "score": 1.0}, {"step": 1, "data": {"actor/lr": 1.0}}),
    *({"prompt": "p", "completion": "a", "reward": 1.0}, {"iteration": 1, "idx": 1, "content": "a"}),
]
MORE = st.builds(lambda row, more: {**row, **more}, st.sampled_from(SOUND), records)


@pytest.mark.parametrize("name", FILES)
def test_the_files_that_are_damaged_below_are_sound(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert opened(path) == "read"


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_opens_or_says_why_not(tmp_path: Path, name: str) -> None:
    @given(damaged(FILES[name]))
    @examples(6)
    def check(data: bytes) -> None:
        (tmp_path / name).write_bytes(data)
        opened(tmp_path / name)

    check()


@pytest.mark.parametrize("name", ["trainer_state.json", "run.ipynb", "metrics.jsonl", "train.log"])
@given(st.binary(max_size=80))
@examples(10)
def test_any_bytes_open_or_say_why_not(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    opened(tmp_path / name)


@given(
    st.one_of(
        values, st.lists(steps), records, st.fixed_dictionaries({"log_history": st.lists(st.one_of(steps, values))})
    )
)
@examples(50)
def test_json_of_any_shape_opens_or_says_why_not(tmp_path: Path, value: object) -> None:
    (tmp_path / "a.json").write_bytes(as_bytes(value))
    opened(tmp_path / "a.json")


@given(st.lists(st.one_of(records, steps, MORE), min_size=1, max_size=5))
@examples(60)
def test_lines_of_any_shape_open_or_say_why_not(tmp_path: Path, rows: list[object]) -> None:
    (tmp_path / "a.jsonl").write_bytes(_lines(*rows))
    opened(tmp_path / "a.jsonl")


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"outputs": st.one_of(values, st.lists(st.one_of(records, st.sampled_from(OUTPUTS))))}
        )
    )
)
@examples(25)
def test_cells_of_any_shape_open_or_say_why_not(tmp_path: Path, cells: list[object]) -> None:
    (tmp_path / "a.ipynb").write_bytes(as_bytes({"cells": cells, "nbformat": 4}))
    opened(tmp_path / "a.ipynb")


def test_outputs_of_a_cell_that_are_no_list_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(as_bytes({"cells": [{"outputs": 1}, {"outputs": OUTPUTS}], "nbformat": 4}))
    assert opened(tmp_path / "a.ipynb") == "read"


def test_a_start_before_the_first_step_of_a_resumed_run_is_read(tmp_path: Path) -> None:
    rows = [{"step": 0, "loss": 0, "epoch": None}, {"step": 1, "loss": 1}, {"step": 2**53, "loss": 0}]
    (tmp_path / "a.json").write_bytes(as_bytes([*rows, {"step": -1, "loss": 0}]))
    assert opened(tmp_path / "a.json") == "read"
