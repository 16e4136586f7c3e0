"""Which column is the step, the time, what training is about."""

import pytest

from grpolog.sources.by_step.columns import (
    framework_of_columns,
    is_index,
    is_missing,
    likely_reward,
    other_step_columns,
    step_column,
    tells,
    time_column,
    unix_time,
)


def columns(**values):
    """Rows from columns."""
    return [dict(zip(values, cells, strict=True)) for cells in zip(*values.values(), strict=True)]


@pytest.mark.parametrize(
    ("rows", "step"),
    [
        (columns(step=[1, 2], epoch=[1, 2]), "step"),
        (columns(Step=["1", "2"], loss=["a", "b"]), "Step"),
        ([{"train/global_step": 5, "_step": 90, "step": 3}, {"train/global_step": 6, "_step": 95, "step": 4}],
         "train/global_step"),
        (columns(iteration=[1.0, 2.0]), "iteration"),
        (columns(Iter=[0, 10]), "Iter"),
        ([{"progress/batch": 0}, {"progress/batch": 1}], "progress/batch"),
        (columns(epoch=[1, 2, 3]), "epoch"),
        (columns(epoch=[0.1, 0.2, 0.3]), None),
        (columns(epoch=[1, 1, 2]), None),
        (columns(step=[0.5, 1.5]), None),
        (columns(step=[7, 7, 7]), None),
        (columns(step=[7]), "step"),
        (columns(step=[None, None, 3]), None),
        (columns(step=["1", "2", "No log"]), "step"),
        (columns(step=[float("nan"), float("inf")]), None),
        (columns(reward=[1, 2]), None),
        ([], None),
    ],
)  # fmt: skip
def test_the_step_is_a_column_of_whole_numbers_that_is_named_so(rows, step):
    assert step_column(rows) == step


def test_further_columns_of_steps_tell_nothing_if_they_say_the_same():
    rows = columns(training_step=[1, 2], step=[1, 2], iteration=[10, 20], batch=[1, 2])
    assert other_step_columns(rows, "training_step") == {"step", "batch"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1764000000.5, 1764000000.5), (1764000000500, 1764000000.5), ("1764000000", 1764000000.0),
        ("2025-11-24T16:00:00Z", 1764000000.0), ("2025-11-24T17:00:00+01:00", 1764000000.0),
        ("2025-11-24 16:00:00", 1764000000.0),
        (12.5, None), ("yesterday", None), (None, None), (float("nan"), None), (1e30, None),
    ],
)  # fmt: skip
def test_times_are_unix_seconds_milliseconds_or_iso(value, seconds):
    assert unix_time(value) == seconds


def test_a_time_counted_from_the_start_is_no_time_of_writing():
    assert time_column(columns(time=[0.5, 1.5])) is None
    assert time_column(columns(timestamp=[1764000000, 1764000060], time=[0.5, 1.5])) == "timestamp"


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("reward", True), ("Training Loss", True), ("actor_loss", True), ("avg_return", True),
        ("rewards / f / mean", True),
        ("kl", True), ("train/policy_entropy", True), ("eval_accuracy", True), ("completions/mean_length", True),
        ("epoch", False), ("learning_rate", False), ("grad_norm", False), ("alpha", False), ("glossary", False),
        ("scorecard_id", False), ("price", False),
    ],
)  # fmt: skip
def test_what_training_is_about_is_known_by_its_words(name, is_told):
    assert tells(name) is is_told


def test_the_framework_is_that_of_the_keys_and_a_notebook_is_hugging_faces():
    assert framework_of_columns(["env/all/reward/total", "optim/kl_sample_train_v1", "progress/batch"]) == "tinker"
    assert framework_of_columns(["Step", "reward", "rewards / f / mean", "completion_length"]) == "trl"
    assert framework_of_columns(["Step", "Training Loss", "reward"]) == "trl"
    assert framework_of_columns(["step", "reward", "loss"]) is None


@pytest.mark.parametrize(
    ("names", "reward"),
    [
        (["mean_reward", "loss"], "mean_reward"), (["avg_return"], "avg_return"),
        (["episode/reward"], "episode/reward"),
        (["reward/mean"], "reward/mean"), (["score"], "score"), (["reward", "mean_reward"], None), (["Reward"], None),
        (["reward_weight", "loss"], None), (["reward_format"], None),
    ],
)  # fmt: skip
def test_a_column_that_looks_like_the_reward_is_offered(names, reward):
    assert likely_reward(names, None) == reward


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", " "])
def test_columns_that_count_rows_are_known(name):
    assert is_index(name)


@pytest.mark.parametrize("cell", ["", " ", "No log", "n/a", "-", None, "None"])
def test_cells_that_hold_nothing_are_known(cell):
    assert is_missing(cell)


@pytest.mark.parametrize("cell", ["nan", "0", 0, "No", False])
def test_cells_that_hold_something_are_known(cell):
    assert not is_missing(cell)
