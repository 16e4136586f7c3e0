"""Completions on their way from each rank to rank 0."""

import numpy as np
import pytest

pytest.importorskip("accelerate", reason="the extra `trl` is not installed")

from grpolog.record.trl.completions import batch_of, packed, unpacked

HUGE = 2**70


def local(**columns):
    return {"prompts": ["p"], "completions": ["c"], "rewards": [[1.0]], **columns}


@pytest.mark.parametrize(
    "completion",
    ["plain", "\ud800", [{"role": "assistant", "tool_calls": [{"function": {"arguments": {"a": HUGE, "b": -0.5}}}]}]],
)
def test_completions_arrive_as_they_were(completion):
    ranks = unpacked([packed(local(completions=[completion])), packed(local())])
    assert ranks == [local(completions=[completion]), local()]


def test_non_finite_numbers_arrive_as_they_were():
    ranks = unpacked([packed(local(rewards=[[float("-inf")], [float("nan")], [None]], sampling_ratio=float("inf")))])
    assert ranks is not None
    batch = batch_of(ranks, 4, None)
    np.testing.assert_array_equal(batch.rewards, [[-np.inf], [np.nan], [np.nan]])
    assert batch.sampling_ratio == np.inf


def test_images_travel_as_notes():
    ranks = unpacked([packed(local(prompts=[[{"role": "user", "content": [{"image": np.zeros((2, 2))}]}]]))])
    assert ranks is not None
    assert ranks[0]["prompts"][0][0]["content"][0]["image"].startswith("<ndarray (2, 2) ")


def test_a_rank_without_completions_takes_the_generation_with_it():
    assert unpacked([packed(local()), b""]) is None
