"""Logs that nobody here wrote, beside the checkout; each held to a few-line reader of its own."""

import ast
import json
import re
from pathlib import Path

import pytest
from printed import items

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import recognise, stdout
from grpolog.sources.items import Row

REAL = Path(__file__).parents[3] / "shared" / "data" / "real-runs"
MANIFEST = {}
if (REAL / "manifest.jsonl").is_file():
    MANIFEST = {e["file"]: e for e in map(json.loads, (REAL / "manifest.jsonl").read_text().splitlines())}
LOGS = [name for name, entry in MANIFEST.items() if entry["type"].startswith("stdout_log")]
SILENT = [name for name in MANIFEST if name.endswith("_stdout.txt")]

pytestmark = pytest.mark.skipif(not LOGS, reason=f"no real runs at {REAL}")


def independent(path: Path) -> list[dict[str, float]]:
    """The rows of a log, read the slow and simple way."""
    text = path.read_text(errors="replace")
    if "verl" in path.name:
        lines = re.findall(r"^step:(\d+) - (\S+:.*)$", text, re.MULTILINE)
        return [{k: float(v) for k, v in (p.rsplit(":", 1) for p in rest.split(" - "))} for _, rest in lines]
    dicts = map(ast.literal_eval, re.findall(r"\{'(?:loss|train_runtime)':[^{}]*\}", text))
    return [{key: float(value) for key, value in row.items()} for row in dicts]


@pytest.mark.parametrize("name", LOGS)
def test_every_row_of_a_real_log_is_read_value_for_value(name):
    path, noted = REAL / name, []
    assert recognise(path) is stdout.FORMAT
    found = [i for i in stdout.FORMAT.read(path, lambda *loss, **_: noted.append(loss)) if isinstance(i, Row)]
    assert [dict(row.values) for row in found] == independent(path)
    assert noted == []
    train = [row.step for row in found if "train_runtime" not in row.values]
    assert len(train) == MANIFEST[name]["n_rows"]
    distance = train[1] - train[0] if len(train) > 1 else 5
    assert train == list(range(train[0], train[0] + distance * len(train), distance))
    assert train[0] == (0 if "verl" in name else distance)


@pytest.mark.parametrize("name", LOGS)
def test_the_reward_of_a_real_log_is_its_history(name):
    run = read(REAL / name, now=0.0)
    key = "critic/score/mean" if "verl" in name else "reward"
    rewards = [row[key] for row in independent(REAL / name) if key in row]
    names = run.metric_names()
    metric = "reward" if "reward" in names else key
    assert run.history(metric, mode="train")["value"].to_list() == rewards


@pytest.mark.parametrize("name", SILENT)
def test_printed_samples_without_metrics_are_left_to_another_format(name):
    assert recognise(REAL / name) not in (None, stdout.FORMAT)


def test_the_ends_of_real_runs_are_found():
    ends = [end_of(REAL / name) for name in LOGS]
    assert sorted(end.error[:42] for end in ends if end is not None and end.status == "failed") == [
        "after the end of training: TypeError: Obje",
        "torch.OutOfMemoryError: CUDA out of memory",
        "torch.OutOfMemoryError: CUDA out of memory",
    ]


def end_of(path: Path):
    return next((i for i in stdout.FORMAT.read(path, lambda *_, **__: None) if type(i).__name__ == "Closing"), None)


@pytest.mark.parametrize("name", LOGS[:1] + LOGS[-2:])
def test_a_real_log_cut_anywhere_is_read_up_to_there(name, tmp_path):
    data = (REAL / name).read_bytes()[:200_000]
    rows = independent(REAL / name)
    for cut in range(len(data) // 3, len(data), len(data) // 7):
        try:
            found = [dict(i.values) for i in items(tmp_path, data[:cut])[0] if isinstance(i, Row)]
        except LogError:
            continue
        assert found[:-1] == rows[: len(found) - 1]
