"""Trainer states of Hugging Face: whole, cut off, renamed, as columns, in folders."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from foreign_logs import attempts, items, rows_of, series, steps, text, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grpolog.analysis import read
from grpolog.errors import GrpologError, LogError
from grpolog.sources import hf_state, recognise

HISTORY = [
    {"loss": 0.5, "reward": 0.25, "learning_rate": 1e-06, "rewards/acc/mean": 0.25, "epoch": 0.1, "step": 1},
    {"loss": 0.25, "reward": 0.5, "learning_rate": 5e-07, "rewards/acc/mean": 0.5, "epoch": 0.2, "step": 2},
    {"eval_loss": 0.1, "eval_reward": 0.75, "eval_runtime": 1.5, "epoch": 0.2, "step": 2},
    {"train_runtime": 9.5, "train_loss": 0.4, "total_flos": 0.0, "epoch": 0.2, "step": 2},
]
STATE = {
    "best_metric": None,
    "epoch": 0.2,
    "global_step": 2,
    "max_steps": 2,
    "logging_steps": 1,
    "log_history": HISTORY,
}
REWARD = [(1, 0.25), (2, 0.5)]
OPEN_R1 = """# Model card
### Framework versions

- TRL: 0.17.0
- Transformers: 4.51.3
- Pytorch: 2.6.0+cu124
- PEFT 0.15.2
"""


def state(path: Path, content: object = STATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return text(path, json.dumps(content, indent=2))


def test_a_value_that_is_null_among_numbers_is_named_as_a_nan_may_be_written_so(tmp_path: Path) -> None:
    rows = [HISTORY[0] | {"step": step, "grad_norm": None if step == 3 else 1.0, "kl": None} for step in range(1, 6)]
    evaluation = HISTORY[2] | {"grad_norm": None, "loss": None}
    path = state(tmp_path / "trainer_state.json", [*rows, evaluation])
    assert words(read(path)) == ["`grad_norm` is null in 1 of 5 rows of training, as some write NaN"]
    assert read(path).audit.complete


def until(step: int) -> dict:
    """A state as a checkpoint holds it."""
    return STATE | {"global_step": step, "max_steps": 9, "log_history": [row | {"step": step} for row in HISTORY[:1]]}


def test_a_state_gives_training_and_evaluation_apart_and_says_that_it_ended(tmp_path: Path):
    path = state(tmp_path / "trainer_state.json")
    run = read(path)
    assert series(path, "reward") == REWARD
    assert series(path, "rewards/acc/mean") == REWARD
    assert series(path, "reward", "eval") == [(2, 0.75)]
    assert series(path, "epoch", "eval") == [(2, 0.2)]
    assert (run.info.framework, run.info.max_steps, run.info.reward_functions) == ("trl", 2, ["acc"])
    assert run.info.config == {"max_steps": 2, "logging_steps": 1}
    end = run.runs[-1]
    assert (end.phase, end.status, end.totals) == (
        "end", "finished", {"total_flos": 0.0, "train_loss": 0.4, "train_runtime": 9.5},
    )  # fmt: skip
    assert words(run) == []


FORMS = {
    "renamed": STATE,
    "bare history": HISTORY,
    "one line": STATE,
    "inside an object": {"train_result": {"global_step": 2}, "state": STATE},
    "columns": {key: [row.get(key) for row in HISTORY[:2]] for key in HISTORY[0]},
    "history as columns": {"log_history": {key: [row.get(key) for row in HISTORY[:2]] for key in HISTORY[0]}},
    "history of epochs": [row | {"step": float(row["step"])} for row in HISTORY],
}


@pytest.mark.parametrize(("name", "content"), FORMS.items(), ids=FORMS)
def test_a_history_of_any_shape_and_name_is_read(tmp_path: Path, name: str, content: object):
    path = text(tmp_path / "weights.bin", json.dumps(content, indent=None if name == "one line" else 2))
    assert recognise(path) is hf_state.FORMAT
    assert series(path, "reward") == REWARD


def test_a_compressed_state_is_read(tmp_path: Path):
    path = tmp_path / "trainer_state.json.gz"
    path.write_bytes(gzip.compress(json.dumps(STATE).encode()))
    assert series(path, "reward") == REWARD


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_state_of_another_encoding_is_read(tmp_path: Path, encoding: str):
    path = tmp_path / "state.json"
    path.write_bytes(json.dumps(STATE).encode(encoding))
    assert series(path, "reward") == REWARD


def test_literals_that_json_does_not_have_are_read_and_said(tmp_path: Path):
    rows = [HISTORY[0] | {"grad_norm": float("nan"), "kl": float("inf")}, HISTORY[1] | {"kl": float("-inf")}]
    run = read(state(tmp_path / "s.json", STATE | {"log_history": rows}))
    assert {name: (n.count, n.first_step) for name, n in run.audit.non_finite.items()} == {
        "grad_norm": (1, 1),
        "kl": (2, 1),
    }
    assert words(run) == ["NaN or Infinity literals, which JSON does not have"]


def test_a_state_that_breaks_off_is_read_as_far_as_its_rows_are_whole(tmp_path: Path):
    whole = json.dumps(STATE, indent=2)
    path = text(tmp_path / "s.json", whole[: whole.index('"eval_loss"')])
    found, losses = items(hf_state.FORMAT, path)
    assert [step for step, _ in rows_of(found)] == [1, 2]
    [(kind, line, what)] = losses
    assert (kind, line) == ("torn line", whole[: whole.index('"eval_loss"')].count("\n") + 1)
    assert what.endswith("the 2 rows that are whole were read")


def test_one_broken_row_costs_no_other_and_no_other_object_is_taken_for_a_row(tmp_path: Path):
    broken = json.dumps(STATE | {"stateful_callbacks": {"control": {"attributes": {"should_save": True}}}})
    broken = broken.replace('"loss": 0.25, "reward": 0.5', '"loss": 0.2 5, "reward": ')
    found, losses = items(hf_state.FORMAT, text(tmp_path / "s.json", broken))
    assert [(step, values.get("reward"), values.get("eval_reward")) for step, values in rows_of(found)][:2] == [
        (1, 0.25, None), (2, None, 0.75),
    ]  # fmt: skip
    assert not any("should_save" in values for _, values in rows_of(found))
    assert [kind for kind, _, _ in losses] == ["torn line"]


def test_an_entry_that_is_no_object_and_a_step_that_is_no_number_are_named(tmp_path: Path):
    rows = [HISTORY[0], "text", {"reward": 0.75, "step": "soon"}, {"reward": 1.0, "step": float("nan")}]
    found, losses = items(hf_state.FORMAT, text(tmp_path / "s.json", json.dumps({"log_history": rows})))
    assert [step for step, _ in rows_of(found)] == [1, None, None]
    assert [(kind, line) for kind, line, _ in losses if "literals" not in _] == [
        ("invalid line", 2), ("corrected value", 3), ("corrected value", 4),
    ]  # fmt: skip


def test_rows_without_a_step_are_counted_and_the_report_says_so(tmp_path: Path):
    path = state(tmp_path / "s.json", {"log_history": [{"reward": n / 4, "epoch": n / 9} for n in range(3)]})
    assert series(path, "reward") == [(1, 0.0), (2, 0.25), (3, 0.5)]
    assert words(read(path)) == [
        "a row of the history without a step: such rows are counted from 1 (3 times, first here)"
    ]


def test_the_newest_checkpoint_of_a_folder_counts(tmp_path: Path):
    for step in (5, 100, 20):
        state(tmp_path / f"checkpoint-{step}" / "trainer_state.json", until(step))
    assert series(tmp_path, "reward") == [(100, 0.25)]
    assert series(tmp_path / "checkpoint-20", "reward") == [(20, 0.25)]


def test_a_checkpoint_that_was_not_written_to_its_end_does_not_count(tmp_path: Path):
    state(tmp_path / "checkpoint-5" / "trainer_state.json", until(5))
    text(state(tmp_path / "checkpoint-9" / "trainer_state.json"), "")
    assert series(tmp_path, "reward") == [(5, 0.25)]


def test_the_state_of_the_end_wins_against_the_checkpoint_of_the_same_step(tmp_path: Path):
    state(tmp_path / "checkpoint-2" / "trainer_state.json", STATE | {"log_history": HISTORY[:1]})
    state(tmp_path / "trainer_state.json")
    assert series(tmp_path, "reward") == REWARD


def test_a_newer_checkpoint_wins_against_the_state_of_an_earlier_end(tmp_path: Path):
    state(tmp_path / "trainer_state.json")
    state(tmp_path / "checkpoint-7" / "trainer_state.json", until(7))
    assert series(tmp_path, "reward") == [(7, 0.25)]


@pytest.mark.parametrize("folder", ["", "checkpoint-2"])
def test_the_model_card_beside_a_state_tells_the_versions(tmp_path: Path, folder: str):
    path = state(tmp_path / folder / "trainer_state.json")
    text(tmp_path / "README.md", OPEN_R1)
    versions = {"trl": "0.17.0", "transformers": "4.51.3", "torch": "2.6.0+cu124", "peft": "0.15.2"}
    assert read(path).runs[0].versions == versions


def test_a_readme_that_is_no_model_card_tells_nothing(tmp_path: Path):
    path = state(tmp_path / "trainer_state.json")
    text(tmp_path / "README.md", "# About\n\n- Transformers: 4.0 is what I like\n")
    assert read(path).runs[0].versions is None


def test_a_history_whose_steps_go_back_has_attempts(tmp_path: Path):
    rows = [{"reward": n / 10, "loss": 0.5, "epoch": 0.1, "step": step} for n, step in enumerate([0, 0, 1, 2, 5, 0, 1])]
    path = state(tmp_path / "s.json", rows)
    run = read(path)
    assert attempts(run) == [None, None, None]
    assert [step for _, step, superseded in steps(run) if not superseded] == [0, 1]
    assert series(path, "reward") == [(0, 0.5), (1, 0.6)]


def test_a_row_that_stands_there_twice_counts_once(tmp_path: Path):
    path = state(tmp_path / "s.json", [HISTORY[0], HISTORY[0], HISTORY[1]])
    assert series(path, "reward") == REWARD
    assert words(read(path)) == ["row of step 1 is there already"]


def test_every_eval_set_keeps_its_own_reward(tmp_path: Path):
    rows = [
        HISTORY[0],
        {"eval_math_loss": 0.1, "eval_math_runtime": 1.0, "eval_reward": 0.75, "epoch": 0.1, "step": 1},
        {"eval_code_loss": 0.2, "eval_code_runtime": 1.0, "eval_reward": 0.5, "epoch": 0.1, "step": 1},
    ]
    run = read(state(tmp_path / "s.json", rows))
    assert run.steps.select("mode", "eval_name", "reward", "loss").rows() == [
        ("train", None, 0.25, 0.5), ("eval", "math", 0.75, 0.1), ("eval", "code", 0.5, 0.2),
    ]  # fmt: skip


def test_a_run_that_did_not_reach_its_last_step_is_not_called_finished(tmp_path: Path):
    unfinished = STATE | {"max_steps": 100, "log_history": HISTORY[:2]}
    assert [event.phase for event in read(state(tmp_path / "s.json", unfinished)).runs] == ["start"]


@pytest.mark.parametrize(
    "content", ['{"log_history": []}', '{"log_history": [', '{"log_history": {}}', '{"log_history": [1]}']
)
def test_a_state_without_rows_is_refused_in_one_line(tmp_path: Path, content: str):
    path = text(tmp_path / "s.json", content)
    with pytest.raises(LogError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


VALID = json.dumps(STATE).encode()


@given(
    st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 20), st.binary(max_size=6)), max_size=4),
    st.integers(0, len(VALID)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_state_is_read_or_refused(tmp_path: Path, changes, end):
    data = bytearray(VALID)
    for place, length, with_ in changes:
        data[place : place + length] = with_
    path = tmp_path / "s.json"
    path.write_bytes(bytes(data[:end]))
    with suppress(GrpologError):
        read(path)
