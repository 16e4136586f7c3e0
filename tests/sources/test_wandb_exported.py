"""Histories exported from W&B: CSV, JSON and JSONL of its API, CSV of its charts."""

import csv
import json
import math
from pathlib import Path

import pytest
from foreign_logs import items, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wandb_files import logged

from grpolog.analysis import read
from grpolog.errors import GrpologError, LogError
from grpolog.sources import recognise, wandb
from grpolog.sources.items import Opening

DATA = Path(__file__).parents[1] / "data" / "trackers"

ENTRIES = [
    {"_step": 0, "_timestamp": 10.5, "train/global_step": 1, "profiling/f": 2.0},
    {"_step": 1, "_timestamp": 11.5, "train/global_step": 2, "train/reward": 0.5, "train/epoch": 0.25},
    {"_step": 2, "_timestamp": 12.5, "train/global_step": 2, "mine": 7},
    {"_step": 3, "_timestamp": 13.5, "train/global_step": 3, "train/reward": 1.0, "train/epoch": 0.5},
]
ROWS = [
    (2, {"reward": 0.5, "epoch": 0.25, "profiling/f": 2.0, "mine": 7}),
    (3, {"reward": 1.0, "epoch": 0.5}),
]


def table(path: Path, entries: list[dict], delimiter: str = ",") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in entries for key in row)), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(entries)
    return path


def columns(entries: list[dict], of: type) -> dict:
    keys = dict.fromkeys(key for row in entries for key in row)
    cells = {key: [row.get(key) for row in entries] for key in keys}
    return cells if of is list else {key: {str(i): cell for i, cell in enumerate(c)} for key, c in cells.items()}


