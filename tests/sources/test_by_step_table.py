"""Tables as text: delimiters, numbers as people write them, damage."""

from pathlib import Path

import pytest
from foreign_logs import items, rows_of, series, text, words

from grpolog.analysis import read
from grpolog.sources import by_step, recognise

NOTEBOOK = """\
Step,Training Loss,reward,reward_std,completion_length,kl,rewards / match / mean,rewards / check it / mean
1,No log,-0.656250,0.780387,242.437500,0.000000,0.000000,0.437500
2,-0.000000,"1,234.5",0.880181,252.312500,0.000012,-0.812500,0.062500
"""
ROWS = [
    (1, {"reward": 0.5, "loss": 0.25}),
    (2, {"reward": 1.5, "loss": -0.125}),
    (3, {"reward": 1234.0, "loss": 1e-05}),
]
TABLES = {
    "comma": 'step,reward,loss\n1,0.5,0.25\n2,1.5,-0.125\n3,"1,234",1e-05\n',
    "tab": "step\treward\tloss\n1\t0.5\t0.25\n2\t1.5\t-0.125\n3\t1,234.0\t1e-05\n",
    "semicolon": "step;reward;loss\n1;0.5;0.25\n2;1.5;-0.125\n3;1234.0;1e-05\n",
    "decimal commas": "step;reward;loss\n1;0,5;0,25\n2;1,5;-0,125\n3;1.234,0;1e-05\n",
    "decimal commas, tabs": "step\treward\tloss\n1\t0,5\t0,25\n2\t1,5\t-0,125\n3\t1234\t0,00001\n",
    "spaces": "step , reward , loss\n 1 , 0.5 , 0.25 \n 2 , 1.5 , -0.125 \n3, 1\u202f234 ,1e-05\n",
    "index": ",step,reward,loss\n0,1,0.5,0.25\n1,2,1.5,-0.125\n2,3,1234,1e-05\n",
    "title and comment": "My run\n# of yesterday\n\nstep,reward,loss\n1,0.5,0.25\n2,1.5,-0.125\n3,1234,1e-05\n",
    "windows": "step,reward,loss\r\n1,0.5,0.25\r\n2,1.5,-0.125\r\n3,1234,1e-05\r\n",
    "mark": "\ufeffstep,reward,loss\n1,0.5,0.25\n2,1.5,-0.125\n3,1234,1e-05",
    "markdown": "# Run\n\n| step | reward | loss |\n|---:|:---|------|\n| 1 | 0.5 | 0.25 |\n| 2 | **1.5** | -0.125 |\n"
    "| 3 | 1,234 | `1e-05` |\n\nAll well.\n",
    "markdown without edges": "step | reward | loss\n--- | --- | ---\n1 | 0.5 | 0.25\n2 | 1.5 | -0.125\n"
    "3 | 1234 | 1e-05\n",
    "html": "<div>\n<progress value='3' max='3'></progress>\n<table border='1'><thead><tr style='x'><th>step</th>"
    "<th>reward</th>\n<th>loss</th></tr></thead><tbody><tr><td>1</td><td>0.5</td><td>0.25</td></tr>\n<tr>\n<td>2</td>\n<td>1.5"
    "</td><td>-0.125<tr><td>3<td>1,234<td>1e-05</table><p>done",
    "two headers": "step,reward,loss\n1,0.5,0.25\nstep,loss,reward\n2,-0.125,1.5\n3,1e-05,1234\n",
}  # fmt: skip


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_table_of_any_make_is_read_value_for_value(tmp_path: Path, content: str):
    path = text(tmp_path / "no_name", content)
    assert recognise(path) is by_step.TABLE
    found, losses = items(by_step.TABLE, path, {})
    assert [(step, values) for step, values in rows_of(found)] == ROWS
    assert losses == []


def test_a_table_of_a_notebook_is_one_of_trl_and_speaks_of_its_reward_functions(tmp_path: Path):
    path = text(tmp_path / "table.txt", NOTEBOOK)
    run = read(path)
    assert (run.runs[0].framework, run.runs[0].reward_functions) == ("trl", ["match", "check it"])
    assert series(path, "reward") == [(1, -0.65625), (2, 1234.5)]
    assert series(path, "loss") == [(2, -0.0)]
    assert series(path, "rewards/check it/mean") == [(1, 0.4375), (2, 0.0625)]
    assert words(run) == []


def test_a_utf_16_table_is_read(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes("step\treward\n1\t0.5\n2\t0.25\n".encode("utf-16"))
    assert series(path, "reward") == [(1, 0.5), (2, 0.25)]


def test_a_single_column_of_numbers_is_a_table_and_its_rows_are_counted(tmp_path: Path):
    path = text(tmp_path / "rewards.csv", "reward\n0.5\n0.25\n")
    assert series(path, "reward") == [(1, 0.5), (2, 0.25)]
    assert words(read(path)) == ["no column says the optimizer step: rows are counted from 1"]


def test_rows_with_too_many_or_too_few_cells_are_named_and_the_others_read(tmp_path: Path):
    path = text(tmp_path / "t.csv", "step,reward,loss\n1,0.5,0.1\n2,0.6,0.2,9\n3,0.7\n4,0.8,0.3\n5,0.9,0.4\n")
    found, losses = items(by_step.TABLE, path, {})
    assert rows_of(found)[1:] == [(4, {"reward": 0.8, "loss": 0.3}), (5, {"reward": 0.9, "loss": 0.4})]
    assert losses == [
        ("invalid line", 3, "4 cells under 3 columns"),
        ("torn line", 4, "2 cells of 3; the last of them was left out"),
    ]


def test_a_page_that_breaks_off_is_read_up_to_there_and_its_last_cell_is_not_trusted(tmp_path: Path):
    page = "<table><tr><th>step</th><th>reward</th></tr><tr><td>1</td><td>0.5</td></tr><tr><td>2</td><td>0.2"
    found, losses = items(by_step.TABLE, text(tmp_path / "t.html", page), {})
    assert rows_of(found) == [(1, {"reward": 0.5})]
    assert [kind for kind, _, _ in losses] == ["torn line"]


def test_a_field_that_is_too_long_is_named_and_the_rows_behind_it_are_read(tmp_path: Path):
    path = text(tmp_path / "t.csv", "step,reward,note\n1,0.5,a\n2,0.6," + "x" * 200_000 + "\n3,0.7,c\n")
    found, losses = items(by_step.TABLE, path, {})
    assert [step for step, _ in rows_of(found)] == [1, 3]
    assert ("invalid line", 3, "no row of a table: field larger than field limit (131072)") in losses


def test_texts_are_left_out_and_named_once(tmp_path: Path):
    found, losses = items(by_step.TABLE, text(tmp_path / "t.csv", "step,reward,phase\n1,0.5,warm up\n2,0.6,rl\n"), {})
    assert rows_of(found) == [(1, {"reward": 0.5}), (2, {"reward": 0.6})]
    assert {what for _, _, what in losses} == {"`phase` holds what is no number, and was left out"}


@pytest.mark.parametrize(
    "content",
    [
        "Hello, world\nI was here, 5 times\n",
        "name,price\nmilk,1.5\nbread,2.5\n",
        "reward\n",
        "1,2,3\n4,5,6\n",
        "Loss of everything\n42\nis the answer\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "<p>reward 5</p>",
        "",
    ],
)
def test_other_texts_are_no_tables_of_metrics(tmp_path: Path, content: str):
    assert recognise(text(tmp_path / "other", content)) is None
