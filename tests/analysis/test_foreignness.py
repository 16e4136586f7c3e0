"""What the audit says of a log of another program."""

import json
from pathlib import Path

from small_logs import line, numbered, write

from grpolog.analysis import read

TOLD = {"reward": 0.5, "loss": 0.1, "grad_norm": 1.0, "entropy": 0.4, "kl": 0.1, "frac_reward_zero_std": 0.0}


def state(folder: Path, *rows: dict[str, float]) -> Path:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"log_history": rows}))
    return path


def test_its_origin_and_what_it_cannot_tell_are_said(tmp_path: Path) -> None:
    told = read(state(tmp_path, TOLD | {"step": 1}, TOLD | {"step": 2, "loss": 0.2})).audit
    assert told.foreign == (
        "Imported as trainer_state; trl, version unknown.",
        "No completion was recorded: what the model writes cannot be judged.",
        "Not in this log, and so not judged: the length of completions, truncation, time, memory, evaluation.",
    )
    assert told.sentences()[-3:] == list(told.foreign)


def test_repeated_rows_are_counted(tmp_path: Path) -> None:
    row = TOLD | {"step": 1}
    assert "1 repeated rows or completions were left out." in read(state(tmp_path, row, row)).audit.foreign


def test_an_evaluation_can_be_judged(tmp_path: Path) -> None:
    rows = (TOLD | {"step": 1}, {"eval_reward": 0.5, "eval_loss": 0.1, "step": 1})
    assert "evaluation" not in read(state(tmp_path, *rows)).audit.foreign[-1]


def test_nothing_of_the_kind_is_said_of_a_log_of_ours(tmp_path: Path) -> None:
    log = write(tmp_path / "exp1.jsonl", *numbered(line("run", step=0), line("step", loss=0.1)))
    assert read(log).audit.foreign == ()
