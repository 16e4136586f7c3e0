"""Samples that notebooks print, without metrics."""

from pathlib import Path

import pytest
from foreign_logs import generations_of, items, text, words

import grpolog
from grpolog.analysis import read
from grpolog.sources import printed, recognise, stdout

FORMAT = printed.FORMAT
QUESTION = """{stars}Question:
What is 2 + 2?
And why?{end}
Answer:
4{end}
Response:
Let me think.

Answer: it is 4.{end}
Extracted:
4
"""
FUNCTIONS = """Unsloth: Will smartly offload gradients to save VRAM!
\x1b[1mdef strategy(board):\x1b[0m
    # look around

    return "0"
Steps = 1 If Done = False
┌───┬───┐
def strategy(board):
    return "1"
"""
TALK = """<|start|>system<|message|>Be brief.<|end|><|start|>user<|message|>Write it:
```python
def f(x):
    return 1
```<|end|><|start|>assistant<|channel|>final<|message|>```python
def f(x):
    return x
```<|return|>
"""


def texts(path: Path):
    return [
        (g.step, g.batch.prompts[0], g.batch.completions[0], g.batch.extra)
        for g in generations_of(items(FORMAT, path)[0])
    ]


@pytest.mark.parametrize("stars", ["*" * 20, "-" * 20 + " "])
def test_a_question_with_its_answer_and_response_is_a_sample(tmp_path: Path, stars: str):
    block = QUESTION.format(stars=stars, end=" ")
    path = text(
        tmp_path / "out.txt", "INFO 11-25 falling asleep\n" + block + block.replace("2 + 2", "1 + 1") + "\n 5%|"
    )
    assert recognise(path) is FORMAT
    response = "Let me think.\n\nAnswer: it is 4."
    assert texts(path)[:2] == [
        (1, "What is 2 + 2?\nAnd why?", response, {"answer": ["4"], "extracted": ["4"]}),
        (2, "What is 1 + 1?\nAnd why?", response, {"answer": ["4"], "extracted": ["4"]}),
    ]


def test_printed_functions_end_where_something_else_begins(tmp_path: Path):
    path = text(tmp_path / "out.txt", FUNCTIONS)
    assert recognise(path) is FORMAT
    assert [completion for _, _, completion, _ in texts(path)] == [
        'def strategy(board):\n    # look around\n\n    return "0"', 'def strategy(board):\n    return "1"',
    ]  # fmt: skip


def test_a_conversation_gives_prompt_and_completion_and_keeps_its_functions(tmp_path: Path):
    path = text(tmp_path / "out.txt", TALK + FUNCTIONS)
    [(_, prompt, completion, _), *others] = texts(path)
    assert prompt.startswith("<|start|>system<|message|>Be brief.")
    assert prompt.endswith("return 1\n```<|end|>")
    assert (
        completion == "<|start|>assistant<|channel|>final<|message|>```python\ndef f(x):\n    return x\n```<|return|>"
    )
    assert len(others) == 2


def test_a_conversation_that_breaks_off_ends_with_the_next_sample(tmp_path: Path):
    path = text(tmp_path / "out.txt", TALK.replace("```<|return|>", "") + FUNCTIONS)
    assert len(texts(path)) == 3
    assert len(texts(text(tmp_path / "b.txt", TALK.replace("<|return|>", "") + TALK))) == 2


def test_the_report_shows_the_texts_and_says_what_is_unknown(tmp_path: Path):
    path = text(tmp_path / "out.txt", FUNCTIONS)
    run = read(path)
    assert run.examples.select("step", "completion", "kept").rows() == [
        (1, 'def strategy(board):\n    # look around\n\n    return "0"', "all"),
        (2, 'def strategy(board):\n    return "1"', "all"),
    ]
    assert (len(run.rewards), len(run.groups), len(run.quality), len(run.steps)) == (0, 0, 0, 0)
    assert words(run) == ["printed samples say neither step nor reward: they are numbered in the order of printing"]
    assert "look around" in grpolog.build_report(run).to_html()


def test_where_there_are_rows_of_metrics_they_win(tmp_path: Path):
    row = "{'loss': 0.5, 'grad_norm': 1.0, 'reward': 0.25, 'epoch': 0.1}\n"
    assert (
        recognise(text(tmp_path / "out.txt", FUNCTIONS + row + QUESTION.format(stars="*" * 20, end="")))
        is stdout.FORMAT
    )


@pytest.mark.parametrize(
    "content",
    [
        "def f():\n    return 1\ndef g():\n    return 2\n",
        "import os\n\ndef f():\n    return 1\n\ndef strategy(x):\n    return 2\n",
        "Unsloth: hello\ndef once():\n    return 1\n",
        "-" * 20 + " Question:\nWhat?\nAnswer:\n",
        "",
    ],
)
def test_source_code_and_unfinished_blocks_are_no_samples(tmp_path: Path, content: str):
    assert recognise(text(tmp_path / "out.txt", content)) is not FORMAT


def test_a_sample_without_end_takes_no_memory_without_end(tmp_path: Path):
    path = text(tmp_path / "out.txt", "Unsloth\n" + "def f():\n" + "    x = 1\n" * 100_000 + "def f():\n    y\n")
    assert [len(completion) < 210_000 for _, _, completion, _ in texts(path)] == [True, True]
