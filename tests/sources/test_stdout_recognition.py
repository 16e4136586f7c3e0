from pathlib import Path

import pytest
from printed import bar, is_recognised, row

from grpolog.sources import stdout
from grpolog.sources.sample import Sample

ROOT = Path(__file__).parents[2]
FENCE = "```"


@pytest.mark.parametrize(
    "text",
    [
        row(1),
        f"words\n{bar(1)}{row(1)}\n",
        f"2026-04-19 08:22:05,521 [INFO] {row(1)}",
        f"[rank0]: {row(1)}",
        f"# python train.py\n{row(1)}\n",
        f"def strategy(board):\n    import copy\n\n{FENCE}\n{FENCE}\n{row(1)}\n",
        f"{{\n  'config': 1\n}}\n{row(1)}\n",
        '{"loss": 0.5, "epoch": 0.1, "global_step/max_steps": "5/100"}\n' * 3,
        "(main_task pid=12) step:1 - critic/score/mean:0.5 - actor/lr:1e-06\n",
        f"{row(1)}\r\n".encode("utf-16"),
        '{\n  "loss": 0.5,\n  "epoch": 0.1\n}\n' * 2,
        b"\0" * 5000 + row(1).encode(),
    ],
)
def test_text_with_a_row_of_metrics_is_recognised(tmp_path, text):
    assert is_recognised(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "some words\n",
        f"{bar(1)}\n{bar(2)}\n",
        f"# A project\n\nIt prints:\n\n{FENCE}\n{row(1)}\n{FENCE}\n",
        f"A project\n\n## Output\n\n{FENCE}text\n{row(1)}\n{FENCE}\n",
        f"<div align=center>\n\nSee [there](x)\n\n{row(1)}\n",
        f'"""Reads logs.\n\n{row(1)}\n"""\nimport os\n',
        f"import os\nlogs = {row(1)}\n",
        f"#!/bin/sh\necho <<X\n{row(1)}\nX\n",
        f"# reads logs\nimport os\n'''\n{row(1)}\n'''\n",
        f'step,text\n1,"{row(1)}"\n',
        "Step,Training Loss,reward\n1,0.5,0.25\n",
        '{"loss": 0.5, "epoch": 0.1, "step": 5}\n' * 3,
        '{"step": 1, "data": {"critic/score/mean": 0.5}}\n',
        '[\n{"loss": 0.5, "epoch": 0.1, "step": 5}\n]\n',
        '{\n  "log_history": [\n    {"loss": 0.5, "epoch": 0.1, "step": 5}\n  ]\n}\n',
        '{"cells": [{"outputs": [{"text": ["' + row(1) + '\\n"]}]}]}',
        b"PAR1\x15\x04" + bytes(40) + row(1).encode(),
        b":W&B\xbe\xef\x00" + row(1).encode(),
    ],
)
def test_source_code_documents_tables_and_other_formats_are_not(tmp_path, text):
    assert not is_recognised(tmp_path, text)


def test_a_folder_is_not(tmp_path):
    assert not stdout.FORMAT.recognises(Sample(tmp_path))


def test_a_first_row_far_behind_the_beginning_is_found(tmp_path):
    chatter = "a line of what the model wrote, and more of it\n" * 60_000
    assert is_recognised(tmp_path, chatter + row(1) + "\n" + chatter)
    assert not is_recognised(tmp_path, chatter)


def test_no_file_of_this_project_is_taken_for_a_log():
    files = [path for folder in ("grpolog", "tests") for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "pyproject.toml"]
    assert [path for path in files if stdout.FORMAT.recognises(Sample(path))] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"words{bar(1)}", True),
        ("Unsloth: Will smartly offload gradients\n", True),
        ("<|start|>system<|message|>You are\n", True),
        (f"{'*' * 20}Question:\nWhat is 2 + 2?\n", True),
        ("(TaskRunner pid=12) words\n", True),
        ("Step,Training Loss\n1,0.5\n", False),
        ("Dear diary\n", False),
        ("import unsloth\n", False),
        (f"# Unsloth\n\n{FENCE}sh\npip install unsloth\n{FENCE}\n", False),
    ],
)
def test_text_of_a_training_without_rows_is_known_by_what_trainings_print(text, expected):
    assert stdout.is_training_text(text) is expected
