"""Jupyter notebooks: tables and texts below the cells of a training."""

import json
from pathlib import Path
from typing import Any

import pytest
from foreign_logs import series, words

from grpolog.analysis import read
from grpolog.errors import LogError
from grpolog.sources import notebook, recognise

HEADER = "<tr><th>Step</th><th>Training Loss</th><th>reward</th><th>rewards / f / mean</th></tr>"


def table(*rows: tuple[float, ...], steps: tuple[int, int] = (0, 0), header: str = HEADER) -> dict[str, Any]:
    """The output that Hugging Face's trainers draw again and again."""
    cells = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row)}</tr>\n" for row in rows)
    html = f"\n<div>\n  <progress value='{steps[0]}' max='{steps[1]}' style='width:300px'></progress>\n [{steps}]\n"
    html += f"</div>\n<table border='1'><thead>{header}</thead><tbody>{cells}</tbody></table><p>"
    return {
        "output_type": "display_data",
        "data": {"text/html": html.splitlines(keepends=True), "text/plain": "<HTML>"},
    }


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def of_cells(path: Path, *outputs: list[dict[str, Any]]) -> Path:
    """A notebook with these outputs, a list for each cell of code."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ["# Training {'loss': 0.5, 'reward': 1.0}"]}]
    cells += [{"cell_type": "code", "source": ["trainer.train()"], "outputs": found} for found in outputs]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1))
    return path


def test_the_table_of_a_trainer_is_read_with_its_number_of_steps_and_its_end(tmp_path: Path):
    path = of_cells(
        tmp_path / "x", [stream("Unsloth 2025\n"), table((1, 0.1, 0.5, 0.25), (2, -0.2, 1, 0.5), steps=(2, 2))]
    )
    assert recognise(path) is notebook.FORMAT
    run = read(path)
    assert series(path, "reward") == [(1, 0.5), (2, 1.0)]
    assert series(path, "rewards/f/mean") == [(1, 0.25), (2, 0.5)]
    assert (run.runs[-1].framework, run.runs[-1].max_steps, run.runs[-1].status) == ("trl", 2, "finished")
    assert words(run) == []


def test_a_table_that_was_not_drawn_to_its_end_says_nothing_of_how_the_run_ended(tmp_path: Path):
    run = read(of_cells(tmp_path / "x", [table((1, 0.1, 0.5, 0.25), steps=(1, 50))]))
    assert [(event.max_steps, event.status) for event in run.runs] == [(50, "running")]


def test_supervised_training_before_is_an_attempt_of_its_own(tmp_path: Path):
    before = table((5, 0.9), (10, 0.8), steps=(10, 10), header="<tr><th>Step</th><th>Training Loss</th></tr>")
    path = of_cells(tmp_path / "x", [before], [], [table((1, 0.1, 0.5, 0.25), (2, 0.2, 0.75, 0.5))])
    assert series(path, "reward") == [(1, 0.5), (2, 0.75)]
    assert series(path, "loss") == [(1, 0.1), (2, 0.2)]
    assert [event.resumed_from_step for event in read(path).runs if event.phase == "start"] == [0, 0]


def test_rows_that_a_command_printed_are_read_where_a_cell_has_no_table(tmp_path: Path):
    printed = "".join(f"{{'loss': 0.5, 'reward': {step}.5, 'kl': 0.25, 'epoch': 0.{step}}}\n" for step in (1, 2))
    path = of_cells(
        tmp_path / "x", [stream(f"\x1b[32mstart\x1b[0m\n{printed}Killed\n")], [stream("the reward is {'a': 1}")]
    )
    assert series(path, "reward") == [(1, 1.5), (2, 2.5)]
    assert (read(path).runs[-1].status, read(path).runs[-1].error) == ("failed", "Killed")


def test_what_a_trainer_prints_beside_its_table_is_not_read_twice(tmp_path: Path):
    path = of_cells(
        tmp_path / "x", [stream("{'loss': 0.1, 'reward': 0.5, 'epoch': 0.1}\n"), table((1, 0.1, 0.5, 0.25))]
    )
    assert len(read(path).steps) == 1


def test_tables_of_other_things_are_no_metrics(tmp_path: Path):
    frame = table((0, "a question", 0.5), (1, "another", 1.0), header="<tr><th></th><th>prompt</th><th>score</th></tr>")  # type: ignore[arg-type]
    with pytest.raises(LogError, match="is a notebook whose outputs show no row of metrics"):
        read(of_cells(tmp_path / "x", [frame], [stream("hello\n")]))


def test_a_notebook_that_breaks_off_is_read_up_to_there(tmp_path: Path):
    whole = of_cells(tmp_path / "x", [table((1, 0.1, 0.5, 0.25))], [table((1, 0.1, 0.75, 0.25))]).read_text()
    path = tmp_path / "y"
    path.write_text(whole[: whole.rindex("0.75")])
    assert series(path, "reward") == [(1, 0.5)]
    assert any("cells that are whole were read" in what for what in words(read(path)))
