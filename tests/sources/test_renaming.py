"""Translations that the user gives: ours=theirs."""

import pytest

from grpolog.errors import UsageError
from grpolog.sources.renaming import Renaming, checked, key_of, parsed


def test_pairs_give_our_name_by_foreign_key():
    assert parsed(["reward=avg_return", "step = update", "rewards/acc/mean=a=b"]) == {
        "avg_return": "reward", "update": "step", "a=b": "rewards/acc/mean",
    }  # fmt: skip


@pytest.mark.parametrize("pair", ["reward", "=x", "reward=", "", " = "])
def test_a_text_that_is_no_pair_is_refused_in_one_line(pair):
    with pytest.raises(UsageError, match=r"is not of the form ours=theirs, such as reward=avg_return$"):
        parsed([pair])


def test_a_name_that_is_none_of_ours_is_refused_with_what_is_one():
    with pytest.raises(
        UsageError, match=r"^`rewardd`, which `x` should become, is neither `step` nor a metric such as"
    ):
        checked({"x": "rewardd"})


def test_names_of_evaluations_and_of_reward_functions_are_ours():
    mapping = {"a": "eval_reward", "b": "eval_math_reward", "c": "rewards/acc/mean", "d": "completions/mean_length"}
    assert checked(mapping) == mapping


def test_the_key_of_a_name_is_found():
    assert (key_of({"update": "step"}, "step"), key_of({}, "step")) == ("update", None)


def test_values_get_their_names_and_the_step_is_taken_out():
    renaming = Renaming({"ret": "reward", "n": "step"})
    assert renaming.applied({"ret": 1.0, "n": 3, "kl": 0.1}) == ({"kl": 0.1, "reward": 1.0}, 3)
    assert renaming.applied({"kl": 0.1}) == ({"kl": 0.1}, None)


def test_what_no_row_has_had_is_known():
    renaming = Renaming({"ret": "reward", "kl_div": "kl", "n": "step"})
    renaming.applied({"ret": 1.0})
    assert renaming.unused == {"kl_div"}
