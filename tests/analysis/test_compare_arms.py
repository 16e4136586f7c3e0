"""What runs are called, and which of them are seeds of one configuration."""

from pathlib import Path

import pytest
from compared import read_all, run_log

from grpolog.analysis import Run
from grpolog.analysis.compare import Grouping, arms_of, place_of
from grpolog.analysis.compare.naming import shortened
from grpolog.errors import UsageError

SHORT = {1: 0.1, 2: 0.2}


def runs(folder: Path, *names: str, **rates: float) -> list[Run]:
    """Runs of these names, and runs whose learning rate is told."""
    logs = {name: run_log(SHORT) for name in names}
    logs |= {name: run_log(SHORT, config={"optimizer": {"lr": rate}, "seed": 1}) for name, rate in rates.items()}
    return read_all(folder, logs)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a", "b"], ["a", "b"]),
        (["lab__sweep_rho0.70_seed42", "lab__sweep_rho0.30_seed42"], ["rho0.70", "rho0.30"]),
        (["a-very-long-experiment-1", "a-very-long-experiment-1-again"], ["1", "1-again"]),
        (["a-very-long-experiment-name", "a-very-long-experiment"], ["experiment-name", "experiment"]),
        (["x" * 40, "x" * 41], ["x" * 40, "x" * 41]),
        (["only-one-with-a-very-long-name"], ["only-one-with-a-very-long-name"]),
    ],
)
def test_long_names_lose_the_words_that_all_have(names: list[str], short: list[str]) -> None:
    assert list(shortened(names)) == short


def test_runs_of_one_name_are_called_by_their_folders(tmp_path: Path) -> None:
    logs = {f"{folder}/state": run_log(SHORT, name="state") for folder in ("x/one", "y/one", "y/two")}
    arms = arms_of(read_all(tmp_path, logs))
    assert [arm.label for arm in arms] == ["x/one", "y/one", "two"]


def test_every_run_is_an_arm_unless_they_are_grouped(tmp_path: Path) -> None:
    arms = arms_of(runs(tmp_path, "b", "a"))
    assert [(arm.label, arm.names, len(arm.runs)) for arm in arms] == [("b", ("b",), 1), ("a", ("a",), 1)]


@pytest.mark.parametrize("key", ["optimizer.lr", "lr"])
def test_runs_of_one_setting_are_seeds(tmp_path: Path, key: str) -> None:
    found = runs(tmp_path, a=1e-6, b=2e-6, c=1e-6)
    if key == "lr":
        with pytest.raises(UsageError, match="did you mean optimizer"):
            arms_of(found, Grouping(key))
        return
    arms = arms_of(found, Grouping(key))
    assert [(arm.label, arm.names) for arm in arms] == [("lr 1e-06", ("a", "c")), ("lr 2e-06", ("b",))]


@pytest.mark.parametrize("pattern", [r"rho[\d.]+", r"(rho[\d.]+)_seed\d"])
def test_runs_in_whose_names_a_pattern_finds_the_same_are_seeds(tmp_path: Path, pattern: str) -> None:
    arms = arms_of(runs(tmp_path, "rho1.0_seed1", "rho0.5_seed1", "rho1.0_seed2"), Grouping(pattern=pattern))
    assert [(arm.label, arm.names) for arm in arms] == [
        ("rho1.0", ("rho1.0_seed1", "rho1.0_seed2")), ("rho0.5", ("rho0.5_seed1",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("grouping", "words"),
    [
        (Grouping("batch"), "no log has a setting 'batch', nor one like it"),
        (Grouping("sed"), "did you mean seed"),
        (Grouping(pattern="("), "no regular expression"),
        (Grouping(pattern="z"), "'z' matches nothing in the name a"),
        (Grouping("seed", "a"), "not by both"),
    ],
)
def test_groups_that_cannot_be_made_say_why(tmp_path: Path, grouping: Grouping, words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        arms_of(runs(tmp_path, "a", "b"), grouping)


def test_one_run_and_seven_are_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two logs or more"):
        arms_of(runs(tmp_path, "a"))
    with pytest.raises(UsageError, match="7 runs are more than"):
        arms_of(runs(tmp_path, *"abcdefg"))


def test_an_arm_is_found_by_label_name_or_file(tmp_path: Path) -> None:
    arms = arms_of(runs(tmp_path, "rho1_a", "rho2_a", "rho2_b"), Grouping(pattern=r"rho\d"))
    names = ["rho2", "rho2_b", "rho2_b.jsonl", str(tmp_path / "rho2_b.jsonl")]
    assert [place_of(arms, name) for name in names] == [1, 1, 1, 1]
    with pytest.raises(UsageError, match="called 'rho3': did you mean 'rho"):
        place_of(arms, "rho3")
    with pytest.raises(UsageError, match="there are rho1, rho2"):
        place_of(arms, "xyz")
