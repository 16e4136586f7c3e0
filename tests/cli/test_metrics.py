"""`grpolog metrics`: what it prints, and what it says to names that nobody knows."""

import json
from typing import Any

import pytest
from cli.commands import grpolog
from click.testing import CliRunner

from grpolog.cli import cli
from grpolog.errors import UsageError
from grpolog.metrics import FRAMEWORKS, METRICS


def output(*arguments: str) -> str:
    """What the verb prints."""
    done = CliRunner().invoke(cli, ["metrics", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def refusal(*arguments: str) -> str:
    """What the verb says instead of an answer."""
    error = CliRunner().invoke(cli, ["metrics", *arguments]).exception
    assert isinstance(error, UsageError)
    return str(error)


def content(*arguments: str) -> Any:
    return json.loads(output(*arguments, "--json"))


def test_all_metrics_are_listed_one_a_line() -> None:
    heading, *lines = output().splitlines()
    assert heading.split() == ["NAME", "UNIT", "BETTER", "MEANING"]
    assert [line.split()[0] for line in lines] == [metric.name for metric in METRICS]
    assert lines[0].split(maxsplit=2) == ["reward", "up", "Mean total reward: the weighted sum over reward functions."]


def test_a_metric_is_explained() -> None:
    assert output("completions/max_terminated_length", "--framework", "trl").splitlines() == [
        "completions/max_terminated_length",
        "  Longest completion that ended by itself, tokens; 0 when none did.",
        "  unit      tokens",
        "  bounds    0 to any",
        "  better    depends",
        "  combined  One per batch; the mean of these over the trainer's logging window.",
        "  worry     No warning sign is known.",
        "  kept in   step events, `completions_max_terminated_length`",
        "  keys",
        "    trl       completions/max_terminated_length",
    ]


@pytest.mark.parametrize("name", [metric.name for metric in METRICS])
def test_no_explanation_is_wider_than_a_terminal(name: str) -> None:
    lines = output(name).splitlines()
    assert lines[0] == name
    assert [line for line in lines if len(line) > 100] == []


def test_a_key_says_what_its_framework_means_and_then_what_that_is() -> None:
    lines = output("env/all/by_group/frac_mixed").splitlines()
    assert lines[:3] == [
        "env/all/by_group/frac_mixed: tinker means group/equal_share, as 1 minus the value.",
        "",
        "group/equal_share",
    ]
    assert output("train/baseline_reward/pct_1").startswith(
        "train/baseline_reward/pct_1: nemo-rl means group/best_share, times 0.01; best is 1;"
    )


def test_a_key_that_keeps_its_own_name_is_explained() -> None:
    assert output("rewards/chosen", "--framework", "trl") == (
        "rewards/chosen: trl's own, kept under its name; implicit reward of preferred answers: the log is of\n"
        "a trainer of preferences.\n"
    )


def test_the_keys_of_a_framework_are_listed() -> None:
    heading, *lines = output("--framework", "art").splitlines()
    assert heading.split() == ["KEY", "METRIC", "MODE", "CAVEAT"]
    assert [line.split()[0] for line in lines] == [key.key for key in FRAMEWORKS["art"]]
    assert lines[1].split(maxsplit=3) == ["train/reward_std_dev", "group/std", "train", "with n instead of n - 1"]


def test_json_holds_the_same() -> None:
    assert [metric["name"] for metric in content()] == [metric.name for metric in METRICS]
    answer = content("actor/lr")
    assert answer["name"] == "actor/lr"
    assert [(read["framework"], read["metric"]) for read in answer["read_by"]] == [("verl", "learning_rate")]
    (metric,) = answer["metrics"]
    assert (metric["name"], metric["bounds"], metric["better"]) == ("learning_rate", [0.0, None], "none")
    assert {"framework": "slime", "key": "train/lr-pg_0"}.items() <= metric["keys"][-1].items()
    assert [key["key"] for key in content("--framework", "art")] == [key.key for key in FRAMEWORKS["art"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rewad"], "no metric rewad is known; did you mean reward or "),
        (["zzzzzz"], "no metric zzzzzz is known; grpolog metrics lists all"),
        (["actor/lr", "--framework", "trl"], "trl has no key actor/lr; grpolog metrics actor/lr says whose it is"),
        (["kl", "--framework", "ppo"], "no framework is called 'ppo'; known are trl, verl, openrlhf, "),
    ],
)
def test_a_name_that_nobody_knows_is_answered_with_near_ones(arguments: list[str], said: str) -> None:
    assert refusal(*arguments).startswith(said)


def test_the_command_ends_with_2_and_one_line() -> None:
    assert grpolog("metrics", "rewad", code=2).stderr.count("\n") == 1