def of(path: Path, text: str | None = None) -> tuple[list, list]:
    if text is not None:
        path.write_text(text)
    assert recognise(path) is wandb.HISTORY
    found, losses = items(wandb.HISTORY, path)
    return rows_of(found), losses


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ENTRIES),
        json.dumps(ENTRIES, indent=1),
        "".join(json.dumps(row) + "\n" for row in ENTRIES),
        json.dumps(columns(ENTRIES, list)),
        json.dumps(columns(ENTRIES, dict)),
        json.dumps({"name": "r", "config": {}, "history": ENTRIES, "summary": {"train/reward": 1.0}}),
    ],
    ids=["list", "indented", "lines", "lists by column", "objects by column", "whole run"],
)
def test_the_history_as_json(tmp_path: Path, text: str) -> None:
    assert of(tmp_path / "x", text) == (ROWS, [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_history_as_csv(tmp_path: Path, delimiter: str) -> None:
    assert of(table(tmp_path / "x", ENTRIES, delimiter)) == (ROWS, [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    table(tmp_path / "x", ENTRIES)
    (tmp_path / "x").write_bytes((tmp_path / "x").read_text().encode(encoding))
    assert of(tmp_path / "x") == (ROWS, [])


def test_nested_objects_and_dotted_names_are_the_same_keys(tmp_path: Path) -> None:
    nested = {"train": {"global_step": 2, "reward": 0.5, "epoch": 0.25, "rewards": {"f": {"mean": 0.75}}}}
    dotted = {"train.global_step": 2, "train.reward": 0.5, "train.epoch": 0.25, "train.rewards.f.mean": 0.75}
    for row in (nested, dotted):
        text = json.dumps([{"_step": 40, "_runtime": 1, **row}])
        assert of(tmp_path / "x", text)[0] == [(2, {"reward": 0.5, "epoch": 0.25, "rewards/f/mean": 0.75})]


def test_nan_and_infinities_in_their_spellings(tmp_path: Path) -> None:
    values = [math.nan, "NaN", "Infinity", -math.inf, "-Infinity"]
    entries = [{"_step": i, "train/global_step": i, "train/loss": value} for i, value in enumerate(values)]
    expected = "[nan, nan, inf, -inf, -inf]"
    assert repr([values["train/loss"] for _, values in of(tmp_path / "x", json.dumps(entries))[0]]) == expected
    assert repr([values["train/loss"] for _, values in of(table(tmp_path / "y", entries))[0]]) == expected


def test_values_that_were_filled_in_from_the_row_before_are_recognised(tmp_path: Path) -> None:
    first = {"train/reward": 0.5, "train/epoch": 0.25, "eval/reward": 0.125, "eval/runtime": 1.0, "profiling/f": 1.0}
    entries = [
        {"_step": 0, "train/global_step": 4, **first},
        {"_step": 1, "train/global_step": 4, **first, "profiling/f": 2.0},
        {"_step": 2, "train/global_step": 5, **first, "profiling/f": 4.0},
        {"_step": 3, "train/global_step": 6, **first, "train/reward": 1.0, "profiling/f": 4.0},
    ]
    rows, losses = of(table(tmp_path / "x", entries))
    assert rows == [
        (4, {"reward": 0.5, "epoch": 0.25, "profiling/f": 1.0}),
        (4, {"eval_reward": 0.125, "eval_runtime": 1.0}),
        (6, {"reward": 1.0, "epoch": 0.25, "profiling/f": 3.0}),
    ]
    assert {what for _, _, what in losses} == {"values filled in from the row before"}


def test_a_constant_is_no_filled_in_value(tmp_path: Path) -> None:
    entries = [{"_step": i, "train/global_step": i, "train/kl": 0.0, "train/loss": i / 4} for i in range(1, 4)]
    assert of(table(tmp_path / "x", entries))[0] == [(i, {"train/kl": 0.0, "train/loss": i / 4}) for i in range(1, 4)]


def test_where_a_key_goes_missing_nothing_was_filled_in(tmp_path: Path) -> None:
    constants = {"mine/a": 0.0, "mine/b": 0.0}
    entries = [{"_step": 0, "train/global_step": 1, "train/loss": 0.5, **constants}]
    entries += [{"_step": i, "train/global_step": i + 1, **constants} for i in (1, 2)]
    assert [step for step, values in of(table(tmp_path / "x", entries))[0] if values.keys() >= {"mine/a"}] == [1, 2, 3]


def test_the_csv_of_a_chart(tmp_path: Path) -> None:
    text = (
        '"train/global_step","my - run - train/reward","my - run - train/reward__MIN","my - run - train/reward__MAX"\n'
        '"5","0.5","0.25","0.75"\n"10","1.0","1.0","1.0"\n'
    )
    assert of(tmp_path / "x", text) == ([(5, {"train/reward": 0.5}), (10, {"train/reward": 1.0})], [])
    assert read(tmp_path / "x", now=0.0).history("reward").select("step", "value").rows() == [(5, 0.5), (10, 1.0)]


def test_a_chart_of_several_runs_is_refused_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('"Step","a - train/reward","b - train/reward"\n"1","0.5","0.25"\n')
    with pytest.raises(LogError, match=r"holds the histories of 2 runs \(a, b\): export them one by one"):
        read(tmp_path / "x", now=0.0)


def test_the_configuration_of_an_exported_run_describes_it(tmp_path: Path) -> None:
    config = {"beta": {"value": 0.04, "desc": None}, "secret": "x", "_wandb": {"value": {}}}
    (tmp_path / "x").write_text(json.dumps({"config": config, "history": ENTRIES}))
    opening = items(wandb.HISTORY, tmp_path / "x")[0][0]
    assert opening == Opening("trl", {}, {"config": {"beta": 0.04, "secret": "***"}, "beta": 0.04})


def test_a_list_that_breaks_off_and_one_with_a_broken_row(tmp_path: Path) -> None:
    text = json.dumps(ENTRIES)
    rows, losses = of(tmp_path / "x", text[:-20])
    assert rows == ROWS[:1]
    assert [loss[:2] for loss in losses] == [("torn line", 1)]
    rows, losses = of(tmp_path / "x", text.replace('"mine": 7', '"mine": 7 8'))
    assert [step for step, _ in rows] == [2, 3]
    assert [loss[:2] for loss in losses] == [("torn line", 1)]


def test_torn_and_overlong_rows_of_a_table(tmp_path: Path) -> None:
    lines = table(tmp_path / "x", ENTRIES).read_text().splitlines()
    lines.insert(3, ",".join(["1"] * 30))
    text = "\n".join([*lines[:-1], "3,13.5,3,,1."])
    rows, losses = of(tmp_path / "x", text)
    assert rows == [(2, ROWS[0][1])]
    assert losses == [
        ("invalid line", 4, "30 cells under 7 columns"),
        ("torn line", 6, "5 cells of 7; the last of them was left out"),
    ]


def test_one_bad_line_among_json_lines(tmp_path: Path) -> None:
    text = [json.dumps(row) + "\n" for row in ENTRIES]
    rows, losses = of(tmp_path / "x", "".join([*text[:2], "{broken\n", *text[2:]]))
    assert rows == ROWS
    assert [loss[:2] for loss in losses] == [("invalid line", 3)]


def test_every_form_of_the_same_real_run_gives_the_same_histories(tmp_path: Path) -> None:
    entries = list(logged(DATA / "tiny.wandb"))
    offline = read(DATA / "tiny.wandb", now=0.0)
    (tmp_path / "a.json").write_text(json.dumps(entries))
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in entries))
    table(tmp_path / "c.csv", entries)
    for name in ("a.json", "b.jsonl", "c.csv"):
        run = read(tmp_path / name, now=0.0)
        assert run.metric_names() == offline.metric_names()
        for metric in offline.metric_names():
            assert run.history(metric)["value"].to_list() == offline.history(metric)["value"].to_list(), metric


TEXTS = [json.dumps(ENTRIES), "".join(json.dumps(row) + "\n" for row in ENTRIES), json.dumps(columns(ENTRIES, dict))]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(range(4)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), max_size=4),
    st.floats(0, 1),
)
def test_whatever_happened_to_an_export_only_a_grpolog_error_may_come_of_it(tmp_path, form, changes, end) -> None:
    data = bytearray(table(tmp_path / "t", ENTRIES).read_bytes() if form == 3 else TEXTS[form].encode())
    for place, content in changes:
        at = int(place * len(data))
        data[at : at + len(content)] = content
    (tmp_path / "x").write_bytes(bytes(data[: int(end * len(data)) + 1]))
    try:
        list(wandb.HISTORY.read(tmp_path / "x", lambda *_, **__: None))
        read(tmp_path / "x", now=0.0)
    except GrpologError:
        return
