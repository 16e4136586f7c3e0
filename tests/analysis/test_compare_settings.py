"""Only the settings that differ."""

from pathlib import Path
from typing import Any

from compared import read_all, run_log

from grpolog.analysis.compare import Difference, Differences, differences

SHORT = {1: 0.1, 2: 0.2}


def found(folder: Path, *arms: list[dict[str, Any]]) -> Differences:
    """The differences of arms whose runs have these fields of the run event."""
    held = []
    for place, arm in enumerate(arms):
        logs = {f"{place}-{number}": run_log(SHORT, **fields) for number, fields in enumerate(arm)}
        held.append(read_all(folder, logs))
    return differences(held)


def config(**settings: Any) -> dict[str, Any]:
    return {"config": settings}


def test_what_matters_comes_first_then_what_some_do_not_tell_then_seeds_then_places(tmp_path: Path) -> None:
    one = config(output_dir="a", seed=0, data_seed=1, beta=0.0, nested={"rate": 1e-6, "warm": 2}, only=1)
    other = config(output_dir="b", seed=1, data_seed=1, beta=0, nested={"rate": 2e-6, "warm": 2})
    told = found(tmp_path, [one], [other])
    assert told.found == (
        Difference("nested.rate", ((1e-6,), (2e-6,)), "setting"),
        Difference("only", ((1,), ()), "setting"),
        Difference("seed", ((0,), (1,)), "seed"),
        Difference("output_dir", (("a",), ("b",)), "place"),
    )
    assert (told.silent, told.mixed, told.only_seeds) == ((False, False), (), False)


def test_one_is_one_and_true_is_not(tmp_path: Path) -> None:
    same = [config(a=1, b=[1, 2], c={}, d="x", e=None), config(a=1.0, b=[1, 2], c={}, d="x")]
    assert found(tmp_path, [same[0]], [same[1]]).found == ()
    assert [each.key for each in found(tmp_path, [config(a=1)], [config(a=True)]).found] == ["a"]


def test_versions_model_weights_and_code_count_as_settings(tmp_path: Path) -> None:
    one: dict[str, Any] = {"model": "m1", "git_commit": "aa", "versions": {"trl": "1.15.0"}, "world_size": 1}
    other: dict[str, Any] = {"model": "m2", "git_commit": "bb", "versions": {"trl": "1.16.0"}, "world_size": 1}
    weights: dict[str, Any] = {"reward_weights": {"accuracy": 2.0, "style": 1.0}}
    told = found(tmp_path, [one], [other | weights])
    assert [each.key for each in told.found] == ["model", "git commit", "reward weight of accuracy", "version of trl"]


def test_seeds_of_an_arm_list_their_values_and_other_differences_within_one_are_named(tmp_path: Path) -> None:
    arms = [[config(seed=seed, rate=rate) for seed in (0, 1)] for rate in (1, 2)]
    told = found(tmp_path, *arms)
    assert told.found == (
        Difference("rate", ((1,), (2,)), "setting"),
        Difference("seed", ((0, 1), (0, 1)), "seed"),
    )
    assert found(tmp_path, [config(rate=1), config(rate=3)], [config(rate=2)]).mixed == ("rate",)


def test_runs_that_differ_in_seeds_and_places_alone_are_known(tmp_path: Path) -> None:
    assert found(tmp_path, [config(seed=0, run_name="x")], [config(seed=1, run_name="y")]).only_seeds


def test_a_log_without_configuration_is_silent_and_does_not_differ_in_everything(tmp_path: Path) -> None:
    told = found(tmp_path, [config(seed=0, rate=1)], [{"config": None, "beta": 0.1}])
    assert told.silent == (False, True)
    assert not told.only_seeds
    assert [each.key for each in told.found] == ["rate", "completions per prompt", "beta", "seed"]
